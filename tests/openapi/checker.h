#ifndef TESTS_OPENAPI_CHECKER_H_
#define TESTS_OPENAPI_CHECKER_H_

#include <string>
#include <vector>

namespace trellis::testing {

// An answer of the gateway that was seen.
struct SeenAnswer {
  std::string path;    // as the document has it: "/v1/queues/{queue}"
  std::string method;  // "get"
  int status = 0;
  std::string type;  // of the content
  std::string body;  // JSON
};

// What npm's validators (check.mjs) say of an OpenAPI document and of answers by its schemas.
// Blocks for about a second.
struct CheckResult {
  bool valid = false;
  bool skipped = false;  // there is no browser
  std::string output;
};
[[nodiscard]] CheckResult CheckDocument(const std::string& document,
                                        const std::vector<SeenAnswer>& answers = {});

// What a browser sees of /docs of the gateway at `url` (page.mjs). As CheckDocument.
[[nodiscard]] CheckResult CheckDocsPage(const std::string& url);

// Whether the validators are there; else why they are not.
[[nodiscard]] bool HasChecker(std::string* reason);

}  // namespace trellis::testing

#endif  // TESTS_OPENAPI_CHECKER_H_
