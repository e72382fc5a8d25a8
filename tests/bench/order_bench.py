"""POST /orders through everything to the notification, beside RabbitMQ's PerfTest on the same
broker.

Then at half of that pace: how long messages wait in the outbox, and what healthy orders notice of
poisoned ones. Then a backlog of queued orders, and what the processor needs to drain it."""
import os
import statistics

import perftest
from harness import Bench, need, print_table, wait_for, write_report
from order_stack import CONNECTIONS, SKU, OrderStack

TARGET_RATIO = 0.25
TARGET_LAG_SECONDS = 0.05
TARGET_POISON_CHANGE = 0.10
# What a processor that takes more in hand than its prefetch would need several times over.
TARGET_DRAIN_GROWTH_MIB = 8
POISON_EVERY = 100
# As an order's message on RabbitMQ.
MESSAGE_SIZE = len(f'{{"id":"full-1-10000","sku":"{SKU}","qty":2}}')
# The limit has as many unconfirmed messages, and as many in the consumer's hand, as there are
# clients here and orders in the processor's hand: what waits for its confirm before it counts
# cannot have more under way. Each is acked by itself, as an order is. One message for an order is
# all that the limit does; ours publishes two. The wide window is printed to show what the broker
# does for those who do not wait; it is no target.
LIMIT_WINDOW, WIDE_WINDOW = CONNECTIONS, 1000


def broker_limit(broker, seconds):
    if not perftest.fetch():
        return None
    rates = {}
    for window in (LIMIT_WINDOW, WIDE_WINDOW):
        print(f"measuring PerfTest with {window} unconfirmed ...", flush=True)
        rates[window] = perftest.run(broker, seconds, MESSAGE_SIZE, window)
    return rates


def full_speed(stack, seconds):
    """What is placed with CONNECTIONS clients at a time, and CPU seconds of each process for it."""
    print(f"placing orders with {CONNECTIONS} connections ...", flush=True)
    before = {process: process.cpu_seconds() for process in stack.processes()}
    placed = stack.place("full", seconds)
    # Also of what is still to be done for them.
    orders, _ = stack.settle("full", placed["accepted"])
    cpu = {process.name: process.cpu_seconds() - before[process] for process in before}
    cpu["wrk"] = placed["wrk_cpu_seconds"]
    return {**placed, "orders": orders, "end_to_end": stack.end_to_end("full"),
            "cpu_us_per_order": {name: 1e6 * spent / orders for name, spent in cpu.items()}}


def half_speed(stack, per_second, rounds, seconds):
    """Rounds with and without poison in turn, since the machine's mood changes."""
    healthy, poisoned, lag = [], [], {}
    for turn in range(rounds):
        for name, results, every in ((f"fine{turn}", healthy, 0),
                                     (f"sick{turn}", poisoned, POISON_EVERY)):
            print(f"{per_second:.0f} orders a second, {'1 %' if every else 'no'} poison ...",
                  flush=True)
            before = stack.outbox_lag()
            placed = stack.place(name, seconds, per_second, every)
            after = stack.outbox_lag()
            orders, poison = stack.settle(name, placed["accepted"])
            if bool(poison) != bool(every):
                raise SystemExit(f"bench: {name} had {poison} poisoned orders")
            results.append({**stack.end_to_end(name), "orders": orders, "poison": poison,
                            "retried": stack.consumed(stack.processor, "orders.queue", "retried"),
                            "accepted_per_second": placed["accepted_per_second"]})
            if not every:
                for bound, count in after.items():
                    lag[bound] = lag.get(bound, 0) + count - before.get(bound, 0)
    return healthy, poisoned, lag


def percentile_bound(histogram, share):
    """The upper bound of the bucket that the percentile is in."""
    total = histogram[float("inf")]
    return min(bound for bound, count in histogram.items() if count >= share * total)


def drain(stack, count):
    """The processor meets a queue of orders."""
    print(f"queueing {count:,} orders ...", flush=True)
    stack.stop_processor()
    placed = stack.place("queued", 300, count=count)
    stack.wait_for_calls()
    stack.wait_for_outbox()
    print("draining ...", flush=True)
    stack.start_processor()
    samples = []

    def drained():
        done = stack.consumed(stack.processor, "orders.queue", "done")
        samples.append((done, stack.processor.memory_mib()))
        return done >= placed["accepted"]

    wait_for("the queued orders", drained, stack.processor, 600)
    peak = stack.processor.peak_memory_mib()
    orders, _ = stack.settle("queued", placed["accepted"], 600)
    rate = stack.postgres.query(
        "SELECT count(*) / extract(epoch FROM max(reserved_at) - min(reserved_at)) FROM orders"
        " WHERE id LIKE 'queued-%'")[0][0]
    # The first sample has what was prefetched already, so growth counts from one without orders.
    return {"orders": orders, "per_second": float(rate), "idle_mib": stack.idle_processor_mib,
            "first_mib": samples[0][1], "last_mib": samples[-1][1], "peak_mib": peak,
            "growth_mib": peak - stack.idle_processor_mib}


def change(healthy, poisoned):
    """By how much the median of the rounds' p99 moves."""
    fine, sick = (statistics.median(round_["p99_ms"] for round_ in rounds)
                  for rounds in (healthy, poisoned))
    return fine, sick, sick / fine - 1


def judge(limit, full, half, queued):
    """What was wanted: (in words, measured, reached)."""
    healthy, poisoned, lag = half
    lag_p99 = percentile_bound(lag, 0.99)
    fine, sick, moved = change(healthy, poisoned)
    ratio = full["end_to_end"]["per_second"] / limit[LIMIT_WINDOW] if limit else None
    return [
        (f"end to end at least {TARGET_RATIO} of PerfTest",
         "PerfTest is missing" if ratio is None else f"{ratio:.3f}",
         ratio is not None and ratio >= TARGET_RATIO),
        (f"outbox lag p99 at half speed under {TARGET_LAG_SECONDS * 1000:.0f} ms",
         f"at most {lag_p99 * 1000:g} ms", lag_p99 <= TARGET_LAG_SECONDS),
        (f"1 % poison moves p99 of healthy orders by less than {TARGET_POISON_CHANGE:.0%}",
         f"{moved:+.1%} ({fine:.1f} to {sick:.1f} ms)", moved < TARGET_POISON_CHANGE),
        (f"draining takes the processor at most {TARGET_DRAIN_GROWTH_MIB} MiB more",
         f"{queued['growth_mib']:.1f} MiB", queued["growth_mib"] <= TARGET_DRAIN_GROWTH_MIB)]


def print_all(limit, full, half, queued, memory):
    healthy, poisoned, lag = half
    rows = [[f"PerfTest, {window:,} unconfirmed", rate, "", ""]
            for window, rate in (limit or {}).items()]
    rows.append(["accepted (HTTP)", full["accepted_per_second"], full["p50_ms"], full["p99_ms"]])
    rows.append(["received to notified", *full["end_to_end"].values()])
    for name, rounds in (("no", healthy), ("1 %", poisoned)):
        rows += [[f"half speed, {name} poison", *(round_[key] for key in (
            "accepted_per_second", "p50_ms", "p99_ms"))] for round_ in rounds]
    rows.append([f"processor drains {queued['orders']:,}", queued["per_second"], "", ""])
    print_table([f"{CONNECTIONS} connections", "per second", "p50 ms", "p99 ms"], rows)
    print()
    spent = full["cpu_us_per_order"]
    print_table(["process", "CPU us per order", "peak MiB"],
                [[name, spent[name], memory.get(name, "")] for name in spent] +
                [["all", sum(spent.values()), ""]])
    print()
    print(f"outbox lag at half speed: {int(lag[float('inf')]):,} messages, "
          f"{lag[TARGET_LAG_SECONDS] / lag[float('inf')]:.2%} within "
          f"{TARGET_LAG_SECONDS * 1000:.0f} ms, p50 at most "
          f"{percentile_bound(lag, 0.5) * 1000:g} ms")
    print(f"processor, MiB: {queued['idle_mib']:.1f} idle; draining {queued['first_mib']:.1f} at "
          f"first, {queued['last_mib']:.1f} at the end, {queued['peak_mib']:.1f} at most")


def run(quick):
    need("wrk", "wrk")
    need("redis-cli", "redis-tools")
    load = os.getloadavg()[0]
    if load > 1:
        print(f"others use this machine (load {load:.1f}): wait for a quiet one for figures to keep")
    with Bench() as bench:
        broker = bench.rabbitmq()
        limit = broker_limit(broker, 6 if quick else 20)
        stack = OrderStack(bench, broker)
        warm = stack.place("warm", 1 if quick else 3)
        stack.settle("warm", warm["accepted"])
        full = full_speed(stack, 2 if quick else 15)
        half = half_speed(stack, full["end_to_end"]["per_second"] / 2, 1 if quick else 5,
                          3 if quick else 10)
        memory = {process.name: process.peak_memory_mib() for process in stack.processes()}
        queued = drain(stack, 2_000 if quick else 20_000)
        stack.check_notifications()
    print_all(limit, full, half, queued, memory)
    verdicts = judge(limit, full, half, queued)
    for wanted, measured, reached in verdicts:
        print(f"{wanted}: {measured}: {'reached' if reached else 'NOT reached'}")
    reached = all(verdict[2] for verdict in verdicts)
    healthy, poisoned, lag = half
    write_report("order", {
        "quick": quick, "load_at_start": load, "connections": CONNECTIONS, "message_size": MESSAGE_SIZE,
        "perftest_per_second": limit, "full_speed": full,
        "half_speed": {"healthy": healthy, "poisoned": poisoned,
                       "outbox_lag_seconds": {str(bound): count for bound, count in lag.items()}},
        "drain": queued, "peak_memory_mib": memory,
        "targets": [{"wanted": wanted, "measured": measured, "reached": verdict}
                    for wanted, measured, verdict in verdicts],
        "reached": reached})
    return 0 if reached or quick else 1
