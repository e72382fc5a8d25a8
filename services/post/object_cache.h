#ifndef SERVICES_POST_OBJECT_CACHE_H_
#define SERVICES_POST_OBJECT_CACHE_H_

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mesh/base/deadline.h"
#include "services/post/page.h"

namespace trellis::post {

// A post in the form in which a response carries it: a serialized v1.Post.
struct PostObject {
  int64_t version = 0;
  std::string bytes;
};

// One that somebody else owns.
struct PostObjectView {
  int64_t version = 0;
  std::string_view bytes;
};

// What there is of the posts of a list, in its order. The owner has the bytes, which need not be
// copied to be sent.
struct ListedViews {
  std::vector<std::optional<PostObjectView>> objects;
  std::shared_ptr<const void> owner = {};
};

// The state to compare with when an object is filled in.
struct ObjectCapture {
  // The object itself, when it was there and can be trusted; then there is nothing to fill.
  std::optional<PostObject> object = {};
  std::string captured = {};
  uint64_t incarnation = 0;
};

// The port to the shared cache of posts, at post:<id>. Belongs to one reactor. Entries may be gone
// at any time. Errors: UNAVAILABLE, DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED.
class ObjectCache {
 public:
  virtual ~ObjectCache() = default;

  // What there is of these posts in the versions of a list, or in later ones; in their order, in
  // one batch for each node. A node that does not answer makes its posts missing.
  virtual boost::asio::awaitable<ListedViews> GetListed(std::vector<PostRef> posts,
                                                        base::Deadline deadline) = 0;

  // Puts in posts for those who come with a list; older versions are replaced. Best effort.
  virtual boost::asio::awaitable<void> PutListed(std::vector<int64_t> ids,
                                                 std::vector<PostObject> objects,
                                                 base::Deadline deadline) = 0;

  // A post that no list vouches for: the object, no older than any announced write, or the state to
  // compare with when it is filled in.
  virtual Async<ObjectCapture> Capture(int64_t id, base::Deadline deadline) = 0;

  // Puts in what Postgres answered after the capture, unless somebody wrote meanwhile.
  virtual boost::asio::awaitable<void> Fill(int64_t id, ObjectCapture capture, PostObject object,
                                            base::Deadline deadline) = 0;
};

}  // namespace trellis::post

#endif  // SERVICES_POST_OBJECT_CACHE_H_
