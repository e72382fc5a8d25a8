"""Weather's request/reply over Redis Streams beside NATS' request/reply, and what each layer costs.

At the stream layer a requester with the service's channel asks a weather-worker; beside it a requester
with NATS' C client asks a responder that does the same work. Both sides are three processes:
requester, server, responder. Then the same through gRPC: the service and its worker, beside the
service's RPC answered in process, without a stream. Rounds of all four take turns, so that what else
the machine does meets all alike; the medians count."""
import json
import os
import statistics
import subprocess

from harness import BIN, Bench, free_port, need, print_table, ready, wait_for, write_report

TARGET_P50 = 3.0   # times NATS', one call at a time
TARGET_RATE = 0.5  # of NATS', at RATE_AT in flight
RATE_AT = 256
IN_FLIGHT = (1, 64, 256)
FEW = 64  # as in weather_nats_benchmark.cc
STREAM, NATS, RPC, DIRECT = ("stream", "NATS request/reply", "gRPC and stream", "gRPC alone")
SYSTEMS = (STREAM, NATS, RPC, DIRECT)


def requester(program, port, callers, milliseconds):
    """A run of one of the requesters, and the CPU time that it took itself."""
    before = os.times()
    result = subprocess.run([BIN / program, f"127.0.0.1:{port}", str(callers), str(milliseconds)],
                            capture_output=True, text=True)
    if result.returncode != 0:
        raise SystemExit(f"bench: {program} with {callers} in flight: {result.stderr.strip()}")
    after = os.times()
    cpu = (after.children_user + after.children_system
           - before.children_user - before.children_system)
    return json.loads(result.stdout), cpu


class System:
    """One of those that are compared: what asks, and the processes that answer."""

    def __init__(self, program, port, processes):
        self.program, self.port, self.processes = program, port, processes

    def measure(self, callers, milliseconds):
        before = {process.name: process.cpu_seconds() for process in self.processes}
        figures, cpu = requester(self.program, self.port, callers, milliseconds)
        # What the requester calls to get warm costs as much as what counts.
        calls = figures["calls"] * 1.25
        figures["cpu_us_per_call"] = {"requester": cpu * 1e6 / calls, **{
            process.name: (process.cpu_seconds() - before[process.name]) * 1e6 / calls
            for process in self.processes}}
        return figures


class Nats:
    """A responder that answers at once for few callers, one that gathers for many: the faster way."""

    def __init__(self, bench):
        port = free_port()
        server = bench.start("nats-server", ["nats-server", "-a", "127.0.0.1", "-p", port])
        wait_for(f"nats-server on port {port}", lambda: "Server is ready" in
                 server.log.read_text(), server)
        self.bench, self.server, self.port = bench, server, port

    def measure(self, callers, milliseconds):
        mode = "asap" if callers <= FEW else "gathered"
        responder = self.bench.start("responder", [
            BIN / "weather_nats_benchmark", "respond", f"127.0.0.1:{self.port}", mode])
        wait_for("the responder", lambda: "ready" in responder.log.read_text(), responder)
        system = System("weather_nats_benchmark", self.port, [self.server, responder])
        figures = system.measure(callers, milliseconds)
        self.bench.stop(responder)
        return figures


def start_worker(bench, name, redis_port):
    ops = free_port()
    worker = bench.start(name, [BIN / "weather-worker"], OPS_ADDR=ops,
                         REDIS_ADDR=f"127.0.0.1:{redis_port}")
    wait_for(name, lambda: ready(f"http://127.0.0.1:{ops}/readyz"), worker)
    return worker


def start_service(bench, name, program, **variables):
    rpc, ops = free_port(), free_port()
    service = bench.start(name, [BIN / program], RPC_ADDR=rpc, OPS_ADDR=ops, **variables)
    wait_for(name, lambda: ready(f"http://127.0.0.1:{ops}/readyz"), service)
    return service, rpc


def start_all(bench):
    redis, redis_port = bench.redis()
    worker = start_worker(bench, "weather-worker", redis_port)
    # The limit is to follow the workers' latency; here it is not to refuse what is to be measured.
    service, rpc = start_service(bench, "weather", "weather", LIMIT_MIN=1000, LIMIT_INITIAL=1000,
                                 REDIS_ADDR=f"127.0.0.1:{redis_port}")
    direct, direct_rpc = start_service(bench, "weather-direct", "weather_direct_benchmark")
    return {STREAM: System("weather_stream_benchmark", redis_port, [redis, worker]),
            NATS: Nats(bench),
            RPC: System("weather_rpc_benchmark", rpc, [service, redis, worker]),
            DIRECT: System("weather_rpc_benchmark", direct_rpc, [direct])}


def median_of(rounds):
    """Of each figure by itself."""
    first = rounds[0]
    return {key: median_of([round_[key] for round_ in rounds]) if isinstance(first[key], dict)
            else statistics.median(round_[key] for round_ in rounds) for key in first}


def measure_all(systems, rounds, milliseconds):
    runs = {name: {callers: [] for callers in IN_FLIGHT} for name in SYSTEMS}
    for number in range(rounds):
        for callers in IN_FLIGHT:
            print(f"round {number + 1} of {rounds}, {callers} in flight ...", flush=True)
            for name in SYSTEMS:
                runs[name][callers].append(systems[name].measure(callers, milliseconds))
    return runs


def judge(figures):
    """What was wanted: (in words, measured, reached)."""
    latency = figures[STREAM][1]["p50_us"] / figures[NATS][1]["p50_us"]
    rate = figures[STREAM][RATE_AT]["per_second"] / figures[NATS][RATE_AT]["per_second"]
    return [(f"one call at a time: p50 at most {TARGET_P50:g} times NATS'", latency,
             latency <= TARGET_P50),
            (f"{RATE_AT} in flight: calls a second at least {TARGET_RATE:g} of NATS'", rate,
             rate >= TARGET_RATE)]


def print_all(figures):
    rows = []
    for callers in IN_FLIGHT:
        peer = figures[NATS][callers]
        for name in SYSTEMS:
            own = figures[name][callers]
            rows.append([f"{name}, {callers}", own["per_second"], own["p50_us"], own["p99_us"],
                         own["per_second"] / peer["per_second"], own["p50_us"] / peer["p50_us"]])
    print_table(["in flight", "calls per second", "p50 us", "p99 us", "rate / NATS", "p50 / NATS"],
                rows)
    print()
    for callers in (IN_FLIGHT[0], IN_FLIGHT[-1]):
        print(f"CPU us per call, {callers} in flight: " + "; ".join(
            f"{name}: " + ", ".join(f"{process} {cost:.1f}" for process, cost in
                                    figures[name][callers]["cpu_us_per_call"].items())
            for name in SYSTEMS))
    print()


def run(quick):
    need("nats-server", "nats-server")
    if not (BIN / "weather_nats_benchmark").exists():
        raise SystemExit("bench: weather_nats_benchmark is missing; install libnats-dev and build")
    load = os.getloadavg()[0]
    if load > 1:
        print(f"others use this machine (load {load:.1f}): wait for a quiet one for figures to keep")
    rounds, milliseconds = (1, 300) if quick else (5, 1500)
    with Bench() as bench:
        runs = measure_all(start_all(bench), rounds, milliseconds)
    figures = {name: {callers: median_of(runs[name][callers]) for callers in IN_FLIGHT}
               for name in SYSTEMS}
    print_all(figures)
    verdicts = judge(figures)
    for wanted, measured, reached in verdicts:
        print(f"{wanted}: {measured:.2f}: {'PASS' if reached else 'FAIL'}")
    reached = all(verdict[2] for verdict in verdicts)
    write_report("weather", {
        "quick": quick, "load_at_start": load, "rounds": rounds, "milliseconds": milliseconds,
        "medians": figures, "rounds_of": runs,
        "targets": [{"wanted": wanted, "measured": measured, "reached": verdict}
                    for wanted, measured, verdict in verdicts],
        "reached": reached})
    return 0 if reached or quick else 1
