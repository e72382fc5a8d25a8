#include "gateway/upstream/http2/grpc_wire.h"

#include <gmock/gmock.h>

#include "google/protobuf/wrappers.pb.h"

namespace trellis::gateway::http2 {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;
using namespace std::string_literals;

constexpr size_t kLimit = 4 * 1024 * 1024;

std::string Encode(const std::string& value) {
  google::protobuf::BytesValue message;
  message.set_value(value);
  return EncodeMessage(message);
}

std::string Decode(std::string_view message) {
  google::protobuf::BytesValue decoded;
  EXPECT_TRUE(decoded.ParseFromArray(message.data(), static_cast<int>(message.size())));
  return decoded.value();
}

// Feeds `pieces` one after the other; the values of the messages that come out.
std::vector<std::string> Read(MessageReader& reader, const std::vector<std::string>& pieces) {
  std::vector<std::string> values;
  for (const std::string& piece : pieces) {
    reader.Feed(piece);
    auto next = reader.Next();
    while (next.ok() && next->has_value()) {
      values.push_back(Decode(**next));
      next = reader.Next();
    }
    EXPECT_TRUE(next.ok()) << next.status();
  }
  return values;
}

TEST(EncodeMessageTest, PutsALengthInFrontOfTheMessage) {
  EXPECT_EQ(Encode("abc"), "\0\0\0\0\5\n\3abc"s);
}

TEST(EncodeMessageTest, EmptyMessageIsOnlyItsPrefix) { EXPECT_EQ(Encode(""), "\0\0\0\0\0"s); }

TEST(EncodeMessageTest, LengthTakesAllOfItsBytes) {
  const std::string encoded = Encode(std::string(0x012345, 'x'));
  EXPECT_EQ(encoded.substr(0, 5), "\0\0\1\x23\x49"s) << "the length and four bytes of protobuf";
  EXPECT_THAT(encoded, SizeIs(5 + 0x012349));
}

TEST(MessageReaderTest, MessagesMayBeSplitAnywhere) {
  const std::string bytes = Encode("first") + Encode("") + Encode("third");
  for (size_t one = 0; one <= bytes.size(); ++one) {
    for (size_t two = one; two <= bytes.size(); ++two) {
      MessageReader reader(kLimit);
      EXPECT_THAT(
          Read(reader, {bytes.substr(0, one), bytes.substr(one, two - one), bytes.substr(two)}),
          ElementsAre("first", "", "third"))
          << "split at " << one << " and " << two;
    }
  }
}

TEST(MessageReaderTest, MessagesMayComeByteByByte) {
  const std::string bytes = Encode("first") + Encode("") + Encode("third");
  std::vector<std::string> pieces;
  for (const char byte : bytes) pieces.emplace_back(1, byte);
  MessageReader reader(kLimit);
  EXPECT_THAT(Read(reader, pieces), ElementsAre("first", "", "third"));
}

TEST(MessageReaderTest, OnePieceMayHaveManyMessages) {
  std::string bytes;
  for (int i = 0; i < 1000; ++i) bytes += Encode(std::to_string(i));
  MessageReader reader(kLimit);
  const std::vector<std::string> values = Read(reader, {bytes});
  ASSERT_THAT(values, SizeIs(1000));
  EXPECT_EQ(values.back(), "999");
}

TEST(MessageReaderTest, LargeMessageIsPutTogetherFromFrames) {
  std::string value;
  for (int i = 0; value.size() < 3'000'000; ++i) value += std::to_string(i);
  const std::string bytes = Encode(value) + Encode("next");
  std::vector<std::string> pieces;
  for (size_t at = 0; at < bytes.size(); at += 16 * 1024) {
    pieces.push_back(bytes.substr(at, 16 * 1024));
  }
  MessageReader reader(kLimit);
  const std::vector<std::string> values = Read(reader, pieces);
  ASSERT_THAT(values, SizeIs(2));
  EXPECT_TRUE(values[0] == value) << "not what was sent";
  EXPECT_EQ(values[1], "next");
}

TEST(MessageReaderTest, CompressedMessageIsRefused) {
  MessageReader reader(kLimit);
  const std::string data = "\1\0\0\0\0"s;
  reader.Feed(data);
  EXPECT_EQ(reader.Next().status().code(), absl::StatusCode::kInternal);
}

TEST(MessageReaderTest, LongestMessageIsRead) {
  MessageReader reader(10);
  const std::string data = "\0\0\0\0\x0a"s + "0123456789";
  reader.Feed(data);
  const auto next = reader.Next();
  ASSERT_TRUE(next.ok()) << next.status();
  EXPECT_EQ(next->value_or(""), "0123456789");
}

TEST(MessageReaderTest, TooLongMessageIsRefusedByItsPrefix) {
  MessageReader reader(10);
  const std::string data = "\0\0\0\0\x0b"s;
  reader.Feed(data);
  EXPECT_EQ(reader.Next().status().code(), absl::StatusCode::kResourceExhausted);
}

TEST(EncodeTimeoutTest, IsInMillisecondsWhileEightDigitsDo) {
  EXPECT_EQ(EncodeTimeout(base::milliseconds(1)), "1m");
  EXPECT_EQ(EncodeTimeout(base::milliseconds(99'999'999)), "99999999m");
}

TEST(EncodeTimeoutTest, IsInSecondsRoundedUpBeyond) {
  EXPECT_EQ(EncodeTimeout(base::milliseconds(100'000'000)), "100000S");
  EXPECT_EQ(EncodeTimeout(base::milliseconds(100'000'001)), "100001S");
}

TEST(EncodeTimeoutTest, HasAtMostEightDigits) {
  EXPECT_EQ(EncodeTimeout(base::milliseconds(99'999'999'001)), "99999999S");
  EXPECT_EQ(EncodeTimeout(base::milliseconds::max()), "99999999S");
}

// Zero is no valid timeout everywhere, and a call that is late is the caller's to end.
TEST(EncodeTimeoutTest, IsNeverLessThanOne) {
  EXPECT_EQ(EncodeTimeout(base::milliseconds(0)), "1m");
  EXPECT_EQ(EncodeTimeout(base::milliseconds(-5)), "1m");
  EXPECT_EQ(EncodeTimeout(base::milliseconds::min()), "1m");
}

TEST(DecodePercentTest, ReplacesEscapes) {
  EXPECT_EQ(DecodePercent("a%20b%0Ac%25"), "a b\nc%");
  EXPECT_EQ(DecodePercent("%e4%BA%8c"), "\xe4\xba\x8c");
  EXPECT_EQ(DecodePercent(""), "");
}

TEST(DecodePercentTest, DecodesOnce) { EXPECT_EQ(DecodePercent("%2541"), "%41"); }

TEST(DecodePercentTest, KeepsWhatIsNoEscape) {
  for (const std::string text : {"%", "%%", "%4", "50%", "%zz", "%4z", "%z4", "100% sure", "%-1"}) {
    EXPECT_EQ(DecodePercent(text), text);
  }
}

TEST(DecodePercentTest, EscapeAfterAMalformedOneIsDecoded) {
  EXPECT_EQ(DecodePercent("%%41"), "%A");
  EXPECT_EQ(DecodePercent("%4%41"), "%4A");
}

}  // namespace
}  // namespace trellis::gateway::http2
