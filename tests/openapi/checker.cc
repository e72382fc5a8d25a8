#include "tests/openapi/checker.h"

#include <unistd.h>

#include <fstream>

#include "mesh/base/json_string.h"
#include "mesh/base/testing/subprocess.h"

namespace trellis::testing {
namespace {

std::string ToJson(const std::vector<SeenAnswer>& answers) {
  std::string json = "[";
  for (const SeenAnswer& answer : answers) {
    json += json.size() > 1 ? ",{\"path\":" : "{\"path\":";
    base::AppendJsonString(answer.path, &json);
    json += ",\"method\":\"" + answer.method + "\",\"status\":" + std::to_string(answer.status) +
            ",\"type\":";
    base::AppendJsonString(answer.type, &json);
    json += ",\"body\":" + answer.body + "}";
  }
  return json + "]";
}

CheckResult Run(const std::string& script, const std::vector<std::string>& arguments) {
  const base::testing::TempDir directory;
  std::vector<std::string> command = {"node", std::string(TRELLIS_CHECKER_DIR) + "/" + script};
  command.insert(command.end(), arguments.begin(), arguments.end());
  base::testing::Subprocess node({std::move(command), {}, directory.File("log")});
  node.Start();
  int code = -1;
  const bool ended = node.Wait(base::milliseconds(45000), &code);
  return {ended && code == 0, ended && code == 77, node.Output()};
}

}  // namespace

bool HasChecker(std::string* reason) {
  if (access(TRELLIS_CHECKER_STAMP, R_OK) == 0) return true;
  *reason = "the build could not fetch the validators: npm or its registry was away";
  return false;
}

CheckResult CheckDocument(const std::string& document, const std::vector<SeenAnswer>& answers) {
  const base::testing::TempDir directory;
  std::ofstream(directory.File("openapi.json")) << document;
  std::ofstream(directory.File("answers.json")) << ToJson(answers);
  return Run("check.mjs", {directory.File("openapi.json"), directory.File("answers.json")});
}

CheckResult CheckDocsPage(const std::string& url) { return Run("page.mjs", {url}); }

}  // namespace trellis::testing
