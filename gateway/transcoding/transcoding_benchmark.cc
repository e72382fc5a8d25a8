#include <benchmark/benchmark.h>

#include <string>

#include "gateway/routing/route_table.h"
#include "gateway/testing/kinds.pb.h"
#include "gateway/transcoding/json_reader.h"
#include "gateway/transcoding/json_writer.h"
#include "gateway/transcoding/request.h"
#include "google/protobuf/util/json_util.h"

// The gateway's work on one request besides I/O, next to protobuf's own JSON code. Arguments are
// the number of tasks in the message; 0 stands for a single small message.
namespace trellis::gateway {
namespace {

constexpr char kTask[] =
    R"({"message":"hello, a job of ordinary length","queue":"emails","delay":"5s",)"
    R"("uniqueKey":"user-12345","maxAttempts":3,"sequence":"1234567890123","paused":false,)"
    R"("createdAt":"2024-06-07T08:09:10.123Z"})";

std::string JsonOf(int64_t tasks) {
  if (tasks == 0) return kTask;
  std::string json = "{\"tasks\":[";
  for (int64_t i = 0; i < tasks; ++i) json += (i > 0 ? "," : "") + std::string(kTask);
  return json + "]}";
}

std::unique_ptr<google::protobuf::Message> EmptyOf(int64_t tasks) {
  if (tasks == 0) return std::make_unique<testing::Task>();
  return std::make_unique<testing::TaskList>();
}

std::unique_ptr<google::protobuf::Message> MessageOf(int64_t tasks) {
  auto message = EmptyOf(tasks);
  if (!ReadJson(JsonOf(tasks), message.get()).ok()) std::abort();
  return message;
}

void Read(benchmark::State& state) {
  const std::string json = JsonOf(state.range(0));
  for (auto _ : state) {
    const auto message = EmptyOf(state.range(0));
    if (!ReadJson(json, message.get()).ok()) state.SkipWithError("refused");
  }
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(json.size()));
}
BENCHMARK(Read)->Arg(0)->Arg(1000);

void ReadByProtobuf(benchmark::State& state) {
  const std::string json = JsonOf(state.range(0));
  for (auto _ : state) {
    const auto message = EmptyOf(state.range(0));
    if (!google::protobuf::util::JsonStringToMessage(json, message.get()).ok()) {
      state.SkipWithError("refused");
    }
  }
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(json.size()));
}
BENCHMARK(ReadByProtobuf)->Arg(0)->Arg(1000);

void Write(benchmark::State& state) {
  const auto message = MessageOf(state.range(0));
  size_t bytes = 0;
  for (auto _ : state) {
    std::string json;
    AppendJson(*message, &json);
    bytes += json.size();
  }
  state.SetBytesProcessed(static_cast<int64_t>(bytes));
}
BENCHMARK(Write)->Arg(0)->Arg(1000);

void WriteByProtobuf(benchmark::State& state) {
  const auto message = MessageOf(state.range(0));
  google::protobuf::util::JsonPrintOptions options;
  options.always_print_primitive_fields = true;
  size_t bytes = 0;
  for (auto _ : state) {
    std::string json;
    if (!google::protobuf::util::MessageToJsonString(*message, &json, options).ok()) {
      state.SkipWithError("refused");
    }
    bytes += json.size();
  }
  state.SetBytesProcessed(static_cast<int64_t>(bytes));
}
BENCHMARK(WriteByProtobuf)->Arg(0)->Arg(1000);

const RouteTable& Table() {
  static const auto& table = *new absl::StatusOr<RouteTable>(RouteTable::Build(
      {testing::Lookup::descriptor()->file()->FindServiceByName("LookupService")}));
  return *table;
}

void Match(benchmark::State& state, const char* method, const char* path) {
  for (auto _ : state) {
    auto result = Table().Match(method, path);
    benchmark::DoNotOptimize(result);
  }
}
BENCHMARK_CAPTURE(Match, Literal, "GET", "/v1/things/featured");
BENCHMARK_CAPTURE(Match, Variable, "GET", "/v1/things/12345");
BENCHMARK_CAPTURE(Match, Verb, "POST", "/v1/things/12345:cancel");
BENCHMARK_CAPTURE(Match, Multi, "GET", "/v1/shelves/a/books/b");
BENCHMARK_CAPTURE(Match, NotFound, "GET", "/favicon.ico");

void MatchAndFill(benchmark::State& state) {
  for (auto _ : state) {
    const auto match = Table().Match("PUT", "/v1/things/12345");
    testing::Lookup request;
    const auto status = FillRequest(*match.route, match.bindings, "number=5", "application/json",
                                    R"({"name":"a name","tags":["a","b"]})", &request);
    if (!status.ok()) state.SkipWithError("refused");
  }
}
BENCHMARK(MatchAndFill);

}  // namespace
}  // namespace trellis::gateway

BENCHMARK_MAIN();
