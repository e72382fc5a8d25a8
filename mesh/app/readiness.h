#ifndef MESH_APP_READINESS_H_
#define MESH_APP_READINESS_H_

#include <functional>
#include <map>
#include <mutex>
#include <string>

namespace trellis::app {

// What a process needs before it can serve: one named entry for each dependency. Thread-safe.
class Readiness {
 public:
  // Adds or changes an entry. `detail` says what is being waited for.
  void Set(const std::string& dependency, bool ready, const std::string& detail) {
    Put(dependency, {ready, true, detail});
  }
  // As Set, for what is shown but can be done without.
  void Inform(const std::string& dependency, bool ready, const std::string& detail) {
    Put(dependency, {ready, false, detail});
  }
  // From now on not ready, whatever the dependencies say.
  void StartDraining();

  [[nodiscard]] bool ready() const;
  // Of each entry, whether it is there.
  [[nodiscard]] std::map<std::string, bool> Dependencies() const;
  // {"ready":false,"dependencies":{"redis":{"ready":false,"detail":"..."}}}
  [[nodiscard]] std::string Json() const;

  // Called after each change of ready(), on the thread that caused it, one call at a time. Set it
  // before the first Set.
  void set_on_change(std::function<void(bool ready)> on_change) {
    on_change_ = std::move(on_change);
  }

 private:
  struct Entry {
    bool ready = false;
    bool required = true;
    std::string detail;
  };
  void Put(const std::string& dependency, Entry entry);
  [[nodiscard]] bool ReadyLocked() const;
  void Announce();

  mutable std::mutex mutex_;
  std::mutex announcing_;
  std::map<std::string, Entry> entries_;
  bool draining_ = false;
  bool announced_ = false;
  std::function<void(bool)> on_change_;
};

}  // namespace trellis::app

#endif  // MESH_APP_READINESS_H_
