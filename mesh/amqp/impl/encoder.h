#ifndef MESH_AMQP_IMPL_ENCODER_H_
#define MESH_AMQP_IMPL_ENCODER_H_

#include <amqp.h>

#include <list>
#include <string>
#include <string_view>
#include <vector>

#include "mesh/amqp/client.h"
#include "mesh/amqp/topology.h"

namespace trellis::amqp {

// librabbitmq's views of text; they point to it and own nothing.
[[nodiscard]] amqp_bytes_t Bytes(std::string_view text);
[[nodiscard]] std::string_view View(amqp_bytes_t bytes);

// A field table that owns its entries' places but not their texts.
class Table {
 public:
  void AddText(std::string_view name, std::string_view text);
  void AddNumber(std::string_view name, int64_t number);
  void AddFlag(std::string_view name, bool flag);
  void AddTable(std::string_view name, Table table);
  [[nodiscard]] static Table Of(const Arguments& arguments);
  // Valid until the next Add.
  [[nodiscard]] amqp_table_t view();

 private:
  amqp_field_value_t& AddEntry(std::string_view name, amqp_field_value_kind_t kind);

  std::vector<amqp_table_entry_t> entries_;
  std::list<Table> nested_;
};

// Appends frames to a buffer. librabbitmq encodes what is in them but does not send them: its
// sending calls wait for the socket without a limit when the broker does not read.
class Encoder {
 public:
  // The largest frame either side may send; what we ask of the broker.
  static constexpr size_t kMaxFrame = 131072;

  explicit Encoder(std::string* out);
  void set_max_frame(size_t bytes) { max_frame_ = bytes; }

  void Header();
  // False when it does not fit a frame, which never happens to methods of our own making.
  bool Method(amqp_channel_t channel, amqp_method_number_t id, void* decoded);
  void Heartbeat();
  // basic.publish with its properties and body. False, and nothing appended, when its headers do
  // not fit a frame.
  bool Publish(amqp_channel_t channel, uint64_t tag, const Message& message);

 private:
  void Frame(int type, amqp_channel_t channel, std::string_view payload);
  bool Properties(amqp_channel_t channel, uint64_t tag, const Message& message);

  std::string* const out_;
  size_t max_frame_ = kMaxFrame;
  std::string scratch_;
  std::vector<amqp_table_entry_t> headers_;
};

// OK when AMQP can carry it: names are limited to 255 bytes, header names to 128.
[[nodiscard]] absl::Status CheckMessage(const Message& message);

}  // namespace trellis::amqp

#endif  // MESH_AMQP_IMPL_ENCODER_H_
