#ifndef SERVICES_ORDER_TESTING_CONSUMER_LOOP_FIXTURE_H_
#define SERVICES_ORDER_TESTING_CONSUMER_LOOP_FIXTURE_H_

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "mesh/amqp/testing/fake_broker.h"
#include "mesh/base/testing/run.h"
#include "mesh/base/testing/subprocess.h"
#include "services/order/consumer_loop.h"
#include "services/order/topology.h"

namespace trellis::order::testing {

// A ConsumerLoop on a broker in memory, with a handler that writes down what it was given and can
// be held at a gate. Single-threaded: nothing runs but in RunUntil, Poll and Stop.
class ConsumerLoopFixture : public ::testing::Test {
 protected:
  ConsumerLoopFixture() { gate_.expires_at(boost::asio::steady_timer::time_point::max()); }

  void Start(int concurrency = 8) {
    loop_ = std::make_unique<ConsumerLoop>(
        context_.get_executor(), broker_, broker_,
        [this](const amqp::Message& message) { return Handle(message); }, metrics_,
        ConsumerOptions{.queue = kOrdersQueue, .concurrency = concurrency, .max_attempts = 5});
    loop_->Start();
  }
  // What the handler is: answers what the test says, once the gate is open.
  boost::asio::awaitable<absl::Status> Handle(const amqp::Message& message) {
    started_.push_back(message.body);
    while (closed_) {
      boost::system::error_code ignored;
      co_await gate_.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, ignored));
    }
    co_return answer_(message);
  }
  void AnswerAlways(absl::StatusCode code) {
    answer_ = [code](const amqp::Message&) { return absl::Status(code, "said the handler"); };
  }
  void OpenGate() {
    closed_ = false;
    gate_.cancel();
  }
  bool RunUntil(const std::function<bool()>& condition) {
    return base::testing::WaitUntil([&] {
      Poll();
      return condition();
    });
  }
  void Poll() {
    context_.restart();
    context_.poll();
  }
  bool Stop(base::milliseconds patience = base::milliseconds(5000)) {
    broker_.StopConsuming();
    return base::testing::RunCoroutine(context_, loop_->Stop(base::Deadline::After(patience)));
  }

  boost::asio::io_context context_{1};
  telemetry::Metrics metrics_;
  amqp::testing::FakeBroker broker_;
  boost::asio::steady_timer gate_{context_};
  bool closed_ = false;
  std::vector<std::string> started_;
  std::function<absl::Status(const amqp::Message&)> answer_ = [](const amqp::Message&) {
    return absl::OkStatus();
  };
  std::unique_ptr<ConsumerLoop> loop_;
};

}  // namespace trellis::order::testing

#endif  // SERVICES_ORDER_TESTING_CONSUMER_LOOP_FIXTURE_H_
