#include "gateway/testing/random_message.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <string>

#include "gateway/transcoding/field_sink.h"
#include "google/protobuf/descriptor.pb.h"
#include "google/protobuf/struct.pb.h"

namespace trellis::gateway::testing {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using Random = std::mt19937;

// The edges of a type come up as often as all other values together.
template <typename T>
T Integer(Random& random) {
  const auto bits = static_cast<T>(uint64_t{random()} << 32 | random());
  const T edges[] = {0, 1, std::numeric_limits<T>::min(), std::numeric_limits<T>::max()};
  return random() % 2 == 0 ? edges[random() % 4] : bits;
}

template <typename T, typename Bits>
T Floating(Random& random) {
  // No -0: protobuf reads the "-0" that it writes as an integer.
  const T edges[] = {0, T(0.1), std::numeric_limits<T>::max(), std::numeric_limits<T>::denorm_min(),
                     std::numeric_limits<T>::infinity()};
  if (random() % 2 == 0) return edges[random() % 5];
  const auto bits = static_cast<Bits>(uint64_t{random()} << 32 | random());
  T value;
  std::memcpy(&value, &bits, sizeof value);
  return std::isnan(value) ? T(1) : value;
}

std::string Text(Random& random) {
  const std::string pieces[] = {
      "a", "longer text ", "\"", "\\",    "\n", std::string(1, '\0'), "é", "€", "😀",
      "/", "\x7f",         "<",  "\u2028"};
  std::string text;
  for (unsigned n = random() % 8; n > 0; --n) text += pieces[random() % std::size(pieces)];
  return text;
}

std::string Bytes(Random& random) {
  std::string bytes(random() % 9, '\0');
  for (char& c : bytes) c = static_cast<char>(random());
  return bytes;
}

void FillValue(Random& random, int depth, google::protobuf::Value* value) {
  switch (random() % (depth > 0 ? 6 : 4)) {
    case 0:
      value->set_null_value(google::protobuf::NULL_VALUE);
      break;
    case 1:
      value->set_bool_value(random() % 2 == 0);
      break;
    case 2:
      value->set_number_value(static_cast<double>(static_cast<int32_t>(random())) / 4);
      break;
    case 3:
      value->set_string_value(Text(random));
      break;
    case 4:
      value->mutable_list_value();
      for (unsigned n = random() % 3; n > 0; --n) {
        FillValue(random, depth - 1, value->mutable_list_value()->add_values());
      }
      break;
    default:
      value->mutable_struct_value();
      for (unsigned n = random() % 3; n > 0; --n) {
        auto& fields = *value->mutable_struct_value()->mutable_fields();
        FillValue(random, depth - 1, &fields[Text(random)]);
      }
  }
}

void FillSecondsAndNanos(Random& random, int64_t seconds, Message* message) {
  const auto* descriptor = message->GetDescriptor();
  const int units[] = {0, 1000000, 1000, 1};
  const int unit = units[random() % 4];
  const int nanos =
      unit == 0 ? 0 : static_cast<int>(random() % (1000000000u / unsigned(unit))) * unit;
  FieldSink(message, *descriptor->FindFieldByNumber(1)).Put(seconds);
  FieldSink(message, *descriptor->FindFieldByNumber(2))
      .Put(seconds < 0 && descriptor->name() == "Duration" ? -nanos : nanos);
}

// False for an ordinary type.
bool FillWellKnown(Random& random, int depth, Message* message) {
  const auto wide = static_cast<int64_t>(uint64_t{random()} << 32 | random());
  switch (message->GetDescriptor()->well_known_type()) {
    case Descriptor::WELLKNOWNTYPE_TIMESTAMP:
      FillSecondsAndNanos(random, wide % 62135596800, message);
      return true;
    case Descriptor::WELLKNOWNTYPE_DURATION:
      FillSecondsAndNanos(random, wide % 315576000000, message);
      return true;
    case Descriptor::WELLKNOWNTYPE_FIELDMASK:
      for (unsigned n = random() % 3; n > 0; --n) {
        FieldSink(message, *message->GetDescriptor()->FindFieldByNumber(1))
            .Put(std::string(random() % 2 == 0 ? "user_name" : "a.b_c"));
      }
      return true;
    case Descriptor::WELLKNOWNTYPE_VALUE:
      FillValue(random, depth,
                google::protobuf::DynamicCastToGenerated<google::protobuf::Value>(message));
      return true;
    case Descriptor::WELLKNOWNTYPE_ANY:
      return true;
    default:
      return false;
  }
}

void FillOne(Random& random, int depth, const FieldDescriptor& field, Message* message) {
  FieldSink sink(message, field);
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return sink.Put(Integer<int32_t>(random));
    case FieldDescriptor::CPPTYPE_INT64:
      return sink.Put(Integer<int64_t>(random));
    case FieldDescriptor::CPPTYPE_UINT32:
      return sink.Put(Integer<uint32_t>(random));
    case FieldDescriptor::CPPTYPE_UINT64:
      return sink.Put(Integer<uint64_t>(random));
    case FieldDescriptor::CPPTYPE_FLOAT:
      return sink.Put(Floating<float, uint32_t>(random));
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return sink.Put(Floating<double, uint64_t>(random));
    case FieldDescriptor::CPPTYPE_BOOL:
      return sink.Put(random() % 2 == 0);
    case FieldDescriptor::CPPTYPE_ENUM: {
      const auto& type = *field.enum_type();
      return sink.PutEnum(
          type.value_count() == 1 ? type.value(0)->number()
          : random() % 5 == 0
              ? 1234
              : type.value(static_cast<int>(random() % static_cast<unsigned>(type.value_count())))
                    ->number());
    }
    case FieldDescriptor::CPPTYPE_STRING:
      return sink.Put(field.type() == FieldDescriptor::TYPE_BYTES ? Bytes(random) : Text(random));
    case FieldDescriptor::CPPTYPE_MESSAGE: {
      const auto& reflection = *message->GetReflection();
      Message* inner = field.is_repeated() ? reflection.AddMessage(message, &field)
                                           : reflection.MutableMessage(message, &field);
      return FillRandomly(&random, depth - 1, inner);
    }
  }
}

}  // namespace

void FillRandomly(Random* random, int depth, Message* message) {
  if (FillWellKnown(*random, depth, message)) return;
  const Descriptor& type = *message->GetDescriptor();
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    const bool is_entry = type.options().map_entry();
    if (!is_entry && ((*random)() % 3 != 0 || (field.message_type() != nullptr && depth <= 0))) {
      continue;
    }
    // A second value for the same key would win on one side only.
    unsigned count = field.is_map() ? 1 : field.is_repeated() ? (*random)() % 4 : 1;
    for (; count > 0; --count) FillOne(*random, depth, field, message);
  }
}

}  // namespace trellis::gateway::testing
