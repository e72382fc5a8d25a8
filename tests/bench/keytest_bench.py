"""Every expiry of a KeyTest, from when the key was due to the record of its effect, with many keys
beside that are not due, and Redis' own expired events in the same runs.

Two measurements: how many keys a second go through everything when far more are due than can be
done, and how late keys are at a pace that leaves room."""
import os
import socket
import threading
import time

from harness import (BIN, Bench, free_port, need, print_table, ready, wait_for,
                     write_report)

TARGETS = {"rabbitmq": 5000, "nats": 20_000}
TARGET_P99_MS = 20
CONSUMERS = 2
BESIDE = (0, 10_000, 100_000, 1_000_000)
RAW_KEYS = 200


class Commands:
    """A connection to Redis: commands in RESP2, answers as Python values."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.file = self.socket.makefile("rb")

    def __call__(self, *words):
        self.send(*words)
        return self.read()

    def send(self, *words):
        parts = [str(word).encode() for word in words]
        self.socket.sendall(b"*%d\r\n" % len(parts) +
                            b"".join(b"$%d\r\n%s\r\n" % (len(p), p) for p in parts))

    def read(self):
        line = self.file.readline()
        if not line:
            raise EOFError
        kind, rest = line[:1], line[1:-2]
        if kind == b"-":
            raise RuntimeError(rest.decode())
        if kind == b"+":
            return rest.decode()
        if kind == b":":
            return int(rest)
        if rest == b"-1":
            return None
        if kind == b"*":
            return [self.read() for _ in range(int(rest))]
        return self.file.read(int(rest) + 2)[:-2].decode()


class RawEvents:
    """Keys with a TTL that nobody touches, and when Redis tells that they have expired."""

    def __init__(self, port):
        self.late = {}
        self.due = {}
        self.commands = Commands(port)
        subscriber = Commands(port)
        subscriber("subscribe", "__keyevent@0__:expired")
        threading.Thread(target=self.listen, args=(subscriber,), daemon=True).start()

    def listen(self, subscriber):
        try:
            while True:
                message = subscriber.read()[2]
                if message in self.due:
                    self.late[message] = (time.time() - self.due[message]) * 1000
        except (EOFError, OSError):
            pass

    def write(self, name):
        self.late, self.due = {}, {}
        for i in range(RAW_KEYS):
            due = int(time.time() * 1000) + 100
            self.due[f"raw:{name}:{i}"] = due / 1000
            self.commands("set", f"raw:{name}:{i}", 1, "pxat", due)

    def figures(self):
        """Those that have not been told of count as late as they are by now."""
        now = time.time()
        late = sorted(self.late.get(key, (now - due) * 1000) for key, due in self.due.items())
        told = len(self.late)
        self.commands("del", *self.due)
        return {"p50_ms": late[len(late) // 2], "p99_ms": late[int(len(late) * 0.99)],
                "told": told, "of": len(late), "waited_s": now - min(self.due.values())}


class Stack:
    def __init__(self, bench, stream, settings):
        self.redis, self.redis_port = bench.redis()
        self.commands = Commands(self.redis_port)
        variables = {"REDIS_ADDR": f"127.0.0.1:{self.redis_port}"}
        rpc, ops, http = free_port(), free_port(), free_port()
        self.service = bench.start("keytest", [BIN / "keytest"], RPC_ADDR=rpc, OPS_ADDR=ops,
                                   **variables)
        wait_for("keytest", lambda: ready(f"http://127.0.0.1:{ops}/readyz"), self.service)
        self.consumers = []
        for i in range(CONSUMERS):
            ops = free_port()
            self.consumers.append(bench.start(f"keytest-consumer-{i}", [BIN / "keytest-consumer"],
                                              OPS_ADDR=ops, EVENT_STREAM=stream, **variables,
                                              **settings))
            wait_for("keytest-consumer", lambda: ready(f"http://127.0.0.1:{ops}/readyz"),
                     self.consumers[-1], 60)
        # The gateway is no part of what is measured: tests are started as the service does it.
        self.url = f"http://127.0.0.1:{http}"
        self.gateway = bench.start("gateway", [BIN / "gateway"], HTTP_ADDR=http,
                                   ENQUEUE_ADDR="none", ORDER_ADDR="none", WEATHER_ADDR="none",
                                   POST_ADDR="none", KEYTEST_ADDR=f"127.0.0.1:{rpc}")
        wait_for("gateway", lambda: ready(f"{self.url}/readyz"), self.gateway)

    def ask(self, path, body=None):
        import json
        import urllib.request
        request = urllib.request.Request(self.url + path, method="GET" if body is None else "POST",
                                         headers={"Content-Type": "application/json"},
                                         data=None if body is None else json.dumps(body).encode())
        with urllib.request.urlopen(request, timeout=10) as response:
            return json.load(response)

    def processes(self):
        return [self.redis, self.service, *self.consumers]

    def fill(self, keys):
        """So many keys beside, none of them due for an hour and more."""
        have = self.commands("dbsize")
        for first in range(1, keys + 1, 10_000):
            self.commands("eval", "for i = ARGV[1], ARGV[1] + 9999 do redis.call('SET', 'undue:' .. i,"
                          " 1, 'PX', 7200000 + i) end", 0, first)
        return have

    def test(self, keys, delay_ms, ttl_ms, seconds=300):
        """Runs a test to its end; its last status with what the processes used."""
        before = [process.cpu_seconds() for process in self.processes()]
        self.ask("/v1/keytest:start", {"keys": keys, "delayMs": delay_ms, "ttlMs": ttl_ms})
        wait_for(f"{keys} keys", lambda: self.ask("/v1/keytest/status")["state"] == "DONE",
                 self.service, seconds)
        status = self.ask("/v1/keytest/status")
        if int(status["consumed"]) != keys or int(status.get("dead", 0)) != 0:
            raise SystemExit(f"bench: of {keys} keys {status['consumed']} were consumed")
        status["cpu_us"] = {process.name: 1e6 * (process.cpu_seconds() - spent) / keys
                            for process, spent in zip(self.processes(), before)}
        return status


def start_broker(bench, stream):
    """The consumers' settings for it."""
    if stream == "rabbitmq":
        return {"RABBITMQ_URLS": bench.rabbitmq().url}
    port = free_port()
    server = bench.start("nats-server", ["nats-server", "-a", "127.0.0.1", "-p", port, "-js", "-sd",
                                         bench.directory / "nats"])
    wait_for(f"nats-server on port {port}", lambda: "Server is ready" in server.log.read_text(),
             server)
    return {"NATS_URL": f"nats://127.0.0.1:{port}"}


def consumed_at(stack):
    return int(stack.commands("get", "metrics:consumed") or 0)


def sustained(stack, keys):
    """Keys that are all written before the first is due; then what is done a second between a tenth
    and nine tenths of them."""
    stack.ask("/v1/keytest:start", {"keys": keys, "delayMs": 0, "ttlMs": 4000})
    before = [process.cpu_seconds() for process in stack.processes()]
    marks = {}
    end = time.monotonic() + 300
    while consumed_at(stack) < keys:
        done, now = consumed_at(stack), time.monotonic()
        for share in (0.1, 0.9):
            if done >= share * keys and share not in marks:
                marks[share] = (done, now)
        if now > end:
            raise SystemExit("bench: the keys were not consumed in time")
        time.sleep(0.002)
    marks.setdefault(0.9, (keys, time.monotonic()))
    (first, start), (last, stop) = marks[0.1], marks[0.9]
    cpu = {process.name: 1e6 * (process.cpu_seconds() - spent) / keys
           for process, spent in zip(stack.processes(), before)}
    return {"per_second": (last - first) / max(stop - start, 1e-3), "cpu_us_per_key": cpu}


def measure(stream, settings, bench, quick):
    stack = Stack(bench, stream, settings)
    raw = RawEvents(stack.redis_port)
    keys = 10_000 if quick else 60_000
    results = {}
    for beside in BESIDE if not quick else (0, 10_000):
        stack.fill(beside)
        print(f"{stream}, {beside:,} undue keys beside ...", flush=True)
        raw.write(f"{beside}")
        paced = stack.test(2000 if quick else 10_000, 1, 100)
        wait = time.time() + (2 if quick else 10)
        while len(raw.late) < RAW_KEYS and time.time() < wait:
            time.sleep(0.05)
        events = raw.figures()
        rates = sorted((sustained(stack, keys) for _ in range(1 if quick else 3)),
                       key=lambda figures: figures["per_second"])
        results[beside] = {**rates[len(rates) // 2], "p50_ms": paced["latenessP50Ms"],
                           "p99_ms": paced["latenessP99Ms"], "raw": events}
    return results


def run(quick):
    need("redis-server", "redis-server")
    need("nats-server", "nats-server")
    load = os.getloadavg()[0]
    if load > 1:
        print(f"others use this machine (load {load:.1f}): wait for a quiet one for figures to keep")
    figures, verdicts = {}, []
    for stream, target in TARGETS.items():
        with Bench() as bench:
            settings = start_broker(bench, stream)
            figures[stream] = measure(stream, settings, bench, quick)
        rows = [[f"{stream}, {beside:,}", row["per_second"], row["p50_ms"], row["p99_ms"],
                 row["raw"]["p50_ms"], row["raw"]["p99_ms"],
                 f"{row['raw']['told']}/{row['raw']['of']}"]
                for beside, row in figures[stream].items()]
        print_table(["undue keys beside", "expiries/s", "p50 ms", "p99 ms", "raw p50 ms",
                     "raw p99 ms", "raw told"], rows)
        print("CPU us per key: " + ", ".join(f"{name} {cost:.1f}" for name, cost in
                                             figures[stream][0]["cpu_us_per_key"].items()))
        for beside, row in figures[stream].items():
            verdicts.append((f"{stream}, {beside:,} beside: at least {target:,} expiries/s",
                             row["per_second"], row["per_second"] >= target))
            verdicts.append((f"{stream}, {beside:,} beside: p99 at most {TARGET_P99_MS} ms late",
                             row["p99_ms"], row["p99_ms"] <= TARGET_P99_MS))
    for wanted, measured, reached in verdicts:
        print(f"{wanted}: {measured:,.1f}: {'PASS' if reached else 'FAIL'}")
    reached = all(verdict[2] for verdict in verdicts)
    write_report("keytest", {"quick": quick, "load_at_start": load, "consumers": CONSUMERS,
                             "figures": figures, "targets": [
                                 {"wanted": wanted, "measured": measured, "reached": verdict}
                                 for wanted, measured, verdict in verdicts], "reached": reached})
    return 0 if reached or quick else 1
