"""POST /enqueue through gateway, gRPC and the durable Redis, beside what redis-benchmark's LPUSH
reaches on the same Redis with as many connections: the limit of any design that stores one job a
request."""
import re
import subprocess

from harness import (BIN, Bench, free_port, need, print_table, ready, redis_cli, wait_for,
                     write_report)

CONNECTIONS = (16, 64, 256)
TARGET_AT_64 = 0.22
BODY = '{"message":"the message of a job, of an ordinary length"}'

WRK_SCRIPT = """
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.body = '%s'
done = function(summary, latency)
  io.write(string.format("RESULT %%d %%d %%d %%.0f %%.0f %%.0f\\n", summary.requests,
    summary.errors.status, summary.duration, latency:percentile(50), latency:percentile(90),
    latency:percentile(99)))
end
""" % BODY


def lpush(port, connections, requests):
    """Requests a second and p50, p90, p99 in ms."""
    output = subprocess.run(
        ["redis-benchmark", "-p", str(port), "-c", str(connections), "-n", str(requests),
         "--csv", "LPUSH", "limit", BODY], capture_output=True, text=True, check=True).stdout
    # "test","rps","avg","min","p50","p95","p99","max"
    fields = [field.strip('"') for field in output.strip().splitlines()[-1].split('","')]
    redis_cli(port, "del", "limit")
    return float(fields[1]), float(fields[4]), float(fields[5]), float(fields[6])


def wrk(url, connections, seconds, script):
    output = subprocess.run(
        ["wrk", "-t", "1", "-c", str(connections), "-d", f"{seconds}s", "-s", script, url],
        capture_output=True, text=True, check=True).stdout
    requests, errors, micros, *latencies = (
        int(word) for word in re.search(r"RESULT (.*)", output)[1].split())
    if errors:
        raise SystemExit(f"bench: {errors} of {requests} requests were refused\n{output}")
    return requests, requests / (micros / 1e6), [value / 1000 for value in latencies]


def run(quick):
    need("wrk", "wrk")
    need("redis-benchmark", "redis-tools")
    seconds, limit_requests = (1, 20_000) if quick else (10, 400_000)
    rows, results = [], []
    with Bench() as bench:
        redis, redis_port = bench.redis()
        rpc, ops, http = free_port(), free_port(), free_port()
        enqueue = bench.start("enqueue", [BIN / "enqueue"], RPC_ADDR=rpc, OPS_ADDR=ops,
                              REDIS_ADDR=f"127.0.0.1:{redis_port}")
        gateway = bench.start("gateway", [BIN / "gateway"], HTTP_ADDR=http,
                              ENQUEUE_ADDR=f"127.0.0.1:{rpc}", ORDER_ADDR="none",
                              WEATHER_ADDR="none", POST_ADDR="none", KEYTEST_ADDR="none")
        wait_for("enqueue", lambda: ready(f"http://127.0.0.1:{ops}/readyz"), enqueue)
        wait_for("gateway", lambda: ready(f"http://127.0.0.1:{http}/readyz"), gateway)
        script = bench.directory / "post.lua"
        script.write_text(WRK_SCRIPT)
        url = f"http://127.0.0.1:{http}/enqueue"
        wrk(url, 16, 1, script)  # warms up; also connects the gateway to the service
        redis_cli(redis_port, "flushall")
        for connections in CONNECTIONS:
            print(f"measuring with {connections} connections ...", flush=True)
            limit, *limit_latency = lpush(redis_port, connections, limit_requests)
            before = int(redis_cli(redis_port, "llen", "messages"))
            requests, rate, latency = wrk(url, connections, seconds, script)
            stored = int(redis_cli(redis_port, "llen", "messages")) - before
            if stored < requests:
                raise SystemExit(f"bench: {requests} acknowledged, but only {stored} stored")
            rows.append([f"LPUSH, {connections}", limit, *limit_latency, ""])
            rows.append([f"Trellis, {connections}", rate, *latency, rate / limit])
            results.append({"connections": connections, "requests": requests,
                            "requests_per_second": rate, "ratio": rate / limit,
                            "p50_ms": latency[0], "p90_ms": latency[1], "p99_ms": latency[2],
                            "limit_per_second": limit, "limit_p50_ms": limit_latency[0],
                            "limit_p95_ms": limit_latency[1], "limit_p99_ms": limit_latency[2]})
            redis_cli(redis_port, "flushall")
        memory = {process.name: process.peak_memory_mib()
                  for process in (redis, enqueue, gateway)}
    print_table(["at connections", "per second", "p50 ms", "p90 ms (LPUSH: p95)", "p99 ms",
                 "of the limit"], rows)
    print("peak memory, MiB:", ", ".join(f"{name} {mib:.0f}" for name, mib in memory.items()))
    reached = results[1]["ratio"]
    verdict = reached >= TARGET_AT_64
    print(f"at 64 connections: {reached:.3f} of the limit, wanted {TARGET_AT_64}: "
          f"{'reached' if verdict else 'NOT reached'}")
    write_report("gateway", {"quick": quick, "seconds": seconds, "results": results,
                             "peak_memory_mib": memory, "target_ratio_at_64": TARGET_AT_64,
                             "reached": verdict})
    return 0 if verdict or quick else 1
