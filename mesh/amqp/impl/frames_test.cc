// What the encoder writes, the decoder reads.
#include <amqp.h>
#include <gmock/gmock.h>

#include "mesh/amqp/impl/decoder.h"
#include "mesh/amqp/impl/encoder.h"

namespace trellis::amqp {
namespace {

Message TestMessage(std::string body) {
  Message message;
  message.exchange = "exchange";
  message.routing_key = "key";
  message.message_id = "id";
  message.headers = {{"a", "1"}, {"b", ""}};
  message.body = std::move(body);
  return message;
}

// Feeds `piece` bytes at a time.
std::vector<Delivery> Decode(std::string_view bytes, size_t piece) {
  Decoder decoder;
  Assembler assembler;
  std::vector<Delivery> contents;
  while (!bytes.empty()) {
    std::string_view data = bytes.substr(0, piece);
    bytes.remove_prefix(data.size());
    while (!data.empty()) {
      amqp_frame_t frame;
      if (!decoder.Next(&data, &frame)) throw std::runtime_error("not AMQP");
      if (frame.frame_type == AMQP_FRAME_METHOD) {
        Delivery delivery;
        delivery.message.routing_key =
            View(static_cast<amqp_basic_publish_t*>(frame.payload.method.decoded)->routing_key);
        assembler.Begin(std::move(delivery));
      } else if (frame.frame_type == AMQP_FRAME_HEADER) {
        EXPECT_TRUE(assembler.Header(frame));
      } else if (frame.frame_type == AMQP_FRAME_BODY) {
        EXPECT_TRUE(assembler.Body(frame));
      }
      if (auto content = assembler.Take()) {
        EXPECT_EQ(assembler.correlation_id(), std::to_string(contents.size() + 1));
        contents.push_back(std::move(*content));
      }
      decoder.Release(frame);
    }
  }
  return contents;
}

TEST(FramesTest, RoundTripWhateverThePieces) {
  std::string bytes;
  Encoder encoder(&bytes);
  encoder.set_max_frame(4096);
  const std::vector<std::string> bodies = {"", "x", std::string(4088, 'y'), std::string(9000, 'z')};
  uint64_t tag = 0;
  for (const std::string& body : bodies) {
    ASSERT_TRUE(encoder.Publish(1, ++tag, TestMessage(body)));
    encoder.Heartbeat();
  }
  for (const size_t piece : {size_t{1}, size_t{7}, size_t{4096}, bytes.size()}) {
    const std::vector<Delivery> contents = Decode(bytes, piece);
    ASSERT_EQ(contents.size(), bodies.size());
    for (size_t i = 0; i < bodies.size(); ++i) {
      EXPECT_EQ(contents[i].message.body, bodies[i]);
      EXPECT_EQ(contents[i].message.routing_key, "key");
      EXPECT_EQ(contents[i].message.message_id, "id");
      EXPECT_EQ(contents[i].message.headers, TestMessage("").headers);
    }
  }
}

TEST(FramesTest, WhatDoesNotFitAFrameLeavesNothingBehind) {
  std::string bytes;
  Encoder encoder(&bytes);
  encoder.set_max_frame(4096);
  Message message = TestMessage("x");
  message.headers["big"] = std::string(5000, 'h');
  EXPECT_FALSE(encoder.Publish(1, 1, message));
  EXPECT_EQ(bytes, "");
}

TEST(FramesTest, OtherProtocolsAreNoticed) {
  Decoder decoder;
  amqp_frame_t frame;
  std::string_view data = "HTTP/1.1 400 Bad Request\r\n\r\n";
  const bool is_amqp = decoder.Next(&data, &frame);
  EXPECT_TRUE(!is_amqp || frame.frame_type == 0);
}

TEST(FramesTest, LongNamesAreRefused) {
  EXPECT_TRUE(CheckMessage(TestMessage("x")).ok());
  Message message = TestMessage("x");
  message.exchange = std::string(256, 'e');
  EXPECT_EQ(CheckMessage(message).code(), absl::StatusCode::kInvalidArgument);
  message = TestMessage("x");
  message.headers[std::string(129, 'h')] = "";
  EXPECT_EQ(CheckMessage(message).code(), absl::StatusCode::kInvalidArgument);
  message = TestMessage("x");
  message.message_id = std::string(256, 'i');
  EXPECT_EQ(CheckMessage(message).code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace trellis::amqp
