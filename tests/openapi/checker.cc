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
  base::testing::Subprocess node({{"node", std::string(TRELLIS_CHECKER_DIR) + "/check.mjs",
                                   directory.File("openapi.json"), directory.File("answers.json")},
                                  {},
                                  directory.File("log")});
  node.Start();
  int code = -1;
  const bool ended = node.Wait(base::milliseconds(30000), &code);
  return {ended && code == 0, node.Output()};
}

}  // namespace trellis::testing
