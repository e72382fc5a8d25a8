// Requests and responses (RFC 9112) over real sockets.
#include "mesh/http/testing/server_fixture.h"

namespace trellis::http {
namespace {

namespace asio = boost::asio;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::RawClient;
using testing::RawResponse;
using ::testing::StartsWith;

class RequestTest : public testing::ServerTest {};

TEST_F(RequestTest, MethodPathQueryAndBodyReachTheHandler) {
  Start();
  RawClient client(server_->port());
  client.Send("POST /a%20b/c?d=e&f HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody");
  const RawResponse response = client.Read();
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "POST /a%20b/c d=e&f body");
  EXPECT_EQ(response.Find("Content-Type"), "text/plain");
}

TEST_F(RequestTest, HeadersAreFoundInAnyCaseAndThePeerIsKnown) {
  Start([](const Request& request, Responder& responder) -> asio::awaitable<void> {
    Response response;
    response.body.append(request.Find("x-NAME")).append("|").append(request.Find("other"));
    response.body.append("|").append(request.remote);
    (void)co_await responder.Send(std::move(response));
  });
  RawClient client(server_->port());
  client.Send("GET / HTTP/1.1\r\nHost: x\r\nX-Name:  first \r\nx-name: second\r\n\r\n");
  EXPECT_EQ(client.Read().body, "first||127.0.0.1");
}

TEST_F(RequestTest, ConnectionIsKeptForTheNextRequest) {
  Start();
  RawClient client(server_->port());
  for (const char* path : {"/1", "/2", "/3"}) {
    client.Send(std::string("GET ") + path + " HTTP/1.1\r\nHost: x\r\n\r\n");
    const RawResponse response = client.Read();
    EXPECT_EQ(response.body, std::string("GET ") + path + "  ");
    EXPECT_EQ(response.Find("Connection"), "");
  }
  EXPECT_EQ(server_->connections(), 1);
}

TEST_F(RequestTest, PipelinedRequestsAreAnsweredInOrder) {
  Start();
  RawClient client(server_->port());
  std::string requests;
  for (int i = 0; i < 100; ++i) {
    requests +=
        "POST /" + std::to_string(i) + " HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc";
  }
  client.Send(requests);
  for (int i = 0; i < 100; ++i) {
    ASSERT_EQ(client.Read().body, "POST /" + std::to_string(i) + "  abc");
  }
}

TEST_F(RequestTest, MayArriveByteByByte) {
  Start();
  RawClient client(server_->port());
  const std::string request = "PUT /x HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi";
  for (const char c : request) ASSERT_TRUE(client.Send({&c, 1}));
  EXPECT_EQ(client.Read().body, "PUT /x  hi");
}

TEST_F(RequestTest, ChunkedBodyIsJoined) {
  Start();
  RawClient client(server_->port());
  client.Send(
      "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
      "5;extension=1\r\nhello\r\n6\r\n world\r\n0\r\nTrailer: x\r\n\r\n");
  EXPECT_EQ(client.Read().body, "POST /  hello world");
  client.Send("GET /next HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(client.Read().body, "GET /next  ");
}

TEST_F(RequestTest, HeadGetsTheLengthButNoBody) {
  Start();
  RawClient client(server_->port());
  client.Send("HEAD /h HTTP/1.1\r\nHost: x\r\n\r\n");
  const RawResponse head = client.Read(true);
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.Find("Content-Length"), std::to_string(std::string("HEAD /h  ").size()));
  client.Send("GET /next HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(client.Read().body, "GET /next  ");
}

TEST_F(RequestTest, ExpectContinueIsAnsweredBeforeTheBody) {
  Start();
  RawClient client(server_->port());
  client.Send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.ReadUntil("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  client.Send("ok");
  EXPECT_EQ(client.Read().body, "POST /  ok");
}

TEST_F(RequestTest, ExpectContinueWithTheBodyAtOnceNeedsNoInterimResponse) {
  Start();
  RawClient client(server_->port());
  client.Send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\nok");
  EXPECT_EQ(client.Read().body, "POST /  ok");
}

TEST_F(RequestTest, AbsoluteFormIsTakenAsItsPath) {
  Start();
  const std::pair<const char*, const char*> cases[] = {
      {"http://x/a/b?c=d", "GET /a/b c=d "},
      {"HTTPS://x:8080/", "GET /  "},
      {"http://x", "GET /  "},
      {"http://x?c=/d", "GET / c=/d "},
      {"/http://x", "GET /http://x  "},
      {"*", "GET *  "},
  };
  for (const auto& [target, body] : cases) {
    RawClient client(server_->port());
    client.Send("GET " + std::string(target) + " HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_EQ(client.Read().body, body) << target;
  }
}

TEST_F(RequestTest, TargetThatIsNeitherAPathNorAUrlIsRefused) {
  Start();
  for (const char* target : {"path", "ftp://x/y", "x:80", "http:///a", "**"}) {
    RawClient client(server_->port());
    client.Send("GET " + std::string(target) + " HTTP/1.1\r\nHost: x\r\n\r\n");
    const RawResponse response = client.Read();
    EXPECT_EQ(response.status, 400) << target;
    EXPECT_THAT(response.body, HasSubstr("request target"));
    EXPECT_TRUE(client.WaitClosed());
  }
}

TEST_F(RequestTest, MissingOrSecondHostIsRefused) {
  Start();
  for (const char* hosts : {"", "Host: x\r\nHost: x\r\n"}) {
    RawClient client(server_->port());
    client.Send("GET / HTTP/1.1\r\n" + std::string(hosts) + "\r\n");
    const RawResponse response = client.Read();
    EXPECT_EQ(response.status, 400) << hosts;
    EXPECT_THAT(response.body, HasSubstr("Host"));
    EXPECT_TRUE(client.WaitClosed());
  }
}

TEST_F(RequestTest, ResponseThatHasNoBodyHasNoLength) {
  Start([](const Request&, Responder& responder) -> asio::awaitable<void> {
    Response response;
    response.status = 204;
    (void)co_await responder.Send(std::move(response));
  });
  RawClient client(server_->port());
  client.Send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  const std::string head = client.ReadUntil("\r\n\r\n");
  EXPECT_THAT(head, StartsWith("HTTP/1.1 204 "));
  EXPECT_THAT(head, Not(HasSubstr("Content-Length")));
}

TEST_F(RequestTest, Http10ConnectionIsClosedAfterTheResponse) {
  Start();
  RawClient client(server_->port());
  client.Send("GET / HTTP/1.0\r\n\r\n");
  const RawResponse response = client.Read();
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.Find("Connection"), "close");
  EXPECT_TRUE(client.WaitClosed());
}

TEST_F(RequestTest, ConnectionCloseIsHonoured) {
  Start();
  RawClient client(server_->port());
  client.Send("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(client.Read().Find("Connection"), "close");
  EXPECT_TRUE(client.WaitClosed());
}

TEST_F(RequestTest, ClientThatSendsNoMoreStillGetsItsResponse) {
  Start();
  RawClient client(server_->port());
  client.Send("GET /last HTTP/1.1\r\nHost: x\r\n\r\n");
  client.ShutdownWrite();
  EXPECT_EQ(client.Read().body, "GET /last  ");
  EXPECT_TRUE(client.WaitClosed());
}

TEST_F(RequestTest, MalformedOnesAreRefusedAndTheConnectionEnds) {
  Start();
  for (const char* request :
       {"nonsense\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "GET / HTTQ/1.1\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "GET / HTTP/1.1\r\nNo colon\r\n\r\n",
        "GET / HTTP/1.1\r\nA b: c\r\n\r\n", "GET / HTTP/1.1\r\n: c\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n",
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
        "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 a TLS hello\r\n\r\n"}) {
    RawClient client(server_->port());
    client.Send(request);
    const RawResponse response = client.Read();
    EXPECT_EQ(response.status, 400) << request;
    EXPECT_EQ(response.Find("Connection"), "close") << request;
    EXPECT_EQ(response.body,
              "{\"code\":3,\"message\":\"malformed HTTP request\",\"details\":[]}\n");
  }
  EXPECT_TRUE(Answers());
}

TEST_F(RequestTest, AmbiguousLengthsAreRefused) {  // RFC 9112, 6.3 and 11.2: request smuggling
  Start();
  for (const char* lengths :
       {"Content-Length: 4\r\nContent-Length: 5\r\n",
        "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n", "Content-Length: 4, 5\r\n"}) {
    RawClient client(server_->port());
    client.Send(std::string("POST / HTTP/1.1\r\nHost: x\r\n") + lengths + "\r\n0\r\n\r\n");
    EXPECT_EQ(client.Read().status, 400) << lengths;
  }
}

TEST_F(RequestTest, HandlerThatThrowsGives500AndTheConnectionGoesOn) {
  Start([](const Request& request, Responder& responder) -> asio::awaitable<void> {
    if (request.path == "/throw") throw std::runtime_error("secret detail");
    co_await testing::Echo(request, responder);
  });
  RawClient client(server_->port());
  client.Send("GET /throw HTTP/1.1\r\nHost: x\r\n\r\n");
  const RawResponse response = client.Read();
  EXPECT_EQ(response.status, 500);
  EXPECT_THAT(response.body, AllOf(HasSubstr("\"code\":13"), Not(HasSubstr("secret"))));
  client.Send("GET /next HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(client.Read().status, 200);
}

TEST_F(RequestTest, HandlerThatAnswersNothingGives500) {
  Start([](const Request&, Responder&) -> asio::awaitable<void> { co_return; });
  RawClient client(server_->port());
  client.Send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(client.Read().status, 500);
}

TEST_F(RequestTest, ResponseCannotBeSplit) {
  Start([](const Request&, Responder& responder) -> asio::awaitable<void> {
    Response response;
    response.content_type = "text/plain\r\nX-Evil: 1";
    response.headers.emplace_back("X-Value", "a\r\nX-Evil: 2\r\n\r\nHTTP/1.1 200 OK\r\n\r\n");
    response.headers.emplace_back("X-Name\r\nX-Evil", "3");
    (void)co_await responder.Send(std::move(response));
  });
  RawClient client(server_->port());
  client.Send("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  const std::string all = client.ReadToEnd();
  EXPECT_THAT(all, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(all, Not(HasSubstr("\r\nX-Evil")));
  EXPECT_EQ(all.find("\r\n\r\n"), all.size() - 4) << "one head, and nothing after it";
}

}  // namespace
}  // namespace trellis::http
