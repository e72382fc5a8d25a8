#include "tests/support/post_history.h"

#include <algorithm>

namespace trellis::testing {
namespace {

using Posts = std::map<int64_t, PostHistory::Seen>;

void Note(PostHistory::Verdict& verdict, int64_t& count, const std::string& what) {
  ++count;
  if (verdict.first.empty()) verdict.first = what;
}

bool IsPage(const PostHistory::PageRead& read, const Posts& state) {
  std::vector<PostHistory::Seen> page;
  bool has_more = false;
  int skip = read.key.offset;
  auto at = read.key.before_id ? state.lower_bound(*read.key.before_id) : state.end();
  while (at != state.begin()) {
    --at;
    if (skip-- > 0) continue;
    if (static_cast<int>(page.size()) == read.key.limit) {
      has_more = true;
      break;
    }
    page.push_back(at->second);
  }
  return page == read.posts && has_more == read.has_more;
}

std::string NameOf(const PostHistory::PageRead& read) {
  return "user " + std::to_string(read.key.user_id) + ", a page of generation " +
         std::to_string(read.generation) + " when " + std::to_string(read.floor) +
         " had been acknowledged";
}

}  // namespace

void PostHistory::Committed(Kind kind, int64_t user_id, int64_t generation, int64_t post_id,
                            const std::string& content) {
  users_[user_id].changes[generation] = {kind, post_id, content};
}

void PostHistory::Acknowledged(int64_t user_id, int64_t generation) {
  int64_t& floor = users_[user_id].floor;
  floor = std::max(floor, generation);
}

void PostHistory::Acknowledged(Kind kind, int64_t user_id, int64_t generation, int64_t post_id) {
  Acknowledged(user_id, generation);
  PostFloor& floor = floors_[post_id];
  floor.version = std::max(floor.version, generation);
  floor.deleted = floor.deleted || kind == Kind::kDelete;
}

int64_t PostHistory::Floor(int64_t user_id) const {
  const auto user = users_.find(user_id);
  return user == users_.end() ? 0 : user->second.floor;
}

PostHistory::PostFloor PostHistory::FloorOf(int64_t post_id) const {
  const auto floor = floors_.find(post_id);
  return floor == floors_.end() ? PostFloor() : floor->second;
}

void PostHistory::Read(PageRead read) {
  const int64_t generation = read.generation;
  users_[read.key.user_id].reads.emplace(generation, std::move(read));
}

void PostHistory::Read(PostFloor floor, int64_t id, const Seen& seen) {
  post_reads_.push_back({floor, id, seen});
}

PostHistory::Verdict PostHistory::Judge() const {
  Verdict verdict;
  std::map<std::pair<int64_t, int64_t>, std::string> contents;  // by post and version
  std::map<int64_t, bool> deleted;
  for (const auto& [user_id, user] : users_) {
    Posts state;
    auto change = user.changes.begin();
    for (const auto& [generation, read] : user.reads) {
      for (; change != user.changes.end() && change->first <= generation; ++change) {
        const Change& made = change->second;
        if (made.kind == Kind::kDelete) {
          state.erase(made.post_id);
        } else {
          state[made.post_id] = {made.post_id, change->first, made.content};
        }
      }
      ++verdict.reads;
      if (generation < read.floor) Note(verdict, verdict.stale, "stale: " + NameOf(read));
      if (!IsPage(read, state)) Note(verdict, verdict.wrong, "not that state: " + NameOf(read));
    }
    verdict.changes += static_cast<int64_t>(user.changes.size());
    for (const auto& [generation, made] : user.changes) {
      if (made.kind == Kind::kDelete) {
        deleted[made.post_id] = true;
      } else {
        contents[{made.post_id, generation}] = made.content;
      }
    }
  }
  for (const PostRead& read : post_reads_) {
    ++verdict.reads;
    const std::string name = "post " + std::to_string(read.id) + " in version " +
                             std::to_string(read.seen.version) + " when " +
                             std::to_string(read.floor.version) + " had been acknowledged";
    if (read.seen.version == 0) {
      if (!deleted[read.id]) Note(verdict, verdict.wrong, "missing: " + name);
      continue;
    }
    if (read.floor.deleted || read.seen.version < read.floor.version) {
      Note(verdict, verdict.stale, "stale: " + name);
    }
    const auto content = contents.find({read.id, read.seen.version});
    if (content == contents.end() || content->second != read.seen.content) {
      Note(verdict, verdict.wrong, "never was: " + name);
    }
  }
  return verdict;
}

}  // namespace trellis::testing
