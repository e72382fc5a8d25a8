#include "mesh/base/reactors.h"

namespace trellis::base {

Reactors::Reactors(int count) {
  for (int i = 0; i < count; ++i) {
    contexts_.push_back(std::make_unique<Context>(1));
    guards_.push_back(boost::asio::make_work_guard(*contexts_.back()));
  }
}

Reactors::~Reactors() { Stop(); }

void Reactors::Start() {
  for (auto& context : contexts_) {
    threads_.emplace_back([&context = *context] { context.run(); });
  }
}

void Reactors::Stop() {
  guards_.clear();
  for (auto& context : contexts_) context->stop();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

}  // namespace trellis::base
