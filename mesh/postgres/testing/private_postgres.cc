#include "mesh/postgres/testing/private_postgres.h"

#include <pwd.h>
#include <sys/shm.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <pqxx/connection>
#include <pqxx/nontransaction>
#include <pqxx/result>
#include <pqxx/row>
#include <sstream>
#include <stdexcept>

namespace trellis::postgres::testing {
namespace {

using base::testing::StablePort;
using base::testing::Subprocess;
using base::testing::WaitUntil;

std::string Program(const std::string& name) {
  const std::string debian = "/usr/lib/postgresql/15/bin/" + name;
  return access(debian.c_str(), X_OK) == 0 ? debian : name;
}

// Postgres refuses to run as root.
std::vector<std::string> AsItsUser(std::vector<std::string> command) {
  if (geteuid() != 0) return command;
  // The change of user forgets that the process is to die with its parent, so it is said again.
  std::vector<std::string> argv = {"setpriv",       "--reuid=postgres", "--regid=postgres",
                                   "--init-groups", "--pdeathsig=KILL", "--"};
  argv.insert(argv.end(), command.begin(), command.end());
  return argv;
}

std::string PrepareDirectory(const std::string& path) {
  if (geteuid() == 0) {
    const passwd* user = getpwnam("postgres");
    if (user == nullptr || chown(path.c_str(), user->pw_uid, user->pw_gid) != 0) {
      throw std::runtime_error("cannot give " + path + " to the user postgres");
    }
  }
  return path + "/data";
}

std::vector<std::string> ServerArguments(const std::string& data, const std::string& directory,
                                         int port, const std::vector<std::string>& settings) {
  std::vector<std::string> command = {Program("postgres"), "-D", data, "-p", std::to_string(port)};
  for (const char* setting :
       {"listen_addresses=127.0.0.1", "fsync=on", "max_connections=60", "shared_buffers=16MB",
        "autovacuum=off", "deadlock_timeout=100ms", "logging_collector=off", "lc_messages=C",
        // What is left behind by kill -9 goes away with the directory.
        "dynamic_shared_memory_type=mmap"}) {
    command.insert(command.end(), {"-c", setting});
  }
  command.insert(command.end(), {"-c", "unix_socket_directories=" + directory});
  for (const std::string& setting : settings) command.insert(command.end(), {"-c", setting});
  return AsItsUser(std::move(command));
}

// The third and fourth fields of /proc/<pid>/stat, behind the name, which may have blanks.
struct ProcessState {
  char state = 'X';
  pid_t parent = 0;
};
ProcessState StateOf(pid_t pid) {
  const std::string stat = base::testing::ReadFile("/proc/" + std::to_string(pid) + "/stat");
  ProcessState found;
  const size_t name_end = stat.rfind(')');
  if (name_end == std::string::npos) return found;
  std::istringstream(stat.substr(name_end + 1)) >> found.state >> found.parent;
  return found;
}

}  // namespace

PrivatePostgres::PrivatePostgres(const std::vector<std::string>& settings)
    : data_(PrepareDirectory(directory_.path())),
      port_(StablePort()),
      process_(Subprocess::Options{ServerArguments(data_, directory_.path(), port_, settings),
                                   {},
                                   directory_.File("postgres.log")}) {
  Subprocess initdb(
      Subprocess::Options{AsItsUser({Program("initdb"), "-D", data_, "-U", "postgres", "-A",
                                     "trust", "-N", "-E", "UTF8", "--locale=C"}),
                          {},
                          directory_.File("initdb.log")});
  initdb.Start();
  int code = 0;
  if (!initdb.Wait(base::milliseconds(60000), &code) || code != 0) {
    throw std::runtime_error("initdb failed: " + initdb.Output());
  }
  Start();
}

PrivatePostgres::~PrivatePostgres() { Kill(); }

PrivatePostgres& PrivatePostgres::Shared() {
  static PrivatePostgres shared({"fsync=off"});
  return shared;
}

std::string PrivatePostgres::Url(const std::string& database) const {
  return "postgresql://postgres@127.0.0.1:" + std::to_string(port_) + "/" + database;
}

std::string PrivatePostgres::CreateDatabase() {
  const std::string name = "test_" + std::to_string(++databases_);
  Query(Url(), "CREATE DATABASE " + name + " TEMPLATE template0");
  return Url(name);
}

void PrivatePostgres::Start() {
  if (!process_.running()) process_.Start();
  const bool up = WaitUntil(
      [this] {
        try {
          return !Query(Url(), "SELECT 1").empty();
        } catch (const std::exception&) {
          if (!process_.running()) {
            throw std::runtime_error("postgres ended: " + process_.Output());
          }
          return false;
        }
      },
      base::milliseconds(60000));
  if (!up) throw std::runtime_error("postgres does not answer: " + process_.Output());
}

void PrivatePostgres::Kill() {
  if (!process_.running()) return;
  // Stopped, it makes no more children and does not reap those that die, so no pid is another's.
  process_.Signal(SIGSTOP);
  const std::vector<pid_t> children = Children();
  for (const pid_t child : children) kill(child, SIGKILL);
  process_.Kill();
  // They hold the shared memory until they are gone.
  [[maybe_unused]] const bool gone = WaitUntil([&children] {
    for (const pid_t child : children) {
      const char state = StateOf(child).state;
      if (state != 'X' && state != 'Z') return false;
    }
    return true;
  });
  RemoveSharedMemory();
}

void PrivatePostgres::Freeze() {
  process_.Signal(SIGSTOP);
  for (const pid_t child : Children()) kill(child, SIGSTOP);
}

void PrivatePostgres::Thaw() {
  for (const pid_t child : Children()) kill(child, SIGCONT);
  process_.Signal(SIGCONT);
}

Rows PrivatePostgres::Query(const std::string& url, const std::string& sql) {
  pqxx::connection connection(url);
  const pqxx::quiet_errorhandler quiet(connection);
  pqxx::nontransaction session(connection);
  const pqxx::result result = session.exec(sql);
  Rows rows;
  for (const pqxx::row& row : result) {
    rows.emplace_back();
    for (const pqxx::field& field : row) {
      rows.back().emplace_back(field.is_null() ? "NULL" : field.c_str());
    }
  }
  return rows;
}

// The one segment of System V that Postgres has, as a lock on the directory: its key and its id
// stand in the seventh line. Only an orderly end or the next start would remove it.
void PrivatePostgres::RemoveSharedMemory() const {
  std::ifstream file(data_ + "/postmaster.pid");
  std::string line;
  for (int i = 0; i < 7; ++i) std::getline(file, line);
  int64_t key = 0;
  int id = -1;
  if (std::istringstream(line) >> key >> id) shmctl(id, IPC_RMID, nullptr);
}

std::vector<pid_t> PrivatePostgres::Children() const {
  std::vector<pid_t> children;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const pid_t pid = atoi(entry.path().filename().c_str());
    if (pid > 0 && StateOf(pid).parent == process_.pid()) children.push_back(pid);
  }
  return children;
}

}  // namespace trellis::postgres::testing
