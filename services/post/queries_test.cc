#include "services/post/queries.h"

#include <pqxx/pqxx>

#include "mesh/postgres/testing/check_queries.h"
#include "services/post/testing/post_store_fixture.h"

namespace trellis::post {
namespace {

using postgres::QueryInfo;
using postgres::testing::CheckQueries;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

QueryInfo Find(const std::string& name) {
  for (const QueryInfo& query : queries::All()) {
    if (query.name == name) return query;
  }
  ADD_FAILURE() << "no query " << name;
  return {};
}

class AnnotationsTest : public testing::PostStoreFixture {
 protected:
  std::vector<std::string> Check(const QueryInfo& query) { return CheckQueries(url_, {query}); }
};

TEST_F(AnnotationsTest, AgreeWithTheMigratedSchema) {
  EXPECT_THAT(CheckQueries(url_, queries::All()), IsEmpty());
}

TEST_F(AnnotationsTest, OtherTypeOfAParameterIsFound) {
  QueryInfo query = Find("GetUser");
  query.parameters[0].type = "integer";
  EXPECT_THAT(Check(query),
              ElementsAre("services/post/queries/users.sql:" + std::to_string(query.line) +
                          ": GetUser: parameter id is bigint, annotated is integer"));
}

TEST_F(AnnotationsTest, OtherTypeOfAColumnIsFound) {
  QueryInfo query = Find("GetUser");
  query.columns[0].type = "bigint";
  EXPECT_THAT(Check(query),
              ElementsAre(EndsWith("GetUser: column username is text, annotated is bigint")));
}

TEST_F(AnnotationsTest, MissingColumnIsFound) {
  QueryInfo query = Find("GetUser");
  query.columns.pop_back();
  EXPECT_THAT(Check(query), ElementsAre(EndsWith("GetUser: has 4 columns, annotated are 3")));
}

TEST_F(AnnotationsTest, NullThatIsNotSaidIsFound) {
  QueryInfo query = Find("TakeInvalidations");
  query.columns[2].nullable = false;
  EXPECT_THAT(Check(query), ElementsAre(EndsWith("column post_id may be null and is not annotated "
                                                 "so")));
}

TEST_F(AnnotationsTest, NullThatNeverIsIsFound) {
  QueryInfo query = Find("GetUser");
  query.columns[0].nullable = true;
  EXPECT_THAT(Check(query),
              ElementsAre(EndsWith("column username is annotated null and never is")));
}

TEST_F(AnnotationsTest, StatementThatTheSchemaDoesNotFitIsFound) {
  Query("ALTER TABLE users RENAME COLUMN email TO mail");
  EXPECT_THAT(Check(Find("GetUser")), ElementsAre(HasSubstr("column \"email\" does not exist")));
}

// How the statements find their rows, on a table in which one user has most posts, and on the empty
// one: a connection keeps a generic plan that it has made early (a custom one is made for each
// run).
class PlansTest : public testing::PostStoreFixture {
 protected:
  void Fill() {
    Query(
        "INSERT INTO users (username, email) SELECT 'u' || i, 'u' || i FROM "
        "generate_series(1, 20) i;"
        "INSERT INTO posts (user_id, content, generation) "
        "SELECT CASE WHEN i % 10 < 8 THEN 1 ELSE 2 + i / 10 % 19 END, 'post ' || i, i "
        "FROM generate_series(1, 60000) i; ANALYZE");
  }
  // `values`: the arguments; `mode`: force_generic_plan or force_custom_plan.
  std::string Plan(const std::string& query, const std::string& values, const std::string& mode,
                   const std::string& options = "COSTS off") {
    const auto rows =
        Query("SET enable_seqscan = off; SET jit = off; SET plan_cache_mode = " + mode +
              "; PREPARE asked AS " + Find(query).sql + "; EXPLAIN (" + options +
              ") EXECUTE asked (" + values + ")");
    std::string text;
    for (const auto& row : rows) text += row[0] + "\n";
    return text;
  }
  void ExpectPagesByIndex(const std::vector<std::string>& modes) {
    for (const std::string& mode : modes) {
      for (const std::string& plan :
           {Plan("ListPage", "1, 9223372036854775807, 51, 0", mode),
            Plan("ListPage", "1, 10000, 51, 0", mode),
            Plan("ListPage", "7, 9223372036854775807, 51, 100", mode),
            Plan("ListNewest", "'{1,7}', 9223372036854775807, 51", mode)}) {
        EXPECT_THAT(plan, HasSubstr("Index Scan using posts_by_user on posts"));
        EXPECT_THAT(plan, Not(HasSubstr("Seq Scan")));
        EXPECT_THAT(plan, Not(HasSubstr("Sort")));
      }
    }
  }
};

TEST_F(PlansTest, PagesAreReadInTheOrderOfTheIndex) {
  Fill();
  ExpectPagesByIndex({"force_generic_plan", "force_custom_plan"});
}

TEST_F(PlansTest, AlsoByPlansThatWereMadeWhileTheTablesWereEmpty) {
  ExpectPagesByIndex({"force_generic_plan"});
}

TEST_F(PlansTest, DeepPageReadsNoMoreRowsThanTheFirst) {
  Fill();
  for (const char* before_id : {"9223372036854775807", "1000"}) {
    const std::string plan = Plan("ListPage", std::string("1, ") + before_id + ", 51, 0",
                                  "force_generic_plan", "ANALYZE, COSTS off, TIMING off");
    EXPECT_THAT(plan,
                HasSubstr("Index Scan using posts_by_user on posts (actual rows=51 loops=1)"));
  }
}

TEST_F(PlansTest, PageStopsSoonAfterTheLastPostOfAUser) {
  Fill();
  const std::string plan =
      Plan("ListPage", "7, 500, 51, 0", "force_generic_plan", "ANALYZE, COSTS off, TIMING off");
  EXPECT_THAT(plan, HasSubstr("posts_by_user on posts (actual rows=101 loops=1)"));
}

TEST_F(PlansTest, PostsAreFoundByTheirIds) {
  Fill();
  for (const char* mode : {"force_generic_plan", "force_custom_plan"}) {
    const std::string plan = Plan("GetPosts", "'{1,2,3}'", mode);
    EXPECT_THAT(plan, HasSubstr("posts_pkey"));
    EXPECT_THAT(plan, Not(HasSubstr("Seq Scan")));
  }
}

TEST_F(PlansTest, WritesFindTheirRowsByIndex) {
  Fill();
  for (const std::string& plan : {Plan("UpdatePost", "1, 'x'", "force_generic_plan"),
                                  Plan("DeletePost", "1", "force_generic_plan"),
                                  Plan("CreatePost", "1, 'x'", "force_generic_plan")}) {
    EXPECT_THAT(plan, HasSubstr("users_pkey"));
    EXPECT_THAT(plan, Not(HasSubstr("Seq Scan")));
  }
}

}  // namespace
}  // namespace trellis::post
