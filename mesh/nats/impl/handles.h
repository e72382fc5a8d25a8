#ifndef MESH_NATS_IMPL_HANDLES_H_
#define MESH_NATS_IMPL_HANDLES_H_

#include <nats/nats.h>

#include <memory>

namespace trellis::nats {

// What libnats gives out and wants back.
template <auto Destroy>
struct Destroyer {
  template <typename T>
  void operator()(T* handle) const {
    Destroy(handle);
  }
};

using OptionsHandle = std::unique_ptr<natsOptions, Destroyer<natsOptions_Destroy>>;
using ConnectionHandle = std::unique_ptr<natsConnection, Destroyer<natsConnection_Destroy>>;
using SubscriptionHandle = std::unique_ptr<natsSubscription, Destroyer<natsSubscription_Destroy>>;
using MessageHandle = std::unique_ptr<natsMsg, Destroyer<natsMsg_Destroy>>;
using JetStreamHandle = std::unique_ptr<jsCtx, Destroyer<jsCtx_Destroy>>;
using StreamInfoHandle = std::unique_ptr<jsStreamInfo, Destroyer<jsStreamInfo_Destroy>>;
using ConsumerInfoHandle = std::unique_ptr<jsConsumerInfo, Destroyer<jsConsumerInfo_Destroy>>;

}  // namespace trellis::nats

#endif  // MESH_NATS_IMPL_HANDLES_H_
