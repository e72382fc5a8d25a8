// ./trellis migrate, as a person uses it.
#include <gmock/gmock.h>

#include <fstream>
#include <map>

#include "mesh/postgres/testing/private_postgres.h"

namespace trellis::testing {
namespace {

using ::testing::HasSubstr;

class MigrateTest : public ::testing::Test {
 protected:
  // The exit code; `output_` is what it printed.
  int Migrate(std::vector<std::string> words) { return Migrate(words, {{"DB_URL", url_}}); }
  int Migrate(std::vector<std::string> words, std::map<std::string, std::string> environment) {
    const base::testing::TempDir directory;
    words.insert(words.begin(), TRELLIS_MIGRATE);
    base::testing::Subprocess process({words, std::move(environment), directory.File("out")});
    process.Start();
    int code = -1;
    EXPECT_TRUE(process.Wait(base::milliseconds(30'000), &code));
    output_ = process.Output();
    return code;
  }
  std::string Version() {
    EXPECT_EQ(Migrate({"version"}), 0) << output_;
    return output_;
  }

  const std::string url_ = postgres::testing::PrivatePostgres::Shared().CreateDatabase();
  std::string output_;
};

TEST_F(MigrateTest, UrlMayComeFromAFile) {
  const base::testing::TempDir directory;
  const std::string path = directory.File("db-url");
  std::ofstream(path) << url_ << "\n";
  EXPECT_EQ(Migrate({"version"}, {{"DB_URL_FILE", path}}), 0) << output_;
  EXPECT_EQ(Migrate({"version"}, {{"DB_URL_FILE", path + ".none"}}), 2);
  EXPECT_THAT(output_, HasSubstr("DB_URL_FILE: cannot read"));
  EXPECT_EQ(Migrate({"version"}, {}), 2);
  EXPECT_THAT(output_, HasSubstr("DB_URL or --db-url"));
}

TEST_F(MigrateTest, GoesUpAndDownAndSaysWhereItIs) {
  EXPECT_EQ(Version(), "none\n");
  EXPECT_EQ(Migrate({"up"}), 0);
  EXPECT_THAT(output_, HasSubstr("up 1 orders"));
  EXPECT_THAT(output_, HasSubstr("up 2 repair"));
  EXPECT_EQ(Version(), "2\n");
  EXPECT_EQ(Migrate({"down", "1"}), 0);
  EXPECT_EQ(Version(), "1\n");
  EXPECT_EQ(Migrate({"down", "1"}), 0);
  EXPECT_EQ(Version(), "none\n");
  EXPECT_EQ(Migrate({"goto", "1"}), 0);
  EXPECT_EQ(Version(), "1\n");
  EXPECT_EQ(Migrate({"force", "none"}), 0);
  EXPECT_EQ(Version(), "none\n");
}

TEST_F(MigrateTest, ServicesOfOneDatabaseHaveVersionsOfTheirOwn) {
  EXPECT_EQ(Migrate({"up"}), 0);
  EXPECT_EQ(Migrate({"up", "--service", "post"}), 0);
  EXPECT_THAT(output_, HasSubstr("up 1 posts"));
  EXPECT_EQ(Migrate({"goto", "1", "--service", "post"}), 0);
  EXPECT_EQ(Migrate({"version", "--service", "post"}), 0);
  EXPECT_EQ(output_, "1\n");
  EXPECT_EQ(Version(), "2\n");
  EXPECT_EQ(Migrate({"down", "9", "--service", "post"}), 0);
  EXPECT_EQ(Version(), "2\n");
}

TEST_F(MigrateTest, FailingStepIsNamedAndLeavesNothing) {
  (void)postgres::testing::PrivatePostgres::Query(url_, "CREATE TABLE ledger (x integer)");
  EXPECT_EQ(Migrate({"up"}), 1);
  EXPECT_THAT(output_, HasSubstr("ledger"));
  EXPECT_EQ(Version(), "none\n");
}

TEST_F(MigrateTest, WrongUsageIsNamed) {
  EXPECT_EQ(Migrate({"sideways"}), 2);
  EXPECT_EQ(Migrate({"down", "x"}), 2);
  EXPECT_THAT(output_, HasSubstr("'x' is not a number"));
  EXPECT_EQ(Migrate({"up", "--service", "nobody"}), 2);
  EXPECT_THAT(output_, HasSubstr("nobody"));
  EXPECT_EQ(Migrate({"up", "--colour"}), 2);
  EXPECT_THAT(output_, HasSubstr("--colour"));
}

}  // namespace
}  // namespace trellis::testing
