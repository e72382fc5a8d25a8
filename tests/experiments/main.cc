// trellis-experiment NAME [flags]: the seed's experiments, each judging itself. Exit code 0: it
// went as it should; 1: it did not; 2: wrong usage.
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "tests/experiments/experiment.h"

namespace trellis::experiments {
namespace {

namespace fs = std::filesystem;

constexpr char kDefaultDirectory[] = "experiments/reports";

std::vector<std::unique_ptr<Experiment>> All() {
  std::vector<std::unique_ptr<Experiment>> all;
  all.push_back(MakeKillInflight());
  all.push_back(MakeScaleWorkers());
  all.push_back(MakeSlamApi());
  all.push_back(MakeRestartPersistence());
  return all;
}

int Help() {
  std::cout << "trellis-experiment NAME [flags], with one of these names:\n\n";
  const auto row = [](std::string name, const std::string& text) {
    name.resize(22, ' ');
    std::cout << "  " << name << text << "\n";
  };
  for (const auto& experiment : All()) row(experiment->name(), experiment->summary());
  row("clean", "delete the reports");
  row("help", "this text; NAME --help shows the flags of one");
  std::cout << "\nEach starts a stack of its own on free ports and needs nothing to be running. "
               "It writes a\nreport to "
            << kDefaultDirectory << " (REPORT_DIR) and ends with 0 when all went as it should.\n";
  return 0;
}

std::string Time(const char* format) {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  char text[40];
  std::strftime(text, sizeof(text), format, &utc);
  return text;
}

std::string WriteReport(const std::string& directory, const Experiment& experiment,
                        const Outcome& outcome) {
  fs::create_directories(directory);
  const std::string path =
      directory + "/" + experiment.name() + "-" + Time("%Y%m%dT%H%M%SZ") + ".json";
  JsonObject report;
  report.Add("experiment", experiment.name())
      .Add("time", Time("%Y-%m-%dT%H:%M:%SZ"))
      .Add("passed", outcome.passed)
      .Add("verdict", outcome.verdict)
      .Add("parameters", outcome.parameters)
      .Add("results", outcome.results);
  std::ofstream(path) << report.Text() << "\n";
  return path;
}

// Only what looks like a report of ours.
int Clean(const std::string& directory) {
  int count = 0;
  std::error_code absent;
  for (const auto& entry : fs::directory_iterator(directory, absent)) {
    for (const auto& experiment : All()) {
      const std::string file = entry.path().filename().string();
      if (!file.starts_with(experiment->name() + "-2") || !file.ends_with(".json")) continue;
      count += fs::remove(entry.path()) ? 1 : 0;
      break;
    }
  }
  std::cout << "deleted " << count << " reports of " << directory << "\n";
  return 0;
}

int RunOne(Experiment& experiment, const std::string& directory) {
  std::cout << experiment.name() << ": " << experiment.summary() << std::endl;
  try {
    const Outcome outcome = experiment.Run();
    const std::string path = WriteReport(directory, experiment, outcome);
    std::cout << (outcome.passed ? "PASSED" : "FAILED") << ": " << outcome.verdict
              << "\nreport: " << path << std::endl;
    return outcome.passed ? 0 : 1;
  } catch (const std::exception& error) {
    std::cerr << "FAILED: " << error.what() << std::endl;
    return 1;
  }
}

int Main(int argc, char** argv) {
  const std::string name = argc > 1 ? argv[1] : "help";
  if (name == "help" || name == "--help" || name == "-h") return Help();
  std::string directory = kDefaultDirectory;
  base::OptionTable table("trellis-experiment " + name, "One of the experiments.");
  table.Add("report-dir", "REPORT_DIR", &directory, "where the report is written");
  if (name == "clean") {
    table.ParseOrExit(argc - 1, argv + 1);
    return Clean(directory);
  }
  for (const auto& experiment : All()) {
    if (experiment->name() != name) continue;
    experiment->AddTo(table);
    table.ParseOrExit(argc - 1, argv + 1);
    return RunOne(*experiment, directory);
  }
  std::cerr << "trellis-experiment: there is no experiment '" << name << "'; see help\n";
  return 2;
}

}  // namespace
}  // namespace trellis::experiments

int main(int argc, char** argv) { return trellis::experiments::Main(argc, argv); }
