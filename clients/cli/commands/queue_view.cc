#include "clients/cli/commands/queue_view.h"

#include <google/protobuf/util/time_util.h>

#include "clients/cli/commands/time_stamp.h"
#include "clients/cli/duration.h"
#include "clients/cli/text.h"

namespace trellis::cli {
namespace {

namespace v1 = enqueue::v1;
using google::protobuf::Timestamp;
using google::protobuf::util::TimeUtil;

constexpr size_t kErrorColumns = 40;

std::string Since(bool known, const Timestamp& stamp, base::WallTime now) {
  return known ? Between(TimeOf(stamp), now) : "-";
}

std::string OldestAge(const v1::Queue& queue) {
  if (!queue.has_oldest_age()) return "-";
  return FormatDuration(base::milliseconds(TimeUtil::DurationToMilliseconds(queue.oldest_age())));
}

std::string Attempts(const v1::Job& job) {
  return std::to_string(job.attempts()) + "/" + std::to_string(job.max_attempts());
}

bool HasError(v1::JobState state) { return state == v1::RETRYING || state == v1::DEAD; }
bool IsTimed(v1::JobState state) { return state == v1::RETRYING || state == v1::SCHEDULED; }

std::string Stamp(bool known, const Timestamp& stamp, base::WallTime now) {
  return known ? StampInWords(TimeOf(stamp), now) : "-";
}

}  // namespace

std::vector<Table::Column> QueueColumns() {
  return {{"QUEUE"},           {"READY", true},    {"SCHEDULED", true},
          {"IN-FLIGHT", true}, {"RETRYING", true}, {"DEAD", true},
          {"OLDEST", true},    {"WORKERS", true},  {"STATE"}};
}

std::vector<std::string> QueueRow(const v1::Queue& queue) {
  return {queue.name(),
          std::to_string(queue.ready()),
          std::to_string(queue.scheduled()),
          std::to_string(queue.in_flight()),
          std::to_string(queue.retrying()),
          std::to_string(queue.dead()),
          OldestAge(queue),
          std::to_string(queue.workers()),
          queue.paused() ? "paused" : "running"};
}

std::string RenderQueue(const v1::Queue& queue) {
  return RenderFields({{"queue", queue.name()},
                       {"state", queue.paused() ? "paused" : "running"},
                       {"workers", std::to_string(queue.workers())},
                       {"ready", std::to_string(queue.ready())},
                       {"oldest", OldestAge(queue)},
                       {"scheduled", std::to_string(queue.scheduled())},
                       {"in-flight", std::to_string(queue.in_flight())},
                       {"retrying", std::to_string(queue.retrying())},
                       {"dead", std::to_string(queue.dead())},
                       {"processed", std::to_string(queue.processed())},
                       {"failed runs", std::to_string(queue.failed())}});
}

Table JobTable(v1::JobState state, const google::protobuf::RepeatedPtrField<v1::Job>& jobs,
               base::WallTime now) {
  std::vector<Table::Column> columns{{"ID"}, {"AGE", true}, {"ATTEMPTS", true}};
  if (IsTimed(state)) columns.push_back({"RUNS IN", true});
  if (state == v1::DEAD) columns.push_back({"DEAD FOR", true});
  if (state == v1::IN_FLIGHT) columns.push_back({"WORKER"});
  if (HasError(state)) columns.push_back({"ERROR"});
  columns.push_back({"MESSAGE"});
  Table table(std::move(columns));
  for (const v1::Job& job : jobs) {
    std::vector<std::string> row{job.id(), Since(job.has_enqueued_at(), job.enqueued_at(), now),
                                 Attempts(job)};
    if (IsTimed(state)) {
      row.push_back(job.has_state_time() ? Between(now, TimeOf(job.state_time())) : "-");
    }
    if (state == v1::DEAD) row.push_back(Since(job.has_state_time(), job.state_time(), now));
    if (state == v1::IN_FLIGHT) row.push_back(job.worker());
    if (HasError(state)) row.push_back(OneLine(job.last_error(), kErrorColumns));
    row.push_back(job.message());
    table.Add(std::move(row));
  }
  return table;
}

std::string RenderJob(const v1::Job& job, base::WallTime now, bool raw) {
  std::vector<std::pair<std::string, std::string>> fields{
      {"id", job.id()},
      {"queue", job.queue()},
      {"state", StateName(job.state())},
      {"enqueued", Stamp(job.has_enqueued_at(), job.enqueued_at(), now)},
      {"attempts", Attempts(job)},
      {"crashes", std::to_string(job.crashes())}};
  if (IsTimed(job.state())) {
    fields.emplace_back("runs", Stamp(job.has_state_time(), job.state_time(), now));
  }
  if (job.state() == v1::DEAD) {
    fields.emplace_back("dead since", Stamp(job.has_state_time(), job.state_time(), now));
  }
  if (!job.worker().empty()) fields.emplace_back("worker", job.worker());
  if (!job.last_error().empty()) fields.emplace_back("last error", job.last_error());
  return RenderFields(fields) + "\n" + (raw ? job.message() : Printable(job.message())) + "\n";
}

const std::vector<std::string>& StateNames() {
  static const auto* const kNames =
      new std::vector<std::string>{"ready", "scheduled", "in-flight", "retrying", "dead"};
  return *kNames;
}

std::string StateName(v1::JobState state) {
  const auto i = static_cast<size_t>(state);
  return i >= 1 && i <= StateNames().size() ? StateNames()[i - 1] : "unknown";
}

v1::JobState StateOf(const std::string& name) {
  for (size_t i = 0; i < StateNames().size(); ++i) {
    if (StateNames()[i] == name) return static_cast<v1::JobState>(i + 1);
  }
  return v1::JOB_STATE_UNSPECIFIED;
}

}  // namespace trellis::cli
