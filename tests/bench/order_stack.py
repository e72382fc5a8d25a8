"""Order with all that it stands on, and what the benchmark asks of it."""
import pathlib
import re
import resource
import subprocess

from harness import BIN, free_port, get, ready, redis_cli, wait_for

SKU = "mag-safe-phone-case"
CONNECTIONS = 64
LUA = pathlib.Path(__file__).parent / "place_orders.lua"
PLENTY = 1_000_000_000


def buckets(text, name):
    """Of a histogram in Prometheus' text format: upper bound -> count."""
    return {float(bound.replace("+Inf", "inf")): float(count) for bound, count in
            re.findall(rf'^{name}_bucket{{le="([^"]+)"}} (\S+)$', text, re.MULTILINE)}


def sample(text, name, **labels):
    """The value of one time series in Prometheus' text format; 0 while it is not there."""
    for found, value in re.findall(rf"^{name}(?:{{(.*)}})? (\S+)$", text, re.MULTILINE):
        if all(f'{key}="{wanted}"' in found for key, wanted in labels.items()):
            return float(value)
    return 0


class OrderStack:
    """Runs until the Bench ends that it was made with."""

    def __init__(self, bench, broker):
        self.bench = bench
        self.redis, self.redis_port = bench.redis()
        self.broker = broker
        self.postgres = bench.postgres("trellis_order")
        self.needs = {"REDIS_ADDR": f"127.0.0.1:{self.redis_port}", "DB_URL": self.postgres.url,
                      "RABBITMQ_URLS": broker.url}
        self.ops = {}
        self.dead = 0  # of processors that are gone
        self.notifications = bench.directory / "notifications.log"
        rpc = free_port()
        self.order = self.start("order", RPC_ADDR=rpc)
        self.start_processor()
        self.idle_processor_mib = self.processor.memory_mib()
        self.notifier = self.start("order-notifier", OUTPUT_PATH=self.notifications)
        http = free_port()
        self.url = f"http://127.0.0.1:{http}"
        # Nobody enqueues here.
        self.gateway = bench.start("gateway", [BIN / "gateway"], HTTP_ADDR=http,
                                   ENQUEUE_ADDR="none", ORDER_ADDR=f"127.0.0.1:{rpc}",
                                   WEATHER_ADDR="none", POST_ADDR="none", KEYTEST_ADDR="none")
        wait_for("gateway", lambda: ready(f"{self.url}/readyz"), self.gateway)
        redis_cli(self.redis_port, "set", f"inventory:{SKU}", PLENTY)
        # Not a number but a hash: whatever asks for this stock fails, each time.
        redis_cli(self.redis_port, "hset", "inventory:poison", "no", "stock")

    def start(self, program, **variables):
        ops = free_port()
        process = self.bench.start(program, [BIN / program], OPS_ADDR=ops, **self.needs,
                                   **variables)
        wait_for(program, lambda: ready(f"http://127.0.0.1:{ops}/readyz"), process, 60)
        self.ops[process] = ops
        return process

    def start_processor(self):
        self.processor = self.start("order-processor")

    def stop_processor(self):
        self.dead += self.consumed(self.processor, "orders.queue", "dead")
        self.bench.stop(self.processor)

    def processes(self):
        return (self.order, self.processor, self.notifier, self.gateway, self.redis,
                self.postgres, self.broker)

    def metrics(self, process):
        return get(f"http://127.0.0.1:{self.ops[process]}/metrics")

    def consumed(self, process, queue, outcome):
        return int(sample(self.metrics(process), "trellis_consumer_messages_total", queue=queue,
                          outcome=outcome))

    def outbox_lag(self):
        return buckets(self.metrics(self.order), "trellis_outbox_lag_seconds")

    def place(self, prefix, seconds, per_second=0, poison_every=0, count=0):
        """Places orders whose ids start with the prefix. What wrk saw of it."""
        cpu = resource.getrusage(resource.RUSAGE_CHILDREN)
        output = subprocess.run(
            ["wrk", "-t", "1", "-c", str(CONNECTIONS), "-d", f"{seconds}s", "--timeout", "10s",
             "-s", LUA, f"{self.url}/orders", "--", prefix, str(per_second), str(poison_every),
             str(count)], capture_output=True, text=True, check=True).stdout
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        requests, refused, failed, micros, p50, p99 = (
            int(word) for word in re.search(r"RESULT (.*)", output)[1].split())
        if refused or failed:
            raise SystemExit(f"bench: of {requests} orders {refused} were refused, {failed} "
                             f"requests failed\n{output}{self.order.log.read_text()[-2000:]}")
        return {"accepted": requests, "accepted_per_second": requests / (micros / 1e6),
                "p50_ms": p50 / 1000, "p99_ms": p99 / 1000,
                "wrk_cpu_seconds": after.ru_utime + after.ru_stime - cpu.ru_utime - cpu.ru_stime}

    def settle(self, prefix, accepted, seconds=300):
        """Waits until every order of a prefix is notified, or dead where it is poison; ends the
        benchmark where one is not. How many there were of both."""
        self.wait_for_calls()
        healthy, poison = self.count(prefix)
        # Those on their way when wrk's time was up are there, but nobody counted them.
        if not accepted <= healthy + poison <= accepted + CONNECTIONS:
            raise SystemExit(f"bench: {accepted} orders were accepted, but Postgres has "
                             f"{healthy + poison}")
        # Postgres is not asked until it is likely to say yes: it has enough to do.
        total, total_poison = self.count("")
        wait_for(f"{total} notifications", lambda: self.consumed(
            self.notifier, "notifier.queue", "done") >= total, self.notifier, seconds)
        wait_for(f"{total_poison} dead orders", lambda: self.dead + self.consumed(
            self.processor, "orders.queue", "dead") >= total_poison, self.processor, seconds)
        wait_for("orders.dead on RabbitMQ", lambda: self.broker.messages_in("orders.dead") ==
                 total_poison, self.broker)
        notified = self.postgres.number(
            "SELECT count(*) FROM orders WHERE notified_at IS NOT NULL"
            f" AND status = 'notified' AND sku = '{SKU}' AND id LIKE '{prefix}-%'")
        if notified != healthy:
            raise SystemExit(f"bench: of {healthy} orders {notified} were notified")
        return healthy, poison

    def count(self, prefix):
        like = f"id LIKE '{prefix}-%'" if prefix else "true"
        healthy, poison = self.postgres.query(
            "SELECT count(*) FILTER (WHERE sku <> 'poison'),"
            f" count(*) FILTER (WHERE sku = 'poison') FROM orders WHERE {like}")[0]
        return int(healthy), int(poison)

    def end_to_end(self, prefix):
        """Of the healthy orders: how many a second from the first one's receipt to the last one's
        notification, and milliseconds from receipt to notification."""
        rate, p50, p99 = self.postgres.query(
            "SELECT count(*) / extract(epoch FROM max(notified_at) - min(received_at)),"
            " percentile_disc(0.5) WITHIN GROUP (ORDER BY took),"
            " percentile_disc(0.99) WITHIN GROUP (ORDER BY took)"
            " FROM (SELECT received_at, notified_at,"
            "   extract(epoch FROM notified_at - received_at) * 1000 AS took FROM orders"
            f"   WHERE id LIKE '{prefix}-%' AND sku <> 'poison') AS healthy")[0]
        return {"per_second": float(rate), "p50_ms": float(p50), "p99_ms": float(p99)}

    def check_notifications(self):
        """One line in the file for each order that was notified."""
        lines = [line.split("\t")[1] for line in open(self.notifications)]
        notified = self.count("")[0]
        if len(lines) != notified or len(set(lines)) != notified:
            raise SystemExit(f"bench: {notified} orders made {len(lines)} notifications, "
                             f"{len(set(lines))} different ones")

    def wait_for_calls(self):
        """wrk leaves when its time is up, and calls of it may still be on their way."""
        in_flight = []

        def quiet():
            in_flight.append(sample(self.metrics(self.order), "trellis_rpc_in_flight"))
            return len(in_flight) >= 10 and not any(in_flight[-10:])
        wait_for("the end of the last calls", quiet, self.order)

    def wait_for_outbox(self):
        wait_for("an empty outbox", lambda: self.postgres.number("SELECT count(*) FROM outbox")
                 == 0, self.order, 120)
