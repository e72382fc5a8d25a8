// Mutated requests over real connections, the same ones in the same order at each run, for a time:
// the server must answer or close, and must still serve afterwards.
#include <iostream>
#include <random>

#include "mesh/base/testing/fuzz.h"
#include "mesh/http/testing/server_fixture.h"

namespace trellis::http {
namespace {

using testing::RawClient;
using ::testing::StartsWith;

constexpr int kRequests = 1000;  // at least

constexpr char kChunked[] =
    "POST /path HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
    "5;ext=1\r\nhello\r\na\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n";
const std::string kGood[] = {
    "GET /path?query=1 HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\n\r\n",
    "POST /path HTTP/1.1\r\nHost: localhost\r\nContent-Length: 11\r\n\r\nhello world",
    kChunked,
    "HEAD / HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET /second HTTP/1.1\r\nHost: x\r\n\r\n",
    "PUT /x HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nok",
};
const std::string kWords[] = {"\r\n",
                              "\r\n\r\n",
                              "\n",
                              "\r",
                              ":",
                              " ",
                              "\t",
                              std::string(1, '\0'),
                              "\xff\xfe",
                              "chunked",
                              "HTTP/1.1",
                              "Content-Length: 5\r\n",
                              "Transfer-Encoding: chunked\r\n",
                              "ffffffffffffffff",
                              "-1",
                              "0"};

class Mutator {
 public:
  explicit Mutator(uint32_t seed) : random_(seed) {}

  std::string Next() {
    std::string request = kGood[Below(std::size(kGood))];
    for (size_t i = Below(6) + 1; i > 0; --i) Mutate(&request);
    return request;
  }

 private:
  // Not std::uniform_int_distribution, which differs between libraries.
  size_t Below(size_t limit) { return limit == 0 ? 0 : random_() % limit; }

  void Mutate(std::string* text) {
    const size_t at = Below(text->size() + 1);
    const size_t length = Below(std::min<size_t>(text->size() - at, 24) + 1);
    switch (Below(7)) {
      case 0:
        if (at < text->size()) (*text)[at] = static_cast<char>(random_() & 0xff);
        break;
      case 1:
        text->erase(at, length);
        break;
      case 2:
        text->insert(at, text->substr(at, length));
        break;
      case 3:
        text->insert(at, kWords[Below(std::size(kWords))]);
        break;
      case 4:
        text->resize(at);
        break;
      case 5:
        text->append(kGood[Below(std::size(kGood))]);
        break;
      default:
        text->insert(at, std::string(Below(3000), static_cast<char>(random_() & 0xff)));
    }
  }

  std::mt19937 random_;
};

class FuzzTest : public testing::ServerTest {};

TEST_F(FuzzTest, ServerSurvivesMutatedRequests) {
  options_.header_limit = 4096;
  options_.body_limit = 8192;
  Start();
  Mutator mutator(20'240'611);
  const base::Deadline end = base::testing::FuzzEnd();
  int answered = 0;
  int sent = 0;
  for (; sent < kRequests || !end.Expired(); ++sent) {
    const std::string request = mutator.Next();
    RawClient client(server_->port());
    ASSERT_TRUE(client.connected()) << sent;
    client.Send(request);
    client.ShutdownWrite();
    const std::string response = client.ReadToEnd();
    if (response.empty()) continue;  // it was cut off
    ++answered;
    ASSERT_THAT(response, StartsWith("HTTP/1.1 ")) << sent << ": " << request;
  }
  std::cout << sent << " requests, " << answered << " answered\n";
  EXPECT_GT(answered, sent / 4);
  EXPECT_TRUE(WaitConnections(0));
  EXPECT_TRUE(Answers());
}

TEST_F(FuzzTest, ServerSurvivesClientsThatVanish) {
  Start();
  Mutator mutator(7);
  for (int i = 0; i < kRequests / 3; ++i) {
    RawClient client(server_->port());
    client.Send(mutator.Next());  // and closes with the response unread
  }
  EXPECT_TRUE(WaitConnections(0));
  EXPECT_TRUE(Answers());
}

}  // namespace
}  // namespace trellis::http
