"""Pages of 50 posts: from Redis Cluster, from the process and from Postgres, through gRPC, beside
what redis-benchmark reaches for an MGET of the same 50 posts on one node; then through HTTP, beside
a Go service that does the same the usual way; and post-datagen beside psql's \\copy.

Pages are drawn from all users that have full ones, up to five pages of each, so that the load meets
all nodes. Rounds of all that is compared take turns, so that what else the machine does meets all
alike; the medians count."""
import json
import os
import re
import resource
import socket
import statistics
import subprocess

from copy_bench import CopyBench
from harness import BIN, Bench, need, percentile, print_table, redis_cli, write_report
from post_stack import HERE, LIMIT, REACTORS, PostStack

IN_FLIGHT = 64
DEPTH = 1_000_000
TARGET_CACHED = 0.25  # of redis-benchmark's rate
TARGET_HOT = 1.5      # times the rate of cached pages
TARGET_DEEP = 1.2     # times page 1's latency
TARGET_PEER = 1.5     # times the peer's rate
TARGET_COPY = 1.0     # times \copy's rate
CLIENT = BIN / "post_pages_benchmark"


def client(pages, *arguments):
    result = subprocess.run([CLIENT, *map(str, arguments)], capture_output=True, text=True,
                            input="".join(page.line() + "\n" for page in pages))
    if result.returncode != 0:
        raise SystemExit(f"bench: {CLIENT.name} {arguments[0]}: {result.stderr.strip()}")
    return json.loads(result.stdout)


class Cpu:
    """CPU time of processes, from here on."""

    def __init__(self, processes):
        self.processes = processes
        self.begin = {name: self.spent(name) for name in processes}

    def spent(self, name):
        return sum(process.cpu_seconds() for process in self.processes[name])

    def micros_each(self, count):
        return {name: (self.spent(name) - self.begin[name]) * 1e6 / count
                for name in self.processes}


class Mget:
    """50 posts under keys of one slot on one master, and redis-benchmark reading them."""

    def __init__(self, stack):
        self.node = stack.nodes[0]
        slot_tag = next(tag for tag in map(str, range(1000)) if redis_cli(
            self.node.port, "get", f"{{{tag}}}") == "")  # else MOVED
        self.keys = [f"{{{slot_tag}}}:post:{number}" for number in range(LIMIT)]
        values = stack.entries(LIMIT)
        self.bytes = sum(map(len, values))
        with socket.create_connection(("127.0.0.1", self.node.port)) as connection:
            for key, value in zip(self.keys, values):
                connection.sendall(b"*3\r\n$3\r\nSET\r\n$%d\r\n%s\r\n$%d\r\n%s\r\n" % (
                    len(key), key.encode(), len(value), value))
                if connection.recv(64) != b"+OK\r\n":
                    raise SystemExit("bench: SET failed")

    def measure(self, requests):
        output = subprocess.run(
            ["redis-benchmark", "-p", str(self.node.port), "-c", str(IN_FLIGHT), "-n",
             str(requests), "--csv", "MGET", *self.keys], capture_output=True, text=True,
            check=True).stdout
        fields = [field.strip('"') for field in output.strip().splitlines()[-1].split('","')]
        return {"per_second": float(fields[1]), "p50_us": float(fields[4]) * 1000,
                "p99_us": float(fields[6]) * 1000}


def check_source(stack, ops, before, expected):
    """Ends the benchmark where pages did not come from where they were to come from."""
    after = stack.counters(ops)
    grown = {name: after[name] - before.get(name, 0) for name in after}
    total = sum(grown[name] for name in ("trellis_post_local_cache_hits_total",
                                         "post_list_cache_hits_total",
                                         "post_list_cache_misses_total"))
    if grown[expected] < 0.99 * total or grown["post_object_cache_misses_total"] > 0.01 * total:
        raise SystemExit(f"bench: pages did not come by {expected}: {grown}")


def through_grpc(stack, rpc, ops, service, pages, milliseconds, expected):
    # Each page once, with no more at a time than the service lets through to Postgres.
    client(pages, "load", f"127.0.0.1:{rpc}", 4, 1)
    before = stack.counters(ops)
    cpu = Cpu({"post": [service], "redis": stack.nodes})
    figures = client(pages, "load", f"127.0.0.1:{rpc}", IN_FLIGHT, milliseconds)
    # What is read to get warm costs as much as what counts.
    count = figures["pages"] * 1.25 + len(pages)
    figures["cpu_us"] = {**cpu.micros_each(count), "client": figures.pop("client_cpu_us")}
    check_source(stack, ops, before, expected)
    return figures


def through_http(stack, url, processes, paths, seconds):
    cpu = Cpu(processes)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    output = subprocess.run(
        ["wrk", "-t", "1", "-c", str(IN_FLIGHT), "-d", f"{seconds}s", "--timeout", "10s", "-s",
         HERE / "read_pages.lua", url, "--", paths], capture_output=True, text=True,
        check=True).stdout
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    requests, errors, micros, p50, p99 = (
        int(word) for word in re.search(r"RESULT (.*)", output)[1].split())
    if errors:
        raise SystemExit(f"bench: {errors} of {requests} requests to {url} failed\n{output}")
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"per_second": requests / (micros / 1e6), "p50_us": float(p50), "p99_us": float(p99),
            "cpu_us": {**cpu.micros_each(requests), "client": spent * 1e6 / requests}}


MGET, CACHED, HOT, ONE = ("redis-benchmark MGET", "gRPC, from Redis", "gRPC, in process",
                          "gRPC, in process, one page")
PEER, HTTP, HTTP_REDIS = ("HTTP, Go peer", "HTTP, Trellis", "HTTP, Trellis from Redis")
LOCAL_HITS, LIST_HITS = "trellis_post_local_cache_hits_total", "post_list_cache_hits_total"


def in_turns(what, works, rounds):
    runs = {name: [] for name in works}
    for number in range(rounds):
        print(f"cached pages by {what}, round {number + 1} of {rounds} ...", flush=True)
        for name, work in works.items():
            runs[name].append(work())
    return runs


def measure_cached(stack, rounds, milliseconds, requests):
    stack.warm(stack.redis_url, stack.local_url)
    mget = Mget(stack)
    paths = stack.bench.directory / "paths"
    paths.write_text("".join(page.path() + "\n" for page in stack.pages))
    local = (stack.local_rpc, stack.local_ops, stack.local)
    redis = (stack.redis_rpc, stack.redis_ops, stack.redis)
    seconds = max(1, milliseconds // 1000)
    works = {
        MGET: lambda: mget.measure(requests),
        CACHED: lambda: through_grpc(stack, *redis, stack.pages, milliseconds, LIST_HITS),
        HOT: lambda: through_grpc(stack, *local, stack.pages, milliseconds, LOCAL_HITS),
        ONE: lambda: through_grpc(stack, *local, stack.pages[:1], milliseconds, LOCAL_HITS)}
    runs = in_turns("gRPC", works, rounds)
    # Not before: what the peer puts into Redis would be in the way of the others.
    stack.warm(stack.redis_url, stack.local_url, stack.peer_url)
    works = {
        PEER: lambda: through_http(stack, stack.peer_url, {
            "peer": [stack.peer], "redis": stack.nodes}, paths, seconds),
        HTTP: lambda: through_http(stack, stack.local_url, {
            "post": [stack.local], "gateway": [stack.local_gateway], "redis": stack.nodes}, paths,
            seconds),
        HTTP_REDIS: lambda: through_http(stack, stack.redis_url, {
            "post": [stack.redis], "gateway": [stack.redis_gateway], "redis": stack.nodes}, paths,
            seconds)}
    return {**runs, **in_turns("HTTP", works, rounds)}, mget.bytes


def measure_cold(stack, pages_cold, depth, turns):
    """Of pages of all users, and of the newest and of a deep page of the user with the most posts, in
    turns; every time with nothing in the caches."""
    print("cold pages ...", flush=True)
    address = f"127.0.0.1:{stack.redis_rpc}"
    ports = ",".join(str(node.port) for node in stack.nodes[:3])
    user, count = stack.postgres.query(
        "SELECT user_id, count(*) FROM posts GROUP BY user_id ORDER BY count(*) DESC LIMIT 1")[0]
    depth = min(depth, int(count) - 2 * LIMIT)
    below = stack.postgres.query(
        f"SELECT id FROM posts WHERE user_id = {user} ORDER BY id DESC"
        f" OFFSET {depth - 1} LIMIT 1")[0][0]
    page = type(stack.pages[0])
    first, deep = page(int(user), 0, None), page(int(user), 0, int(below))
    step = max(1, len(stack.pages) // pages_cold)
    spread = client(stack.pages[::step][:pages_cold], "cold", address, ports)["us"]
    both = client([first, deep] * turns, "cold", address, ports)["us"][20:]
    summary = lambda values: {"p50_us": percentile(values, 0.5), "p99_us": percentile(values, 0.99),
                              "count": len(values)}
    return {"all": summary(spread), "first": summary(both[::2]), "deep": summary(both[1::2]),
            "depth": depth}


def median_of(rounds):
    """Of each figure by itself."""
    first = rounds[0]
    return {key: median_of([round_[key] for round_ in rounds]) if isinstance(first[key], dict)
            else statistics.median(round_[key] for round_ in rounds) for key in first}


def judge(figures, cold, copied):
    """What was wanted: (in words, measured, reached)."""
    rate = {name: figures[name]["per_second"] for name in figures}
    deep = cold["deep"]["p50_us"] / cold["first"]["p50_us"]
    wanted = [
        (f"cached page: at least {TARGET_CACHED:g} of redis-benchmark's MGET of {LIMIT} keys",
         rate[CACHED] / rate[MGET], TARGET_CACHED),
        (f"hot page from the process: at least {TARGET_HOT:g} times a cached one",
         rate[HOT] / rate[CACHED], TARGET_HOT),
        (f"Trellis through gateway and gRPC: at least {TARGET_PEER:g} times the Go peer",
         rate[HTTP] / rate[PEER], TARGET_PEER),
        (f"post-datagen: at least {TARGET_COPY:g} times \\copy",
         copied["datagen"] / copied["copy"], TARGET_COPY)]
    verdicts = [(words, measured, measured >= least) for words, measured, least in wanted]
    verdicts.insert(2, (f"cold page at depth {cold['depth']:,}: at most {TARGET_DEEP:g} times "
                        "page 1 (p50)", deep, deep <= TARGET_DEEP))
    return verdicts


def print_all(figures, cold, copied, mget_bytes):
    print_table([f"{IN_FLIGHT} in flight", "pages per second", "p50 us", "p99 us", "CPU us a page"],
                [[name, own["per_second"], own["p50_us"], own["p99_us"],
                  ", ".join(f"{who} {cost:.0f}" for who, cost in own.get("cpu_us", {}).items())]
                 for name, own in figures.items()])
    print(f"An answer of MGET has {mget_bytes:,} bytes of posts, a page through gRPC "
          f"{figures[CACHED]['bytes_per_page']:,.0f}.\n")
    print_table(["one cold page at a time", "p50 us", "p99 us"], [
        ["pages of all users", cold["all"]["p50_us"], cold["all"]["p99_us"]],
        ["page 1 of the largest user", cold["first"]["p50_us"], cold["first"]["p99_us"]],
        [f"its page at depth {cold['depth']:,}", cold["deep"]["p50_us"], cold["deep"]["p99_us"]]])
    print()
    print_table(["filling Postgres", "rows per second"],
                [["post-datagen", copied["datagen"]], ["psql \\copy", copied["copy"]]])
    print()


def run(quick):
    for tool, package in (("wrk", "wrk"), ("redis-benchmark", "redis-tools")):
        need(tool, package)
    load = os.getloadavg()[0]
    if load > 1:
        print(f"others use this machine (load {load:.1f}): wait for a quiet one for figures to keep")
    posts, rounds, milliseconds, requests = (
        (200_000, 1, 500, 20_000) if quick else (2_000_000, 5, 3000, 100_000))
    with Bench() as bench:
        stack = PostStack(bench, posts)
        runs, mget_bytes = measure_cached(stack, rounds, milliseconds, requests)
        cold = measure_cold(stack, 100 if quick else 500, DEPTH, 50 if quick else 300)
        copies = CopyBench(stack.postgres, bench.directory, 50_000 if quick else 500_000).run(
            1 if quick else 3)
        users, pages, go = len({page.user for page in stack.pages}), len(stack.pages), stack.go
    figures = {name: median_of(runs[name]) for name in runs}
    copied = {name: statistics.median(copies[name]) for name in copies}
    print(f"\n{posts:,} posts; {pages:,} pages of {users} users; REACTORS={REACTORS}; {go}\n")
    print_all(figures, cold, copied, mget_bytes)
    verdicts = judge(figures, cold, copied)
    for wanted, measured, reached in verdicts:
        print(f"{wanted}: {measured:.2f}: {'PASS' if reached else 'FAIL'}")
    reached = all(verdict[2] for verdict in verdicts)
    write_report("post", {
        "quick": quick, "load_at_start": load, "posts": posts, "pages": pages, "users": users,
        "go": go, "reactors": REACTORS, "in_flight": IN_FLIGHT,
        "rounds": rounds, "milliseconds": milliseconds,
        "medians": figures, "rounds_of": runs, "cold": cold,
        "rows_per_second": {"median": copied, "rounds_of": copies},
        "targets": [{"wanted": wanted, "measured": measured, "reached": verdict}
                    for wanted, measured, verdict in verdicts],
        "reached": reached})
    return 0 if reached or quick else 1
