// Reads pages of posts through gRPC:
//   post_pages_benchmark load ADDRESS IN_FLIGHT MILLISECONDS
//   post_pages_benchmark cold ADDRESS REDIS_PORT,REDIS_PORT...
// The pages stand on its input, one a line: user_id limit offset cursor, with - for no cursor.
//
// `load` reads each page once, to see that it is whole, and then draws pages at random, IN_FLIGHT
// at a time, and sees that each answer is as long as the first one was. `cold` reads each page
// once, one at a time and in order, and empties these Redis nodes before each. Both print JSON.
#include <hiredis/hiredis.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <random>
#include <sstream>
#include <vector>

#include "tests/bench/post/grpc_connection.h"
#include "trellis/post/v1/post.pb.h"

namespace trellis::bench {
namespace {

using std::chrono::steady_clock;
using Time = steady_clock::time_point;

constexpr char kMethod[] = "/trellis.post.v1.PostService/ListUserPosts";

struct Page {
  post::v1::ListUserPostsRequest request;
  std::string bytes;
  size_t answer_size = 0;
};

std::vector<Page> ReadPages() {
  std::vector<Page> pages;
  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream words(line);
    int64_t user = 0;
    int limit = 0, offset = 0;
    std::string cursor;
    if (!(words >> user >> limit >> offset >> cursor)) Die("'" + line + "' is no page");
    Page page;
    page.request.set_user_id(user);
    page.request.set_limit(limit);
    page.request.set_offset(offset);
    if (cursor != "-") page.request.set_cursor(cursor);
    page.bytes = page.request.SerializeAsString();
    pages.push_back(std::move(page));
  }
  if (pages.empty()) Die("no pages on the input");
  return pages;
}

// Ends the process where the answer is not the whole page.
void Check(Page* page, std::string_view answer) {
  post::v1::ListPostsResponse response;
  if (!response.ParseFromArray(answer.data(), static_cast<int>(answer.size()))) {
    Die("an answer is no page");
  }
  if (response.data_size() != page->request.limit()) {
    Die("a page of " + std::to_string(response.data_size()) + " posts came for " +
        page->request.ShortDebugString());
  }
  for (const post::v1::Post& post : response.data()) {
    if (post.user_id() != page->request.user_id() || post.content().empty()) {
      Die("another user's post came for " + page->request.ShortDebugString());
    }
  }
  page->answer_size = answer.size();
}

double CpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](timeval time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double Micros(steady_clock::duration time) {
  return std::chrono::duration<double, std::micro>(time).count();
}

int Load(const std::string& address, int in_flight, std::chrono::milliseconds measured) {
  std::vector<Page> pages = ReadPages();
  struct Caller {
    size_t page = 0;
    Time start;
  };
  std::vector<Caller> callers(static_cast<size_t>(in_flight));
  std::vector<float> micros;
  std::mt19937_64 random(1);
  size_t next = 0, checked = 0, running = 0, bytes = 0;
  Time begin = Time::max(), end = Time::max();
  double cpu = 0;
  GrpcConnection* connection = nullptr;

  const auto start = [&](int number, Time now) {
    Caller& caller = callers[static_cast<size_t>(number)];
    caller.page = next < pages.size() ? next++ : random() % pages.size();
    caller.start = now;
    connection->Call(number, pages[caller.page].bytes);
    ++running;
  };
  GrpcConnection server(address, kMethod, [&](int number, std::string_view answer) {
    const Time now = steady_clock::now();
    const Caller& caller = callers[static_cast<size_t>(number)];
    Page& page = pages[caller.page];
    --running;
    if (page.answer_size == 0) {
      Check(&page, answer);
      if (++checked == pages.size()) {
        begin = now + measured / 4;  // to get warm
        end = begin + measured;
      }
    } else if (page.answer_size != answer.size()) {
      Die("another answer than before for " + page.request.ShortDebugString());
    }
    if (caller.start >= begin && now <= end) {
      if (micros.empty()) cpu = CpuSeconds();
      micros.push_back(static_cast<float>(Micros(now - caller.start)));
      bytes += answer.size();
    }
    if (now <= end) start(number, now);
  });
  connection = &server;
  micros.reserve(1'000'000);
  for (int i = 0; i < in_flight; ++i) start(i, steady_clock::now());
  while (running > 0) server.Turn();
  cpu = CpuSeconds() - cpu;
  if (micros.empty()) Die("no call ended in the measured time");
  std::sort(micros.begin(), micros.end());
  const auto count = static_cast<double>(micros.size());
  const auto at = [&](double share) { return micros[static_cast<size_t>(share * count)]; };
  std::printf(
      "{\"pages\": %zu, \"per_second\": %.1f, \"p50_us\": %.1f, \"p99_us\": %.1f, "
      "\"bytes_per_page\": %.1f, \"client_cpu_us\": %.2f}\n",
      micros.size(), count / std::chrono::duration<double>(measured).count(), at(0.5), at(0.99),
      static_cast<double>(bytes) / count, cpu * 1e6 / count);
  return 0;
}

// Connections to the nodes of which all is to go.
class Nodes {
 public:
  explicit Nodes(const std::string& ports) {
    std::istringstream words(ports);
    for (std::string port; std::getline(words, port, ',');) {
      nodes_.push_back(redisConnect("127.0.0.1", std::atoi(port.c_str())));
      if (nodes_.back() == nullptr || nodes_.back()->err != 0) Die("cannot reach Redis at " + port);
    }
  }
  ~Nodes() {
    for (redisContext* node : nodes_) redisFree(node);
  }
  Nodes(const Nodes&) = delete;
  Nodes& operator=(const Nodes&) = delete;

  void Empty() {
    for (redisContext* node : nodes_) {
      auto* const reply = static_cast<redisReply*>(redisCommand(node, "FLUSHALL SYNC"));
      if (reply == nullptr || reply->type == REDIS_REPLY_ERROR) Die("FLUSHALL failed");
      freeReplyObject(reply);
    }
  }

 private:
  std::vector<redisContext*> nodes_;
};

int Cold(const std::string& address, const std::string& ports) {
  std::vector<Page> pages = ReadPages();
  Nodes nodes(ports);
  bool answered = false;
  Page* page = nullptr;
  Time start, end;
  GrpcConnection server(address, kMethod, [&](int /*caller*/, std::string_view answer) {
    end = steady_clock::now();
    Check(page, answer);
    answered = true;
  });
  std::printf("{\"us\": [");
  for (Page& each : pages) {
    page = &each;
    nodes.Empty();
    answered = false;
    start = steady_clock::now();
    server.Call(0, each.bytes);
    while (!answered) server.Turn();
    std::printf("%s%.1f", page == pages.data() ? "" : ", ", Micros(end - start));
  }
  std::printf("]}\n");
  return 0;
}

int Main(int argc, char** argv) {
  const std::string mode = argc > 1 ? argv[1] : "";
  if (mode == "load" && argc == 5 && std::atoi(argv[3]) > 0 && std::atoi(argv[4]) > 0) {
    return Load(argv[2], std::atoi(argv[3]), std::chrono::milliseconds(std::atoi(argv[4])));
  }
  if (mode == "cold" && argc == 4) return Cold(argv[2], argv[3]);
  std::fprintf(stderr,
               "expected: load ADDRESS IN_FLIGHT MILLISECONDS, or cold ADDRESS PORT,PORT...\n");
  return 2;
}

}  // namespace
}  // namespace trellis::bench

int main(int argc, char** argv) { return trellis::bench::Main(argc, argv); }
