#include "mesh/postgres/impl/worker.h"

#include <optional>
#include <pqxx/nontransaction>

#include "mesh/base/ids.h"
#include "mesh/postgres/impl/transaction.h"

namespace trellis::postgres::impl {
namespace {

using absl::StatusCode;

constexpr int kAttempts = 3;

absl::Status Late() {
  return base::MakeStatus(StatusCode::kDeadlineExceeded,
                          "postgres: the deadline passed before the commit");
}

}  // namespace

Worker::Worker(const Target& target, Dispatcher* dispatcher)
    : target_(target), dispatcher_(dispatcher) {
  dispatcher_->Add(&seat_);
}

Worker::~Worker() {
  if (thread_.joinable()) thread_.join();
}

void Worker::Start() {
  thread_ = std::thread([this] { Loop(); });
}

void Worker::Loop() {
  int attempt = 0;
  while (!dispatcher_->closing()) {
    if (Connect()) {
      attempt = 0;
      const std::string reason = Serve();
      connection_.reset();
      dispatcher_->Lost(reason);
    }
    // The event is set only when all is closed: this seat is not idle now.
    [[maybe_unused]] const Woken woken =
        Wait(-1, For::kRead, seat_.wake,
             base::Deadline::After(base::FullJitter(kReconnect, attempt++, base::RandomBits())));
  }
}

bool Worker::Connect() {
  try {
    connection_ = std::make_unique<Connection>(target_, seat_.wake);
    statement_timeout_ = kNotKnown;
    left_because_.clear();
  } catch (const std::exception& e) {
    dispatcher_->ConnectFailed("cannot connect: " + FirstLine(e.what()));
    return false;
  }
  dispatcher_->Connected();
  return true;
}

std::string Worker::Serve() {
  while (true) {
    if (std::unique_ptr<Job> job = dispatcher_->Take(&seat_, connection_->shutdown_socket())) {
      absl::Status status = Execute(*job);
      dispatcher_->End(&seat_);
      Answer(std::move(job), std::move(status));
    } else if (dispatcher_->closing()) {
      return "closed";
    } else {
      const Woken woken =
          Wait(connection_->sock(), For::kRead, seat_.wake, base::Deadline::Infinite());
      if (!woken.socket) continue;
      try {
        connection_->get_notifs();
      } catch (const std::exception&) {
      }
    }
    const bool clean = connection_->Clean();
    if (!clean || !left_because_.empty()) {
      dispatcher_->Leave(&seat_);
      return clean ? left_because_ : connection_->LastError();
    }
  }
}

absl::Status Worker::Execute(const Job& job) {
  for (int attempt = 1;; ++attempt) {
    if (job.deadline.Expired()) return Late();
    Failure failure = job.form == Form::kStatement ? TryStatement(job) : TryOnce(job);
    if (failure.lost) left_because_ = base::MessageOf(failure.status);
    if (!failure.again || attempt == kAttempts) return failure.status;
  }
}

Failure Worker::TryOnce(const Job& job) {
  // Outside the try block, so that how far it came is known in the handler.
  std::optional<Transaction> transaction;
  try {
    transaction.emplace(*connection_, job.deadline);
    absl::Status status = job.work(*transaction);
    if (!status.ok() || job.deadline.Expired()) {
      transaction->abort();
      return {.status = status.ok() ? Late() : std::move(status)};
    }
    transaction->commit();
    return {.status = absl::OkStatus()};
  } catch (...) {
    return Interpret(job, OfCurrentException(), transaction && transaction->commit_sent());
  }
}

Failure Worker::TryStatement(const Job& job) {
  bool begun = false;
  try {
    MindDeadline(job.deadline);
    pqxx::nontransaction statement(*connection_);
    begun = true;
    return {.status = job.work(statement)};
  } catch (...) {
    return Interpret(job, OfCurrentException(), begun);
  }
}

void Worker::MindDeadline(base::Deadline deadline) {
  // In steps, so that callers with about the same patience share it. A server that minds a deadline
  // so much later is still before the dispatcher, which then cuts the connection.
  constexpr int64_t kStep = 125;
  const int64_t timeout = (StatementTimeoutMillis(deadline) + kStep - 1) / kStep * kStep;
  if (timeout == statement_timeout_) return;
  pqxx::nontransaction(*connection_).exec("SET statement_timeout = " + std::to_string(timeout));
  statement_timeout_ = timeout;
}

Failure Worker::Interpret(const Job& job, Failure failure, bool may_have_happened) const {
  if (may_have_happened && !connection_->Clean()) {
    return {.status =
                base::MakeStatus(StatusCode::kUnknown,
                                 std::string("postgres: broke during ") +
                                     (job.form == Form::kStatement ? "a statement" : "the commit") +
                                     ", which may have happened: " + connection_->LastError()),
            .lost = true};
  }
  if (!failure.lost) return failure;
  if (job.deadline.Expired()) return {.status = Late(), .lost = true};
  if (!connection_->is_open()) {
    failure.status =
        base::MakeStatus(StatusCode::kUnavailable, "postgres: " + connection_->LastError());
  }
  return failure;
}

}  // namespace trellis::postgres::impl
