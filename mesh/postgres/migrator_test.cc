#include "mesh/postgres/migrator.h"

#include <gmock/gmock.h>

#include <future>

#include "mesh/postgres/testing/private_postgres.h"

namespace trellis::postgres {
namespace {

using absl::StatusCode;
using base::Deadline;
using base::milliseconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::PrivatePostgres;
using testing::Rows;

std::vector<Migration> ThreeSteps() {
  return {{1, "one", "CREATE TABLE one (id int);", "DROP TABLE one;"},
          {2, "two", "CREATE TABLE two (id int); INSERT INTO one VALUES (2)", "DROP TABLE two"},
          {10, "ten", "CREATE TABLE ten (id int)", "DROP TABLE ten"}};
}

class MigratorTest : public ::testing::Test {
 protected:
  MigratorTest() : url_(PrivatePostgres::Shared().CreateDatabase()) {}

  Migrator Make(std::vector<Migration> migrations = ThreeSteps()) const {
    return Migrator(url_, std::move(migrations));
  }
  static Deadline Soon() { return Deadline::After(milliseconds(20000)); }
  Rows Query(const std::string& sql) const { return PrivatePostgres::Query(url_, sql); }
  std::string Tables() const {
    return Query(
        "SELECT coalesce(string_agg(tablename, ' ' ORDER BY tablename), '') FROM pg_tables"
        " WHERE schemaname = 'public' AND tablename <> 'schema_migrations'")[0][0];
  }
  Rows Noted() const { return Query("SELECT version, dirty FROM schema_migrations"); }

  const std::string url_;
};

TEST_F(MigratorTest, GoesUpOnceAndForAll) {
  Migrator migrator = Make();
  std::vector<std::string> steps;
  migrator.set_on_step([&steps](const Migration& migration, bool up) {
    steps.push_back((up ? "+" : "-") + migration.name);
  });
  const auto before = migrator.Version(Soon());
  ASSERT_TRUE(before.ok()) << before.status();
  EXPECT_EQ(before->version, std::nullopt);
  ASSERT_TRUE(migrator.Up(Soon()).ok());
  EXPECT_EQ(Tables(), "one ten two");
  EXPECT_EQ(Noted(), (Rows{{"10", "f"}}));
  EXPECT_EQ(migrator.Version(Soon())->version, 10);
  ASSERT_TRUE(migrator.Up(Soon()).ok());
  EXPECT_THAT(steps, ElementsAre("+one", "+two", "+ten"));
}

TEST_F(MigratorTest, GoesDownByStepsAndNoFurtherThanThereIs) {
  Migrator migrator = Make();
  ASSERT_TRUE(migrator.Up(Soon()).ok());
  ASSERT_TRUE(migrator.Down(1, Soon()).ok());
  EXPECT_EQ(Tables(), "one two");
  EXPECT_EQ(Noted(), (Rows{{"2", "f"}}));
  EXPECT_EQ(migrator.Down(-1, Soon()).code(), StatusCode::kInvalidArgument);
  ASSERT_TRUE(migrator.Down(std::numeric_limits<int>::max(), Soon()).ok());
  EXPECT_EQ(Tables(), "");
  EXPECT_EQ(Noted(), Rows{});
  EXPECT_TRUE(migrator.Down(1, Soon()).ok());
}

TEST_F(MigratorTest, GoesTo) {
  Migrator migrator = Make();
  ASSERT_TRUE(migrator.Goto(2, Soon()).ok());
  EXPECT_EQ(Tables(), "one two");
  ASSERT_TRUE(migrator.Goto(1, Soon()).ok());
  EXPECT_EQ(Tables(), "one");
  EXPECT_EQ(Noted(), (Rows{{"1", "f"}}));
  EXPECT_EQ(migrator.Goto(3, Soon()).code(), StatusCode::kNotFound);
}

TEST_F(MigratorTest, ForcesWithoutDoing) {
  Migrator migrator = Make();
  ASSERT_TRUE(migrator.Force(2, Soon()).ok());
  EXPECT_EQ(Noted(), (Rows{{"2", "f"}}));
  EXPECT_EQ(Tables(), "");
  ASSERT_TRUE(migrator.Force(std::nullopt, Soon()).ok());
  EXPECT_EQ(Noted(), Rows{});
  EXPECT_TRUE(migrator.Up(Soon()).ok());
}

// The table as golang-migrate leaves it after a step that failed.
TEST_F(MigratorTest, RefusesADirtySchemaUntilForced) {
  Query(
      "CREATE TABLE schema_migrations (version bigint not null primary key,"
      " dirty boolean not null); INSERT INTO schema_migrations VALUES (1, true)");
  Migrator migrator = Make();
  EXPECT_TRUE(migrator.Version(Soon())->dirty);
  EXPECT_EQ(migrator.Up(Soon()).code(), StatusCode::kFailedPrecondition);
  EXPECT_EQ(migrator.Down(1, Soon()).code(), StatusCode::kFailedPrecondition);
  EXPECT_EQ(migrator.Goto(1, Soon()).code(), StatusCode::kFailedPrecondition);
  EXPECT_EQ(Tables(), "");
  ASSERT_TRUE(migrator.Force(std::nullopt, Soon()).ok());
  EXPECT_TRUE(migrator.Up(Soon()).ok());
}

TEST_F(MigratorTest, RefusesAVersionThatItDoesNotKnow) {
  Query(
      "CREATE TABLE schema_migrations (version bigint not null primary key,"
      " dirty boolean not null); INSERT INTO schema_migrations VALUES (11, false)");
  Migrator migrator = Make();
  const absl::Status status = migrator.Up(Soon());
  EXPECT_EQ(status.code(), StatusCode::kFailedPrecondition);
  EXPECT_THAT(base::MessageOf(status), HasSubstr("11"));
  EXPECT_EQ(migrator.Down(1, Soon()).code(), StatusCode::kFailedPrecondition);
  EXPECT_EQ(Noted(), (Rows{{"11", "f"}}));
}

TEST_F(MigratorTest, AStepThatFailsLeavesNothingAndIsNamed) {
  std::vector<Migration> migrations = ThreeSteps();
  migrations[1].up = "CREATE TABLE two (id int);\n-- \xc3\xa4\nINSERT INTO one\n  VALUES ('x')";
  Migrator migrator = Make(migrations);
  const absl::Status status = migrator.Up(Soon());
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument) << status;
  EXPECT_THAT(base::MessageOf(status), HasSubstr("2_two.up.sql: statement 2, line 4:"));
  EXPECT_EQ(Tables(), "one");
  EXPECT_EQ(Noted(), (Rows{{"1", "f"}}));
  // Repaired, it goes on from there.
  Migrator repaired = Make();
  EXPECT_TRUE(repaired.Up(Soon()).ok());
}

TEST_F(MigratorTest, AStepWithItsOwnCommitIsDirty) {
  for (const char* script :
       {"BEGIN; CREATE TABLE two (id int); COMMIT;", "CREATE TABLE two (id int); COMMIT; BEGIN"}) {
    std::vector<Migration> migrations = ThreeSteps();
    migrations[1].up = script;
    Migrator migrator = Make(migrations);
    const absl::Status status = migrator.Up(Soon());
    EXPECT_EQ(status.code(), StatusCode::kFailedPrecondition) << status;
    EXPECT_THAT(base::MessageOf(status), HasSubstr("2_two.up.sql"));
    EXPECT_EQ(Noted(), (Rows{{"2", "t"}}));
    ASSERT_TRUE(migrator.Force(2, Soon()).ok());
    ASSERT_TRUE(migrator.Goto(1, Soon()).ok());
  }
}

TEST_F(MigratorTest, AScriptThatSetsTheSearchPathHarmsNobody) {
  std::vector<Migration> migrations = ThreeSteps();
  migrations[0].up += "SELECT set_config('search_path', '', false);";
  Migrator migrator = Make(migrations);
  const absl::Status status = migrator.Up(Soon());
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(Noted(), (Rows{{"10", "f"}}));
}

TEST_F(MigratorTest, CopyFromNobodyIsRefused) {
  Migrator migrator = Make({{1, "copy", "CREATE TABLE c (id int); COPY c FROM STDIN", ""}});
  EXPECT_EQ(migrator.Up(Soon()).code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(Tables(), "");
}

TEST_F(MigratorTest, TwoAtOnceMakeEachStepOnce) {
  std::atomic<int> steps = 0;
  const auto run = [this, &steps] {
    Migrator migrator = Make();
    migrator.set_on_step([&steps](const Migration&, bool) { ++steps; });
    return migrator.Up(Soon());
  };
  std::vector<std::future<absl::Status>> all;
  for (int i = 0; i < 4; ++i) all.push_back(std::async(std::launch::async, run));
  for (auto& one : all) {
    const absl::Status status = one.get();
    EXPECT_TRUE(status.ok()) << status;
  }
  EXPECT_EQ(steps, 3);
}

TEST_F(MigratorTest, WaitsForTheLockNoLongerThanTheDeadline) {
  Migrator first = Make();
  absl::Status second;
  first.set_on_step([this, &second](const Migration& migration, bool) {
    if (migration.version != 1) return;
    Migrator other = Make();
    second = other.Up(Deadline::After(milliseconds(2000)));
  });
  EXPECT_TRUE(first.Up(Soon()).ok());
  EXPECT_EQ(second.code(), StatusCode::kDeadlineExceeded);
  EXPECT_THAT(base::MessageOf(second), HasSubstr("lock"));
}

// What a waiting migrator must not do is have a transaction open: this index would wait for it.
TEST_F(MigratorTest, WaitingHoldsBackNobody) {
  Query("CREATE TABLE busy (id int)");
  Migrator first = Make();
  std::future<absl::Status> second;
  first.set_on_step([this, &second](const Migration& migration, bool) {
    if (migration.version != 1) return;
    second = std::async(std::launch::async, [this] { return Make().Up(Soon()); });
    EXPECT_TRUE(base::testing::WaitUntil([this] {
      return Query(
                 "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'migrate'"
                 " AND query LIKE '%try_advisory%' AND datname = current_database()") !=
             Rows{{"0"}};
    }));
    PrivatePostgres::Query(url_ + "?options=-c%20statement_timeout%3D10000",
                           "CREATE INDEX CONCURRENTLY busy_id ON busy (id)");
  });
  EXPECT_TRUE(first.Up(Soon()).ok());
  EXPECT_TRUE(second.get().ok());
}

TEST_F(MigratorTest, EndsAStatementAtTheDeadline) {
  Migrator migrator = Make({{1, "slow", "CREATE TABLE slow (); SELECT pg_sleep(20)", ""}});
  const absl::Status status = migrator.Up(Deadline::After(milliseconds(3000)));
  EXPECT_EQ(status.code(), StatusCode::kDeadlineExceeded) << status;
  EXPECT_THAT(base::MessageOf(status), HasSubstr("1_slow.up.sql: statement 2"));
  EXPECT_EQ(Tables(), "");
}

TEST_F(MigratorTest, NobodyThere) {
  Migrator migrator("postgresql://127.0.0.1:" + std::to_string(base::testing::FreePort()) + "/x",
                    ThreeSteps());
  EXPECT_EQ(migrator.Up(Soon()).code(), StatusCode::kUnavailable);
  EXPECT_EQ(migrator.Version(Soon()).status().code(), StatusCode::kUnavailable);
}

TEST(ParseMigrationsTest, PutsThemInOrder) {
  const auto parsed = ParseMigrations({{"000010_ten.up.sql", "up10"},
                                       {"000010_ten.down.sql", "down10"},
                                       {"000002_two_things.down.sql", "down2"},
                                       {"000002_two_things.up.sql", "up2"}});
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  ASSERT_EQ(parsed->size(), 2U);
  EXPECT_EQ((*parsed)[0].version, 2);
  EXPECT_EQ((*parsed)[0].name, "two_things");
  EXPECT_EQ((*parsed)[0].up, "up2");
  EXPECT_EQ((*parsed)[0].down, "down2");
  EXPECT_EQ((*parsed)[1].version, 10);
}

TEST(ParseMigrationsTest, NamesTheFileAtFault) {
  const struct {
    std::vector<SqlFile> files;
    const char* names;
  } cases[] = {
      {{{"one.up.sql", ""}}, "one.up.sql"},
      {{{"1_.up.sql", ""}}, "1_.up.sql"},
      {{{"1_one.sql", ""}}, "1_one.sql"},
      {{{"-1_one.up.sql", ""}}, "-1_one.up.sql"},
      {{{"99999999999999999999_one.up.sql", ""}}, "99999999999999999999_one.up.sql"},
      {{{"1_one.up.sql", ""}}, "1_one.up.sql: has no .down.sql"},
      {{{"1_one.down.sql", ""}}, "1_one.down.sql: has no .up.sql"},
      {{{"1_one.up.sql", ""}, {"01_one.up.sql", ""}}, "01_one.up.sql: version 1 is there twice"},
      {{{"1_one.up.sql", ""}, {"1_other.down.sql", ""}}, "1_other.down.sql: version 1"},
  };
  for (const auto& test : cases) {
    const auto parsed = ParseMigrations(test.files);
    EXPECT_EQ(parsed.status().code(), StatusCode::kInvalidArgument) << test.names;
    EXPECT_THAT(base::MessageOf(parsed.status()), HasSubstr(test.names));
  }
}

}  // namespace
}  // namespace trellis::postgres
