"""One worker process drains 500,000 jobs into the durable file, a line each; beside it BullMQ, with
one process and a job function that does nothing, drains as many from a Redis set up alike. Then jobs
come at a steady pace, for the time from enqueue to line."""
import http.client
import json
import shutil
import subprocess
import time

from harness import (BIN, ROOT, Bench, free_port, get, need, percentile, print_table, ready,
                     redis_cli, wait_for, write_report)

TARGET = 4.0
MESSAGE = "the message of a job, of an ordinary length"
PEER = ROOT / "tests" / "bench" / "peers" / "bullmq"


def fill(port, count):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    body = json.dumps({"jobs": [{"message": MESSAGE}] * 1000})
    for _ in range(count // 1000):
        connection.request("POST", "/v1/queues/messages/jobs:batch", body,
                           {"Content-Type": "application/json"})
        response = connection.getresponse()
        response.read()
        if response.status != 200:
            raise SystemExit(f"bench: filling the queue was answered {response.status}")


def processed(redis_port):
    return int(redis_cli(redis_port, "hget", "{messages}:stats", "processed") or 0)


def drain(bench, redis_port, count, output):
    ops = free_port()
    before = processed(redis_port)
    start = time.monotonic()
    worker = bench.start("enqueue-worker", [BIN / "enqueue-worker"], OPS_ADDR=ops,
                         REDIS_ADDR=f"127.0.0.1:{redis_port}", OUTPUT_PATH=output)
    wait_for("all jobs", lambda: processed(redis_port) - before >= count, worker, 300)
    seconds = time.monotonic() - start
    lines = sum(1 for _ in open(output))
    if lines != count:
        raise SystemExit(f"bench: {count} jobs made {lines} lines")
    return worker, seconds


def paced(http_port, output, count, per_second):
    """Milliseconds from enqueue (the time in the id) to line, of jobs that come one by one."""
    before = sum(1 for _ in open(output))
    connection = http.client.HTTPConnection("127.0.0.1", http_port, timeout=10)
    due = time.monotonic()
    for _ in range(count):
        connection.request("POST", "/enqueue", MESSAGE)
        connection.getresponse().read()
        due += 1 / per_second
        time.sleep(max(0, due - time.monotonic()))
    wait_for("the paced jobs", lambda: sum(1 for _ in open(output)) >= before + count)
    latencies = []
    for line in open(output).readlines()[before:]:
        stamp, job, _ = line.split("\t", 2)
        seconds = time.mktime(time.strptime(stamp[:19], "%Y-%m-%dT%H:%M:%S")) - time.timezone
        enqueued = int(job[:8] + job[9:13], 16)
        latencies.append(seconds * 1000 + int(stamp[20:23]) - enqueued)
    return latencies


def bullmq(bench, count):
    """Jobs a second and peak memory in MiB of the peer; nothing where npm is missing."""
    if shutil.which("npm") is None:
        print("BullMQ is left out: there is no npm")
        return None
    modules = bench.directory / "bullmq"
    shutil.copytree(PEER, modules)
    # Not `npm ci`: it refuses lock files whose optional packages are of other platforms.
    subprocess.run(["npm", "install", "--silent", "--no-audit", "--no-fund"], cwd=modules,
                   check=True)
    redis, port = bench.redis("redis-of-bullmq")
    subprocess.run(["node", "fill.mjs", str(port), str(count)], cwd=modules, check=True)
    output = subprocess.run(["node", "drain.mjs", str(port), str(count)], cwd=modules, check=True,
                            capture_output=True, text=True).stdout
    bench.stop(redis)
    result = json.loads(output.strip().splitlines()[-1])
    return count / result["seconds"], result["peak_memory_mib"]


def run(quick):
    need("redis-cli", "redis-tools")
    count = 20_000 if quick else 500_000
    with Bench() as bench:
        redis, redis_port = bench.redis()
        rpc, ops, http_port = free_port(), free_port(), free_port()
        enqueue = bench.start("enqueue", [BIN / "enqueue"], RPC_ADDR=rpc, OPS_ADDR=ops,
                              REDIS_ADDR=f"127.0.0.1:{redis_port}")
        gateway = bench.start("gateway", [BIN / "gateway"], HTTP_ADDR=http_port,
                              ENQUEUE_ADDR=f"127.0.0.1:{rpc}")
        wait_for("enqueue", lambda: ready(f"http://127.0.0.1:{ops}/readyz"), enqueue)
        wait_for("gateway", lambda: ready(f"http://127.0.0.1:{http_port}/readyz"), gateway)
        print(f"enqueueing {count:,} jobs ...", flush=True)
        start = time.monotonic()
        fill(http_port, count)
        fill_rate = count / (time.monotonic() - start)
        # On the disk that the checkout is on; a temporary directory may be memory.
        output = ROOT / "build" / "bench-processed.log"
        output.unlink(missing_ok=True)
        print("draining ...", flush=True)
        worker, seconds = drain(bench, redis_port, count, output)
        rate = count / seconds
        cpu = {"worker": worker.cpu_seconds(), "redis": redis.cpu_seconds()}
        print("measuring at a steady pace ...", flush=True)
        latencies = paced(http_port, output, 200 if quick else 4000, 400)
        memory = worker.peak_memory_mib()
        output.unlink()
        for process in (worker, gateway, enqueue, redis):
            bench.stop(process)
        print("draining with BullMQ ...", flush=True)
        peer = bullmq(bench, count)
    rows = [["Trellis", rate, memory]]
    if peer:
        rows.append(["BullMQ", *peer])
    print_table([f"draining {count:,}", "jobs per second", "peak MiB"], rows)
    p50, p90, p99 = (percentile(latencies, share) for share in (0.5, 0.9, 0.99))
    print(f"enqueue to line at 400 a second, ms: p50 {p50}, p90 {p90}, p99 {p99}")
    print(f"enqueued {fill_rate:,.0f} a second in batches of 1,000")
    ratio = rate / peer[0] if peer else None
    verdict = ratio is not None and ratio >= TARGET
    if ratio is not None:
        print(f"{ratio:.2f} times BullMQ, wanted {TARGET}: "
              f"{'reached' if verdict else 'NOT reached'}")
    write_report("worker", {
        "quick": quick, "jobs": count, "jobs_per_second": rate, "peak_memory_mib": memory,
        "cpu_seconds": cpu, "batch_enqueue_per_second": fill_rate,
        "enqueue_to_line_ms": {"p50": p50, "p90": p90, "p99": p99, "count": len(latencies)},
        "bullmq": peer and {"jobs_per_second": peer[0], "peak_memory_mib": peer[1]},
        "ratio": ratio, "target_ratio": TARGET, "reached": verdict})
    return 0 if verdict or quick else 1
