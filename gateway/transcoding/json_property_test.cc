#include <iostream>
#include <memory>
#include <random>
#include <regex>
#include <string>
#include <vector>

#include "gateway/testing/kinds.pb.h"
#include "gateway/testing/random_message.h"
#include "gateway/transcoding/json_reader.h"
#include "gateway/transcoding/json_writer.h"
#include "google/protobuf/dynamic_message.h"
#include "google/protobuf/util/json_util.h"
#include "google/protobuf/util/message_differencer.h"
#include "gtest/gtest.h"
#include "mesh/base/testing/fuzz.h"

// Properties over many random messages and texts, with protobuf's own JSON code as the oracle where
// the two agree on what is right.
namespace trellis::gateway {
namespace {

using google::protobuf::util::MessageDifferencer;
using testing::Kinds;

constexpr unsigned kSeed = 20240607;

std::string Write(const google::protobuf::Message& message) {
  std::string json;
  AppendJson(message, &json);
  return json;
}

// Empty when they are equal.
std::string Difference(const Kinds& a, const Kinds& b) {
  std::string report;
  google::protobuf::util::DefaultFieldComparator comparator;
  comparator.set_treat_nan_as_equal(true);
  MessageDifferencer differ;
  differ.set_field_comparator(&comparator);
  differ.ReportDifferencesToString(&report);
  return differ.Compare(a, b) ? "" : report;
}

TEST(JsonProperty, WhatIsWrittenIsReadAsTheSame) {
  std::mt19937 random(kSeed);
  for (int i = 0; i < 2000; ++i) {
    Kinds message;
    testing::FillRandomly(&random, 3, &message);
    const std::string json = Write(message);
    Kinds back;
    const auto status = ReadJson(json, &back);
    ASSERT_TRUE(status.ok()) << status << "\n" << json;
    ASSERT_EQ(Difference(message, back), "") << json;
  }
}

TEST(JsonProperty, ProtobufReadsWhatIsWritten) {
  std::mt19937 random(kSeed);
  for (int i = 0; i < 2000; ++i) {
    Kinds message;
    testing::FillRandomly(&random, 3, &message);
    const std::string json = Write(message);
    Kinds back;
    const auto status = google::protobuf::util::JsonStringToMessage(json, &back);
    ASSERT_TRUE(status.ok()) << status << "\n" << json;
    ASSERT_EQ(Difference(message, back), "") << json;
  }
}

TEST(JsonProperty, ReadsWhatProtobufWrites) {
  std::mt19937 random(kSeed);
  for (int i = 0; i < 2000; ++i) {
    Kinds message;
    testing::FillRandomly(&random, 3, &message);
    std::string json;
    google::protobuf::util::JsonPrintOptions options;
    options.preserve_proto_field_names = i % 2 == 0;
    options.always_print_primitive_fields = i % 3 == 0;
    options.add_whitespace = i % 5 == 0;
    options.always_print_enums_as_ints = i % 7 == 0;
    ASSERT_TRUE(google::protobuf::util::MessageToJsonString(message, &json, options).ok());
    Kinds back;
    const auto status = ReadJson(json, &back);
    ASSERT_TRUE(status.ok()) << status << "\n" << json;
    ASSERT_EQ(Difference(message, back), "") << json;
  }
}

TEST(JsonProperty, MessagesOfOtherFactoriesAreReadAndWrittenToo) {
  std::mt19937 random(kSeed);
  google::protobuf::DynamicMessageFactory factory;
  const auto* prototype = factory.GetPrototype(Kinds::descriptor());
  for (int i = 0; i < 200; ++i) {
    Kinds message;
    testing::FillRandomly(&random, 2, &message);
    const std::unique_ptr<google::protobuf::Message> dynamic(prototype->New());
    const auto status = ReadJson(Write(message), dynamic.get());
    ASSERT_TRUE(status.ok()) << status;
    Kinds back;
    ASSERT_TRUE(ReadJson(Write(*dynamic), &back).ok());
    ASSERT_EQ(Difference(message, back), "");
  }
}

std::string Mutate(std::mt19937& random, std::string json, const std::string& other) {
  static const std::string* const tokens =
      new std::string[]{"{",    "}",         "[",
                        "]",    ",",         ":",
                        "\"",   "null",      "true",
                        "-",    "1e5",       "0",
                        "1.5",  "\\u",       "\\",
                        "\xff", "\xc3",      " ",
                        "\n",   "\"NaN\"",   "\\ud83d",
                        "1e99", "\"1\"",     "\"\"",
                        "\x01", "\"@type\"", "999999999999999999999",
                        "{}",   "[]"};
  constexpr unsigned kTokens = 29;
  for (unsigned edits = random() % 4 == 0 ? 3 : 1; edits > 0; --edits) {
    const size_t at = random() % (json.size() + 1);
    switch (random() % 8) {
      case 0:
        json.erase(at, 1 + random() % 4);
        break;
      case 1:
        json.insert(at, tokens[random() % kTokens]);
        break;
      case 2:
        if (at < json.size()) json[at] = static_cast<char>(random());
        break;
      case 3: {
        // One digit for another, which keeps most texts valid.
        const size_t digit = json.find_first_of("0123456789", at);
        if (digit != std::string::npos) json[digit] = static_cast<char>('0' + random() % 10);
        break;
      }
      case 4: {
        const size_t letter = json.find_first_of("abcdexyz", at);
        if (letter != std::string::npos) json[letter] = static_cast<char>('a' + random() % 26);
        break;
      }
      case 5:
        json.insert(at, json.substr(random() % (json.size() + 1), random() % 40));
        break;
      default: {
        const size_t from = random() % (other.size() + 1);
        json.replace(at, random() % 20, other.substr(from, random() % 20));
      }
    }
  }
  return json;
}

// Where protobuf 3.21 refuses, or reads otherwise, what the mapping allows.
bool IsPeersOwn(const std::string& error) {
  // It knows Any types of one host only.
  if (error.find("Invalid type URL") != std::string::npos) return true;
  // Quoted integers with an exponent or a needless sign.
  static const std::regex* const quoted_integer =
      new std::regex(R"x(invalid value "-?(\d+[eE][+-]?\d+|0)" for type TYPE_[A-Z]*(INT|FIXED))x");
  return std::regex_search(error, *quoted_integer);
}
bool IsPeersOwn(const std::string& difference, const std::string& json) {
  // It reads -0 as an integer, and "aBC" in a field mask as a_bc.
  static const std::regex* const capitals =
      new std::regex(R"x("(fieldMask|value)":"[^"]*[A-Z][A-Z])x");
  return difference.find(": -0") != std::string::npos ||
         (difference.find("paths[") != std::string::npos && std::regex_search(json, *capitals));
}

TEST(JsonProperty, SurvivesMutatedTexts) {
  std::mt19937 random(kSeed);
  std::vector<std::string> corpus = {
      R"({"any":{"@type":"type.googleapis.com/trellis.gateway.testing.Kinds","nested":{"int32List":[1,2]}}})",
      R"({"any":{"value":"1.5s","@type":"type.googleapis.com/google.protobuf.Duration"}})",
      R"({"any":{"@type":"type.googleapis.com/google.protobuf.Any","value":{"@type":"type.googleapis.com/google.protobuf.Empty"}}})",
      R"({"int32Value":1,"int64Value":"2","nested":{"stringValue":"\u00e9\ud83d\ude00"}})",
      R"({"timestamp":"2024-02-29T12:34:56.789Z","duration":"-1.5s","fieldMask":"a,bC.d"})",
      R"({"structValue":{"a":[1,null,true,{"b":"c"}]},"boolMap":{"true":1,"false":"2"}})",
  };
  for (int i = 0; i < 30; ++i) {
    Kinds message;
    testing::FillRandomly(&random, 1, &message);
    std::string json;
    ASSERT_TRUE(google::protobuf::util::MessageToJsonString(message, &json).ok());
    corpus.push_back(json);
  }
  const base::Deadline end = base::testing::FuzzEnd();
  int accepted = 0;
  int read = 0;
  for (; read < 5000 || !end.Expired(); ++read) {
    const std::string json =
        Mutate(random, corpus[random() % corpus.size()], corpus[random() % corpus.size()]);
    Kinds message;
    const auto status = ReadJson(json, &message);
    if (!status.ok()) {
      ASSERT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
      continue;
    }
    ++accepted;
    Kinds back;
    const std::string written = Write(message);
    const auto again = ReadJson(written, &back);
    ASSERT_TRUE(again.ok()) << again << "\n" << json << "\n" << written;
    ASSERT_EQ(Difference(message, back), "") << json;
    // Ours is the stricter reader: what it takes, protobuf takes for the same.
    Kinds peer;
    const auto theirs = google::protobuf::util::JsonStringToMessage(json, &peer);
    if (!theirs.ok() && IsPeersOwn(std::string(theirs.message()))) continue;
    EXPECT_TRUE(theirs.ok()) << theirs << "\n" << json;
    if (!theirs.ok()) continue;
    const std::string difference = Difference(message, peer);
    if (IsPeersOwn(difference, json)) continue;
    EXPECT_EQ(difference, "") << json;
  }
  std::cout << read << " texts, " << accepted << " accepted\n";
  EXPECT_GT(accepted, read / 100);
}

}  // namespace
}  // namespace trellis::gateway
