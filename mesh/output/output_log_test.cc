#include "mesh/output/output_log.h"

#include <gmock/gmock.h>
#include <sys/resource.h>

#include <boost/asio/io_context.hpp>
#include <csignal>
#include <fstream>

#include "mesh/base/testing/run.h"
#include "mesh/base/testing/subprocess.h"

namespace trellis::output {
namespace {

using base::testing::ReadFile;
using base::testing::RunCoroutine;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr int64_t kNow = 1'790'000'000'123;  // 2026-09-21T14:13:20.123Z

class OutputLogTest : public ::testing::Test {
 protected:
  std::unique_ptr<OutputLog> Open() {
    auto log = std::make_unique<OutputLog>(path_, [this](const std::string& why) { fatal_ = why; });
    EXPECT_TRUE(log->Open().ok());
    return log;
  }
  absl::Status Commit(OutputLog& log, const OutputLog::TicketPtr& ticket,
                      const std::string& message, bool redelivered = false) {
    OutputLog::Line line{base::FromUnixMillis(kNow), message, std::nullopt};
    if (redelivered) line.look_back_to = base::FromUnixMillis(kNow - 60'000);
    return RunCoroutine(context_, log.Commit(*ticket, line));
  }
  absl::Status Write(OutputLog& log, const std::string& id, const std::string& message,
                     bool redelivered = false) {
    return Commit(log, log.Begin(id), message, redelivered);
  }
  // As another process would, without our locks in the way.
  void AppendByHand(const std::string& text) {
    std::ofstream(path_, std::ios::app | std::ios::binary) << text;
  }
  std::vector<std::string> Ids() {
    std::vector<std::string> ids;
    std::ifstream file(path_);
    for (std::string line; std::getline(file, line);) {
      const size_t tab = line.find('\t');
      ids.push_back(line.substr(tab + 1, line.find('\t', tab + 1) - tab - 1));
    }
    return ids;
  }
  static std::string Line(const std::string& id, int64_t millis = kNow) {
    std::string line;
    LogFile::AppendTime(base::FromUnixMillis(millis), &line);
    return line + "\t" + id + "\tby another\n";
  }

  base::testing::TempDir directory_;
  std::string path_ = directory_.File("out.log");
  boost::asio::io_context context_{1};
  std::string fatal_;
};

TEST_F(OutputLogTest, LineIsTimeIdAndEscapedMessage) {
  const auto log = Open();
  EXPECT_TRUE(Write(*log, "id-1", "a\tb\nc\\d").ok());
  EXPECT_EQ(ReadFile(path_), "2026-09-21T14:13:20.123Z\tid-1\ta\\tb\\nc\\\\d\n");
}

TEST_F(OutputLogTest, FirstDeliveryIsWrittenWithoutLookingBack) {
  AppendByHand(Line("a"));
  const auto log = Open();
  EXPECT_TRUE(Write(*log, "b", "m").ok());
  EXPECT_THAT(Ids(), ElementsAre("a", "b"));
}

TEST_F(OutputLogTest, RedeliveredJobIsFoundInOlderLines) {
  AppendByHand(Line("done"));
  for (int i = 0; i < 1000; ++i) AppendByHand(Line("other" + std::to_string(i)));
  const auto log = Open();
  EXPECT_TRUE(Write(*log, "done", "m", true).ok());
  EXPECT_TRUE(Write(*log, "not done", "m", true).ok());
  const auto ids = Ids();
  EXPECT_EQ(ids.size(), 1002u);
  EXPECT_EQ(ids.back(), "not done");
}

TEST_F(OutputLogTest, LookingBackCrossesLongLinesAndChunks) {
  AppendByHand(Line("first"));
  const std::string line = Line("long");
  AppendByHand(line.substr(0, line.size() - 1) + std::string(3 << 20, 'x') + "\n");
  const auto log = Open();
  EXPECT_TRUE(Write(*log, "first", "m", true).ok());
  EXPECT_TRUE(Write(*log, "long", "m", true).ok());
  EXPECT_THAT(Ids(), ElementsAre("first", "long"));
}

TEST_F(OutputLogTest, LookingBackEndsAtTheTimeOfTheEnqueue) {
  // Older than the job can be: an id there is another's, so it does not count.
  AppendByHand(Line("id", kNow - 600'000));
  AppendByHand(Line("other", kNow - 300'000));
  const auto log = Open();
  EXPECT_TRUE(Write(*log, "id", "m", true).ok());
  EXPECT_THAT(Ids(), ElementsAre("id", "other", "id"));
}

TEST_F(OutputLogTest, LineThatAnotherWroteSinceTheClaimIsNotWrittenAgain) {
  const auto log = Open();
  const auto ticket = log->Begin("job");
  // Our worker stands still; its job is given to another one, which writes.
  AppendByHand(Line("job"));
  EXPECT_TRUE(Commit(*log, ticket, "m").ok());
  EXPECT_THAT(Ids(), ElementsAre("job"));
}

TEST_F(OutputLogTest, LineSeenInAnEarlierCommitCountsToo) {
  const auto log = Open();
  const auto slow = log->Begin("slow");
  AppendByHand(Line("slow"));
  EXPECT_TRUE(Write(*log, "quick", "m").ok());  // reads past the other's line
  EXPECT_TRUE(Commit(*log, slow, "m").ok());
  EXPECT_THAT(Ids(), ElementsAre("slow", "quick"));
}

TEST_F(OutputLogTest, SameJobTwiceInOneProcessIsOneLine) {
  const auto log = Open();
  const auto first = log->Begin("job");
  const auto second = log->Begin("job");
  EXPECT_TRUE(Commit(*log, first, "m").ok());
  EXPECT_TRUE(Commit(*log, second, "m").ok());
  EXPECT_THAT(Ids(), ElementsAre("job"));
}

TEST_F(OutputLogTest, HalfLineOfACrashIsCutOff) {
  AppendByHand(Line("whole") + "2026-09-21T14:13:20.123Z\thalf\tthis worker di");
  const auto log = Open();
  EXPECT_TRUE(Write(*log, "next", "m").ok());
  EXPECT_TRUE(Write(*log, "half", "m", true).ok()) << "its line was not whole, so it is not done";
  EXPECT_THAT(Ids(), ElementsAre("whole", "next", "half"));
  EXPECT_TRUE(ReadFile(path_).ends_with("\n"));
}

TEST_F(OutputLogTest, RotatedFileIsFollowed) {
  const auto log = Open();
  EXPECT_TRUE(Write(*log, "a", "m").ok());
  ASSERT_EQ(rename(path_.c_str(), directory_.File("old.log").c_str()), 0);
  EXPECT_TRUE(Write(*log, "b", "m").ok());
  EXPECT_THAT(Ids(), ElementsAre("b"));
}

TEST_F(OutputLogTest, FullDiskFailsTheBatchAndLeavesNoHalfLine) {
  const auto log = Open();
  EXPECT_TRUE(Write(*log, "a", "m").ok());
  const std::string before = ReadFile(path_);
  // A file size limit makes write() stop in the middle, as a full disk does.
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit old_limit{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &old_limit), 0);
  const rlimit limit{before.size() + 100, old_limit.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &limit), 0);
  const auto ticket = log->Begin("b");
  const absl::Status status = Commit(*log, ticket, std::string(500, 'x'));
  setrlimit(RLIMIT_FSIZE, &old_limit);
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(ReadFile(path_), before);
  EXPECT_TRUE(Commit(*log, ticket, "now there is room").ok());
  EXPECT_THAT(Ids(), ElementsAre("a", "b"));
  EXPECT_THAT(fatal_, IsEmpty());
}

TEST_F(OutputLogTest, UnwritablePathIsNamed) {
  OutputLog log("/nonexistent/out.log", [](const std::string&) {});
  const absl::Status status = log.Open();
  EXPECT_NE(base::MessageOf(status).find("/nonexistent/out.log"), std::string::npos);
}

TEST_F(OutputLogTest, StoppedHolderOfTheLockIsKilled) {
  // Another process takes the lock and is stopped with it.
  base::testing::Subprocess holder({{"python3", "-c",
                                     "import fcntl, sys, signal, os\n"
                                     "f = open(sys.argv[1], 'a')\n"
                                     "fcntl.lockf(f, fcntl.LOCK_EX)\n"
                                     "print('locked', flush=True)\n"
                                     "signal.pause()\n",
                                     path_},
                                    {},
                                    directory_.File("holder.out")});
  holder.Start();
  ASSERT_TRUE(base::testing::WaitUntil([&] { return holder.Output() == "locked\n"; }));
  holder.Signal(SIGSTOP);
  const auto log = Open();
  EXPECT_TRUE(Write(*log, "a", "m").ok());
  int code = 0;
  ASSERT_TRUE(holder.Wait(base::milliseconds(5000), &code));
  EXPECT_EQ(code, -SIGKILL);
}

}  // namespace
}  // namespace trellis::output
