#include "gateway/http/docs_pages.h"

#include "absl/status/status.h"
#include "gateway/transcoding/error_json.h"

namespace trellis::gateway {
namespace {

// Swagger UI sets styles of single elements and has its icons as data: URLs. The web page frames
// it.
constexpr char kPolicy[] =
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self' data:; connect-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'self'";

constexpr char kNoUi[] =
    "The gateway was built without Swagger UI, because npm or its registry could not be reached. "
    "With both there (apt-get install npm), ./trellis up builds it in. The OpenAPI document is at "
    "/openapi.json.";

}  // namespace

void AddDocsPages(std::string document, std::span<const base::EmbeddedFile> ui,
                  StaticFiles* files) {
  files->Add("/openapi.json", {"application/json", std::move(document)});
  if (ui.empty()) {
    files->AddStatus(
        "/docs", 503,
        {"application/json", ErrorJson(absl::StatusCode::kUnavailable, kNoUi, nullptr) + "\n"});
  }
  for (const base::EmbeddedFile& file : ui) {
    const bool is_page = file.name == "index.html";
    StaticFiles::Content content{ContentTypeOfFile(file.name), std::string(file.content)};
    if (is_page) {
      content.headers = {{"Content-Security-Policy", kPolicy}, {"Referrer-Policy", "no-referrer"}};
    }
    files->Add(is_page ? "/docs" : "/docs/" + std::string(file.name), std::move(content));
  }
  // The page's links are relative to /docs, so that it also works below a prefix of a proxy.
  files->AddStatus("/docs/", 308, {"text/plain", "", {{"Location", "../docs"}}});
}

}  // namespace trellis::gateway
