#ifndef GATEWAY_TESTING_RANDOM_MESSAGE_H_
#define GATEWAY_TESTING_RANDOM_MESSAGE_H_

#include <random>

#include "google/protobuf/message.h"

namespace trellis::gateway::testing {

// Fills an empty message with random values that its JSON form can express, well-known types
// included; Any stays out. The same generator state gives the same message, but for the order of
// map entries.
void FillRandomly(std::mt19937* random, int depth, google::protobuf::Message* message);

}  // namespace trellis::gateway::testing

#endif  // GATEWAY_TESTING_RANDOM_MESSAGE_H_
