#include "mesh/base/testing/subprocess.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace trellis::base::testing {
namespace {

bool IsFree(int port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(port));
  const bool free = bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
  close(fd);
  return free;
}

// Until this process ends: no other test gets the port, not even while its server is down.
bool Claim(int port) {
  const auto directory =
      std::filesystem::temp_directory_path() / ("trellis-ports-" + std::to_string(getuid()));
  std::filesystem::create_directories(directory);
  const int fd =
      open((directory / std::to_string(port)).c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (fd < 0) throw std::runtime_error("cannot write to " + directory.string());
  if (flock(fd, LOCK_EX | LOCK_NB) == 0) return true;
  close(fd);
  return false;
}

}  // namespace

Subprocess::Subprocess(Options options) : options_(std::move(options)) {}

Subprocess::~Subprocess() { Kill(); }

void Subprocess::Start() {
  Kill();
  // Everything that allocates happens before the fork: other threads may hold malloc's lock.
  std::vector<char*> argv;
  for (const std::string& arg : options_.argv) argv.push_back(const_cast<char*>(arg.c_str()));
  argv.push_back(nullptr);
  std::vector<std::string> settings;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text = *entry;
    if (!options_.variables.contains(text.substr(0, text.find('=')))) settings.push_back(text);
  }
  for (const auto& [name, value] : options_.variables) settings.push_back(name + "=" + value);
  std::vector<char*> environment;
  for (std::string& setting : settings) environment.push_back(setting.data());
  environment.push_back(nullptr);
  const std::string output =
      options_.output_path.empty() ? std::string("/dev/null") : options_.output_path;
  const pid_t parent = getpid();

  pid_ = fork();
  if (pid_ < 0) throw std::runtime_error("fork failed");
  if (pid_ > 0) return;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(126);
  const int out = open(output.c_str(), O_CREAT | O_WRONLY | O_APPEND, 0644);
  dup2(out, STDOUT_FILENO);
  dup2(out, STDERR_FILENO);
  execvpe(argv[0], argv.data(), environment.data());
  _exit(127);
}

void Subprocess::Signal(int signal) const {
  if (pid_ <= 0) return;
  kill(pid_, signal);
  siginfo_t unused;
  if (signal == SIGSTOP) {
    waitid(P_PID, static_cast<id_t>(pid_), &unused, WSTOPPED | WEXITED | WNOWAIT);
  }
}

void Subprocess::Kill() {
  if (pid_ <= 0) return;
  kill(pid_, SIGKILL);
  int status = 0;
  waitpid(pid_, &status, 0);
  pid_ = 0;
  exit_code_ = -SIGKILL;
}

bool Subprocess::running() {
  if (pid_ <= 0) return false;
  int status = 0;
  if (waitpid(pid_, &status, WNOHANG) != pid_) return true;
  exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  pid_ = 0;
  return false;
}

bool Subprocess::Wait(milliseconds patience, int* exit_code) {
  const bool ended = WaitUntil([this] { return !running(); }, patience);
  if (ended) *exit_code = exit_code_;
  return ended;
}

int Subprocess::Terminate(milliseconds patience) {
  Signal(SIGTERM);
  int code = 0;
  if (!Wait(patience, &code)) Kill();
  return exit_code_;
}

std::string Subprocess::Output() const { return ReadFile(options_.output_path); }

TempDir::TempDir() {
  std::string name = (std::filesystem::temp_directory_path() / "trellis-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
  path_ = name;
}

TempDir::~TempDir() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

int FreePort() {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof(address);
  const bool bound = bind(fd, reinterpret_cast<sockaddr*>(&address), length) == 0 &&
                     getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length) == 0;
  close(fd);
  if (!bound) throw std::runtime_error("no free port");
  return ntohs(address.sin_port);
}

int StablePort() {
  static std::mt19937 random(std::random_device{}());
  // Below are those of the front door's tests.
  std::uniform_int_distribution<int> any(26000, 32000);
  for (int attempt = 0; attempt < 1000; ++attempt) {
    if (const int port = any(random); Claim(port) && IsFree(port)) return port;
  }
  throw std::runtime_error("no free port");
}

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

void Pause() { std::this_thread::sleep_for(std::chrono::milliseconds(5)); }

}  // namespace trellis::base::testing
