"""What the benchmarks share: private servers and processes, peak memory, tables, reports."""
import json
import os
import pathlib
import platform
import re
import shutil
import signal
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


def cpu_seconds(pid, reaped=False):
    """CPU time of a process; `reaped`: with that of its children that have ended."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(") ")[1].split()
    return sum(map(int, fields[11:15 if reaped else 13])) / os.sysconf("SC_CLK_TCK")


def memory_mib(pid, field):
    """A field of /proc/PID/status: VmRSS (now) or VmHWM (its peak)."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(rf"{field}:\s+(\d+)", status)[1]) / 1024


class Process:
    """A child whose output goes to a file. Ends with the Bench that started it."""

    def __init__(self, name, command, variables, directory, stop_signal=signal.SIGTERM):
        self.name = name
        self.stop_signal = stop_signal
        self.log = directory / f"{name}.log"
        with open(self.log, "wb") as log:
            self.child = subprocess.Popen(
                [str(part) for part in command], stdout=log, stderr=subprocess.STDOUT,
                env={**os.environ, **{key: str(value) for key, value in variables.items()}})

    def peak_memory_mib(self):
        return memory_mib(self.child.pid, "VmHWM")

    def memory_mib(self):
        return memory_mib(self.child.pid, "VmRSS")

    def cpu_seconds(self):
        return cpu_seconds(self.child.pid)

    def stop(self):
        self.child.send_signal(self.stop_signal)
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

    def start(self, name, command, stop_signal=signal.SIGTERM, **variables):
        process = Process(name, command, variables, self.directory, stop_signal)
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

    def redis_cluster(self):
        """Redis Cluster as in the local stack: three masters, then their replicas, a cache only."""
        need("redis-server", "redis-server")
        need("redis-cli", "redis-tools")
        nodes = []
        for number in range(6):
            port, bus = free_port(), free_port()
            name = f"redis-cluster-{number}"
            data = self.directory / name
            data.mkdir()
            node = self.start(name, [
                "redis-server", "--bind", "127.0.0.1", "--port", port, "--dir", data,
                "--cluster-enabled", "yes", "--cluster-port", bus, "--cluster-node-timeout", 2000,
                "--cluster-require-full-coverage", "no",
                "--appendonly", "no", "--save", "", "--maxmemory", "512mb",
                "--maxmemory-policy", "allkeys-lru"])
            node.port = port
            wait_for(f"{name} on port {port}", lambda: redis_cli(port, "ping") == "PONG", node)
            nodes.append(node)
        addresses = [f"127.0.0.1:{node.port}" for node in nodes]
        subprocess.run(["redis-cli", "--cluster", "create", *addresses, "--cluster-replicas", "1",
                        "--cluster-yes"], capture_output=True, check=True)
        for node in nodes:
            wait_for(f"{node.name} in the cluster", lambda: "cluster_state:ok" in redis_cli(
                node.port, "cluster", "info"), node)
        return nodes

    def postgres(self, database):
        """Postgres as in the local stack, which waits for the disk at every commit."""
        need("psql", "postgresql-15")
        # Where we are root, Postgres runs as another user, who has to get there.
        self.directory.chmod(0o711)
        port = free_port()
        process = Postgres("postgres", [ROOT / "deploy" / "local" / "postgres",
                                        self.directory / "postgres", port, database], {},
                           self.directory, signal.SIGINT)
        process.url = f"postgresql://trellis@127.0.0.1:{port}/{database}"
        self.processes.append(process)
        wait_for(f"postgres on port {port}", process.answers, process, 60)
        return process

    def rabbitmq(self):
        """A RabbitMQ node as in the local stack, with an epmd of its own."""
        need("epmd", "rabbitmq-server")
        epmd, port, distribution, management = (free_port() for _ in range(4))
        # In the foreground: the one that Erlang starts by itself is a daemon that stays.
        self.start("epmd", ["epmd", "-address", "127.0.0.1", "-port", epmd])
        process = RabbitMq("rabbitmq", [ROOT / "deploy" / "local" / "rabbitmq",
                                        self.directory / "rabbitmq", "bench", port, distribution,
                                        epmd, management],
                           # Else the script starts the node as a child, which would survive it.
                           {"RABBITMQ_ALLOW_INPUT": 1, "RABBITMQ_SERVER_START_ARGS": "-noinput"},
                           self.directory)
        process.url = f"amqp://guest:guest@127.0.0.1:{port}/"
        process.management = f"http://127.0.0.1:{management}/api"
        self.processes.append(process)
        wait_for(f"rabbitmq on port {port}", process.answers, process, 90)
        return process


class Postgres(Process):
    url = ""

    def query(self, sql):
        """The rows' columns as text."""
        result = subprocess.run(["psql", "-XAtq", "-F", "\t", self.url, "-c", sql],
                                capture_output=True, text=True)
        if result.returncode != 0:
            raise SystemExit(f"bench: {sql}: {result.stderr}")
        return [line.split("\t") for line in result.stdout.splitlines()]

    def number(self, sql):
        return int(self.query(sql)[0][0])

    def answers(self):
        return subprocess.run(["psql", "-XAtq", self.url, "-c", "SELECT 1"],
                              capture_output=True).returncode == 0

    def backends(self):
        children = pathlib.Path(f"/proc/{self.child.pid}/task/{self.child.pid}/children")
        return [int(pid) for pid in children.read_text().split()]

    def peak_memory_mib(self):
        return self.memory_mib()  # most of it is shared, for good

    def sum_of_backends(self, measure):
        total = 0
        for pid in self.backends():
            try:
                total += measure(pid)
            except (FileNotFoundError, ProcessLookupError):
                pass  # ended meanwhile, as that of a query of ours
        return total

    def cpu_seconds(self):
        return cpu_seconds(self.child.pid, reaped=True) + self.sum_of_backends(cpu_seconds)

    def memory_mib(self):
        """Of all its processes; what they share is counted once."""
        def proportional(pid):
            rollup = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
            return int(re.search(r"Pss:\s+(\d+)", rollup)[1]) / 1024
        return proportional(self.child.pid) + self.sum_of_backends(proportional)


class RabbitMq(Process):
    url = management = ""

    def ask(self, path, method="GET"):
        request = urllib.request.Request(self.management + path, method=method)
        request.add_header("Authorization", "Basic Z3Vlc3Q6Z3Vlc3Q=")  # guest:guest
        return json.loads(get(request) or "null")

    def answers(self):
        try:
            return self.ask("/health/checks/virtual-hosts")["status"] == "ok"
        except OSError:
            return False

    def delete(self, queue):
        self.ask(f"/queues/%2F/{queue}", "DELETE")

    def messages_in(self, queue):
        """As of some seconds ago."""
        return self.ask(f"/queues/%2F/{queue}").get("messages", 0)


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
