"""What the benchmarks share: private servers and processes, peak memory, tables, reports."""
import json
import os
import pathlib
import platform
import re
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = ROOT / "build" / "release" / "bin"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def need(tool, package):
    if shutil.which(tool) is None:
        raise SystemExit(f"bench: {tool} is missing; install {package}")


class Process:
    """A child whose output goes to a file. Ends with the Bench that started it."""

    def __init__(self, name, command, variables, directory):
        self.name = name
        self.log = directory / f"{name}.log"
        with open(self.log, "wb") as log:
            self.child = subprocess.Popen(
                [str(part) for part in command], stdout=log, stderr=subprocess.STDOUT,
                env={**os.environ, **{key: str(value) for key, value in variables.items()}})

    def peak_memory_mib(self):
        status = pathlib.Path(f"/proc/{self.child.pid}/status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+)", status)[1]) / 1024

    def cpu_seconds(self):
        fields = pathlib.Path(f"/proc/{self.child.pid}/stat").read_text().rsplit(") ")[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self):
        self.child.terminate()
        try:
            self.child.wait(20)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()


class Bench:
    """A directory and processes that end with it. Use as a context."""

    def __enter__(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="trellis-bench-"))
        self.processes = []
        return self

    def __exit__(self, *_):
        for process in reversed(self.processes):
            process.stop()
        shutil.rmtree(self.directory, ignore_errors=True)

    def start(self, name, command, **variables):
        process = Process(name, command, variables, self.directory)
        self.processes.append(process)
        return process

    def stop(self, process):
        self.processes.remove(process)
        process.stop()

    def redis(self, name="redis"):
        """redis-server as in the local stack: append-only file, synced at every write."""
        need("redis-server", "redis-server")
        port = free_port()
        data = self.directory / name
        data.mkdir()
        process = self.start(name, ["redis-server", "--port", port, "--bind", "127.0.0.1",
                                    "--dir", data, "--appendonly", "yes", "--appendfsync",
                                    "always", "--save", ""])
        wait_for(f"{name} on port {port}", lambda: redis_cli(port, "ping") == "PONG", process)
        return process, port


def redis_cli(port, *words):
    result = subprocess.run(["redis-cli", "-p", str(port), *map(str, words)],
                            capture_output=True, text=True)
    return result.stdout.strip()


def get(url, timeout=5):
    with urllib.request.urlopen(url, timeout=timeout) as response:
        return response.read().decode()


def ready(url):
    try:
        get(url, 1)
        return True
    except OSError:
        return False


def wait_for(what, condition, process=None, seconds=30):
    end = time.monotonic() + seconds
    while not condition():
        if process is not None and process.child.poll() is not None:
            raise SystemExit(f"bench: {process.name} ended:\n{process.log.read_text()[-2000:]}")
        if time.monotonic() > end:
            raise SystemExit(f"bench: waited {seconds} s for {what} in vain")
        time.sleep(0.02)


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def machine():
    model = re.search(r"model name\s*:\s*(.*)", pathlib.Path("/proc/cpuinfo").read_text())
    return {"cpu": model[1] if model else platform.machine(), "cores": os.cpu_count(),
            "kernel": platform.release()}


def commit():
    result = subprocess.run(["git", "-C", ROOT, "describe", "--always", "--dirty"],
                            capture_output=True, text=True)
    return result.stdout.strip() or "unknown"


def print_table(header, rows):
    table = [header] + [[f"{cell:,.2f}" if isinstance(cell, float) else
                         f"{cell:,}" if isinstance(cell, int) else str(cell) for cell in row]
                        for row in rows]
    widths = [max(len(row[i]) for row in table) for i in range(len(header))]
    for row in table:
        print("  ".join(cell.ljust(width) if i == 0 else cell.rjust(width)
                        for i, (cell, width) in enumerate(zip(row, widths))))


def write_report(name, report):
    directory = pathlib.Path(os.environ.get("REPORT_DIR", ROOT / "experiments" / "reports"))
    directory.mkdir(parents=True, exist_ok=True)
    report = {"benchmark": name, "commit": commit(), "machine": machine(),
              "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), **report}
    path = directory / f"bench-{name}.json"
    path.write_text(json.dumps(report, indent=2) + "\n")
    print(f"report: {path}")
