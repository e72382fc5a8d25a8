#ifndef MESH_AMQP_IMPL_DECODER_H_
#define MESH_AMQP_IMPL_DECODER_H_

#include <amqp.h>

#include <memory>
#include <optional>
#include <string_view>

#include "mesh/amqp/client.h"

namespace trellis::amqp {

// Makes frames of a stream of bytes, with librabbitmq as the parser only: it sees no socket.
class Decoder {
 public:
  Decoder();

  // Takes one frame off the front of `data`, if there is one; what is left of a frame is kept. A
  // frame of type 0 means that more bytes are needed. False: this is not AMQP.
  [[nodiscard]] bool Next(std::string_view* data, amqp_frame_t* frame);
  // Before that 65,536. Between two frames, of which there has been at least one.
  void set_max_frame(size_t bytes);
  // Ends the life of what `frame` points to. After each frame.
  void Release(const amqp_frame_t& frame);

 private:
  struct Destroy {
    void operator()(amqp_connection_state_t state) const { amqp_destroy_connection(state); }
  };
  std::unique_ptr<amqp_connection_state_t_, Destroy> state_;
};

// Puts the frames of one channel's contents together: a method, its properties, its body.
class Assembler {
 public:
  // The method that starts a content; `message` has what the method said.
  void Begin(Delivery delivery);
  // False when no content was begun.
  [[nodiscard]] bool Header(const amqp_frame_t& frame);
  [[nodiscard]] bool Body(const amqp_frame_t& frame);
  // The content, once all of it is here.
  [[nodiscard]] std::optional<Delivery> Take();
  // The correlation id of what Take gave.
  [[nodiscard]] const std::string& correlation_id() const { return correlation_id_; }

 private:
  enum class Step { kIdle, kHeader, kBody };
  Step step_ = Step::kIdle;
  Delivery delivery_;
  uint64_t body_size_ = 0;
  std::string correlation_id_;
};

}  // namespace trellis::amqp

#endif  // MESH_AMQP_IMPL_DECODER_H_
