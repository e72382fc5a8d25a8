#include "gateway/http/static_files.h"

#include "gateway/http/docs_pages.h"
#include "gateway/http/web_pages.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace trellis::gateway {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

struct Answer {
  bool found;
  http::Response response;

  [[nodiscard]] std::string Header(const std::string& name) const {
    for (const auto& [key, value] : response.headers) {
      if (key == name) return value;
    }
    return "";
  }
};

Answer Ask(const StaticFiles& files, std::string_view method, std::string_view path,
           std::string_view if_none_match = "") {
  http::Request request;
  request.method = method;
  request.path = path;
  if (!if_none_match.empty()) request.headers.push_back({"if-none-match", if_none_match});
  Answer answer{};
  answer.found = files.Answer(request, &answer.response);
  return answer;
}

class StaticFilesTest : public ::testing::Test {
 protected:
  StaticFilesTest() { files_.Add("/a.css", {ContentTypeOfFile("a.css"), "body { }"}); }
  StaticFiles files_;
};

TEST_F(StaticFilesTest, AnswersWhatWasAdded) {
  const Answer answer = Ask(files_, "GET", "/a.css");
  ASSERT_TRUE(answer.found);
  EXPECT_EQ(answer.response.status, 200);
  EXPECT_EQ(answer.response.content_type, "text/css; charset=utf-8");
  EXPECT_EQ(answer.response.body, "body { }");
  EXPECT_EQ(answer.Header("Cache-Control"), "no-cache");
  EXPECT_EQ(answer.Header("X-Content-Type-Options"), "nosniff");
  EXPECT_TRUE(Ask(files_, "HEAD", "/a.css").found);
}

TEST_F(StaticFilesTest, KnowsNoOtherPath) {
  EXPECT_FALSE(Ask(files_, "GET", "/").found);
  EXPECT_FALSE(Ask(files_, "GET", "/a.css/").found);
  EXPECT_FALSE(Ask(files_, "GET", "/../a.css").found);
  EXPECT_FALSE(Ask(files_, "GET", "/%61.css").found);
  EXPECT_FALSE(Ask(files_, "GET", "/etc/passwd").found);
}

TEST_F(StaticFilesTest, WhatTheClientHasIsNotSentAgain) {
  const std::string tag = Ask(files_, "GET", "/a.css").Header("ETag");
  EXPECT_EQ(tag.size(), 34u) << tag;
  for (const std::string& known : {tag, "W/" + tag, "\"x\", " + tag, std::string("*")}) {
    const Answer answer = Ask(files_, "GET", "/a.css", known);
    EXPECT_EQ(answer.response.status, 304) << known;
    EXPECT_EQ(answer.response.body, "");
    EXPECT_EQ(answer.Header("ETag"), tag);
  }
  EXPECT_EQ(Ask(files_, "GET", "/a.css", "\"x\"").response.status, 200);
}

TEST_F(StaticFilesTest, ATagIsOfTheContent) {
  const std::string tag = Ask(files_, "GET", "/a.css").Header("ETag");
  files_.Add("/b.css", {"text/css", "body { }"});
  EXPECT_EQ(Ask(files_, "GET", "/b.css").Header("ETag"), tag);
  files_.Add("/a.css", {"text/css", "body { color: red }"});
  EXPECT_NE(Ask(files_, "GET", "/a.css").Header("ETag"), tag);
}

TEST_F(StaticFilesTest, OtherMethodsAreRefused) {
  const Answer answer = Ask(files_, "POST", "/a.css");
  EXPECT_TRUE(answer.found);
  EXPECT_EQ(answer.response.status, 405);
  EXPECT_EQ(answer.Header("Allow"), "GET, HEAD");
  EXPECT_THAT(answer.response.body, HasSubstr("\"code\":12"));
}

TEST_F(StaticFilesTest, WhatNeverChangesIsKept) {
  files_.AddImmutable("/b-1a2b.css", {"text/css", "b { }"});
  const Answer answer = Ask(files_, "GET", "/b-1a2b.css");
  EXPECT_EQ(answer.Header("Cache-Control"), "public, max-age=31536000, immutable");
  EXPECT_EQ(Ask(files_, "GET", "/b-1a2b.css", answer.Header("ETag")).response.status, 304);
}

TEST(DocsPages, AreTheDocumentAndThePage) {
  const base::EmbeddedFile ui[] = {{"index.html", "<html>"}, {"page.js", "f()"}};
  StaticFiles files;
  AddDocsPages("{}", ui, &files);
  EXPECT_EQ(Ask(files, "GET", "/openapi.json").response.body, "{}");
  EXPECT_EQ(Ask(files, "GET", "/openapi.json").response.content_type, "application/json");
  const Answer page = Ask(files, "GET", "/docs");
  EXPECT_EQ(page.response.body, "<html>");
  EXPECT_EQ(page.response.content_type, "text/html; charset=utf-8");
  EXPECT_EQ(Ask(files, "GET", "/docs/page.js").response.body, "f()");
  EXPECT_FALSE(Ask(files, "GET", "/docs/index.html").found);
  const Answer slash = Ask(files, "GET", "/docs/");
  EXPECT_EQ(slash.response.status, 308);
  EXPECT_EQ(slash.Header("Location"), "../docs");
}

TEST(DocsPages, MayLoadNothingFromElsewhere) {
  const base::EmbeddedFile ui[] = {{"index.html", "<html>"}};
  StaticFiles files;
  AddDocsPages("{}", ui, &files);
  const std::string policy = Ask(files, "GET", "/docs").Header("Content-Security-Policy");
  EXPECT_THAT(policy, HasSubstr("default-src 'none'"));
  EXPECT_THAT(policy, HasSubstr("script-src 'self';"));
  EXPECT_THAT(policy, HasSubstr("connect-src 'self';"));
  EXPECT_THAT(policy, Not(HasSubstr("http")));
}

TEST(DocsPages, WithoutSwaggerUiSayWhatToDo) {
  StaticFiles files;
  AddDocsPages("{}", {}, &files);
  const Answer page = Ask(files, "GET", "/docs");
  EXPECT_EQ(page.response.status, 503);
  EXPECT_THAT(page.response.body, HasSubstr("apt-get install npm"));
  EXPECT_THAT(page.response.body, HasSubstr("\"code\":14"));
  EXPECT_EQ(page.Header("Cache-Control"), "no-store");
  EXPECT_EQ(Ask(files, "GET", "/openapi.json").response.status, 200);
}

class WebPagesTest : public ::testing::Test {
 protected:
  WebPagesTest() {
    const base::EmbeddedFile page[] = {
        {"index.html", "<html>"}, {"icon.svg", "<svg>"}, {"index-1a2b.js", "f()"}};
    AddWebPages(page, &files_);
  }
  StaticFiles files_;
};

TEST_F(WebPagesTest, AreAtTheirOwnPathsOnly) {
  for (const char* path :
       {"/", "/ui/enqueue", "/ui/orders", "/ui/weather", "/ui/posts", "/ui/keytest", "/ui/api"}) {
    const Answer answer = Ask(files_, "GET", path);
    EXPECT_EQ(answer.response.body, "<html>") << path;
    EXPECT_EQ(answer.response.content_type, "text/html; charset=utf-8");
    EXPECT_EQ(answer.Header("Cache-Control"), "no-cache");
  }
  for (const char* path : {"/index.html", "/ui", "/ui/", "/ui/other", "/ui/orders/", "/enqueue",
                           "/orders", "/v1/orders", "/ui/assets/"}) {
    EXPECT_FALSE(Ask(files_, "GET", path).found) << path;
  }
}

TEST_F(WebPagesTest, KeepWhatHasAHash) {
  const Answer script = Ask(files_, "GET", "/ui/assets/index-1a2b.js");
  EXPECT_EQ(script.response.body, "f()");
  EXPECT_EQ(script.response.content_type, "text/javascript; charset=utf-8");
  EXPECT_THAT(script.Header("Cache-Control"), HasSubstr("immutable"));
  EXPECT_EQ(Ask(files_, "GET", "/ui/icon.svg").Header("Cache-Control"), "no-cache");
}

TEST_F(WebPagesTest, MayLoadNothingFromElsewhere) {
  const std::string policy = Ask(files_, "GET", "/").Header("Content-Security-Policy");
  EXPECT_THAT(policy, HasSubstr("default-src 'none'"));
  EXPECT_THAT(policy, HasSubstr("connect-src 'self';"));
  EXPECT_THAT(policy, Not(HasSubstr("http")));
  EXPECT_THAT(policy, Not(HasSubstr("unsafe")));
}

TEST(WebPages, WithoutFilesSayWhatToDo) {
  StaticFiles files;
  AddWebPages({}, &files);
  const Answer page = Ask(files, "GET", "/");
  EXPECT_EQ(page.response.status, 503);
  EXPECT_THAT(page.response.body, HasSubstr("apt-get install npm"));
  EXPECT_FALSE(Ask(files, "GET", "/ui/orders").found);
}

}  // namespace
}  // namespace trellis::gateway
