#ifndef MESH_AMQP_IMPL_CHANNELS_H_
#define MESH_AMQP_IMPL_CHANNELS_H_

#include <amqp.h>

#include <string_view>

namespace trellis::amqp {

// Publishes and their confirms.
inline constexpr amqp_channel_t kPublishChannel = 1;
// The topology, then the deliveries from it, what is got by itself, and the acks of both: one
// channel is worked off in order.
inline constexpr amqp_channel_t kConsumeChannel = 2;

inline constexpr std::string_view kConsumerTag = "trellis";

}  // namespace trellis::amqp

#endif  // MESH_AMQP_IMPL_CHANNELS_H_
