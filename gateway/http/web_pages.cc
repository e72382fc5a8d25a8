#include "gateway/http/web_pages.h"

#include "absl/status/status.h"
#include "gateway/transcoding/error_json.h"

namespace trellis::gateway {
namespace {

// The parts of the page, as clients/web/src/app.tsx has them.
constexpr std::string_view kPaths[] = {"/",         "/ui/enqueue", "/ui/orders", "/ui/weather",
                                       "/ui/posts", "/ui/keytest", "/ui/api"};

// The frame is for /docs.
constexpr char kPolicy[] =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'";

constexpr char kNoPage[] =
    "The gateway was built without its web page, because npm or its registry could not be reached. "
    "With both there (apt-get install npm), ./trellis up builds it in. The API is described at "
    "/openapi.json.";

}  // namespace

void AddWebPages(std::span<const base::EmbeddedFile> page, StaticFiles* files) {
  if (page.empty()) {
    files->AddStatus(
        "/", 503,
        {"application/json", ErrorJson(absl::StatusCode::kUnavailable, kNoPage, nullptr) + "\n"});
  }
  for (const base::EmbeddedFile& file : page) {
    const StaticFiles::Content content{ContentTypeOfFile(file.name), std::string(file.content)};
    if (file.name == "index.html") {
      StaticFiles::Content html = content;
      html.headers = {{"Content-Security-Policy", kPolicy}, {"Referrer-Policy", "no-referrer"}};
      for (const std::string_view path : kPaths) files->Add(std::string(path), html);
    } else if (file.name == "icon.svg") {
      files->Add("/ui/icon.svg", content);
    } else {
      files->AddImmutable("/ui/assets/" + std::string(file.name), content);
    }
  }
}

}  // namespace trellis::gateway
