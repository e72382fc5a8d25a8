"""Rules and dashboards beside the real processes: nothing asks for what they do not have.

    live_test.py BIN_DIR [TEST]

Starts the whole local stack with Prometheus (`./trellis up --monitoring`) on free ports, sends it
what makes its counters move, and lets Prometheus evaluate each expression.
"""

import json
import math
import pathlib
import shutil
import socket
import sys
import threading
import unittest
import urllib.error
import urllib.parse
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "local"))

try:
    import yaml  # noqa: F401
except ImportError:
    print("SKIPPED: python3-yaml is not installed")
    sys.exit(77)

import expressions
import front_door_test as front_door

PROGRAMS = (*front_door.BINARIES, *front_door.ORDER_BINARIES, *front_door.WEATHER_BINARIES, "post",
            "keytest", "keytest-consumer")
RUNNING = (*PROGRAMS, "keytest-consumer")  # two of them
OTHER_PORTS = (*front_door.ORDER_PORTS, *front_door.POST_PORTS, *front_door.WEATHER_PORTS)
PATIENCE = 90  # seconds


class MonitoredStack(front_door.Stack):
    """All services and Prometheus."""

    def __init__(self):
        super().__init__()
        for name in PROGRAMS[len(front_door.BINARIES):]:
            (self.bin / name).symlink_to(front_door.built_in / name)
        # Of the weather workers there will be two, and their ports follow each other.
        free = front_door.free_ports(len(OTHER_PORTS) + 2)
        self.ports |= dict(zip(OTHER_PORTS, free)) | {"PROMETHEUS": free[-1]}
        keytest = ("KEYTEST", "KEYTEST_OPS", "KEYTEST_CONSUMER_OPS")
        self.ports |= dict(zip(keytest, front_door.free_ports(len(keytest) + 1)))

    def environment(self, **more):
        return super().environment(**more) | {"TRELLIS_SERVICES": "enqueue,order,weather,post,keytest"}

    def http(self, port, path, body=None):
        """(status, text)"""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{self.ports[port]}{path}", data,
                                         {"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def prometheus(self, path, **query):
        status, text = self.http("PROMETHEUS",
                                 f"/api/v1/{path}?{urllib.parse.urlencode(query, doseq=True)}")
        answer = json.loads(text)
        if status != 200:
            raise ValueError(f"{query}: {answer['error']}")
        return answer["data"]

    def values(self, expression):
        """Those that are numbers."""
        found = [float(one["value"][1]) for one in
                 self.prometheus("query", query=expression)["result"]]
        return [value for value in found if not math.isnan(value)]

    def series(self):
        return self.prometheus("series", **{"match[]": ['{job="trellis"}', '{__name__=~".+:.+"}']})


class Traffic(threading.Thread):
    """Jobs, orders, forecasts, posts and tests of keys, good ones and bad ones, again and again until
    it is stopped; and the circuit of Weather isolated and closed again."""

    def __init__(self, stack):
        super().__init__(daemon=True)
        self.stack, self.stopped, self.rounds, self.error = stack, threading.Event(), 0, None

    def run(self):
        while not self.stopped.is_set():
            try:
                self.once()
            except TimeoutError:
                pass  # as much of a round as a slow machine gave
            except OSError as error:
                self.error = error
                return
            self.rounds += 1
            self.stopped.wait(0.05)

    def once(self):
        http, number = self.stack.http, self.rounds
        http("GATEWAY", "/enqueue", {"message": f"job {number}"})
        http("GATEWAY", "/enqueue", {"no such field": 1})
        http("GATEWAY", "/orders", {"id": f"o{number}", "sku": "case", "qty": 1})
        http("GATEWAY", "/orders", {"id": f"bad{number}", "sku": "no-such-sku", "qty": 1})
        http("GATEWAY", "/WeatherForecast/city", {"city": f"city {number}"})
        self.posts(number)
        # A second one while the first runs is refused.
        http("GATEWAY", "/v1/keytest:start", {"keys": 200, "ttlMs": 50})
        http("GATEWAY", "/v1/keytest/status")
        if number % 50 == 10:
            http("GATEWAY", "/v1/weather/circuit", {"action": "ISOLATE"})
            http("GATEWAY", "/WeatherForecast/city", {"city": "nowhere"})
            http("GATEWAY", "/v1/weather/circuit", {"action": "RESET"})

    def posts(self, number):
        """One user whom all read, and others whom nobody has read before."""
        http = self.stack.http
        user = {"username": f"u{number}", "email": f"u{number}@example.com"}
        _, text = http("GATEWAY", "/api/v1/users", user)
        latest = json.loads(text).get("id", 1)
        for user_id in {1, latest}:
            http("GATEWAY", "/api/v1/posts", {"user_id": user_id, "content": f"post {number}"})
        for _ in range(5):
            http("GATEWAY", "/api/v1/users/1/posts")
        http("GATEWAY", f"/api/v1/users/{latest}/posts")
        http("GATEWAY", f"/v1/feed?user_ids=1&user_ids={latest}")
        http("GATEWAY", "/api/v1/posts/1")

    def stop(self):
        self.stopped.set()
        self.join()


class LiveTest(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.stack = MonitoredStack()
        cls.addClassCleanup(cls.stack.remove)
        done = cls.stack.run("up", "--detach", "--monitoring")
        if done.returncode != 0:
            raise AssertionError(done.stdout + done.stderr)
        cls.greeting = done.stdout
        cls.traffic = Traffic(cls.stack)
        cls.traffic.start()
        cls.addClassCleanup(cls.traffic.stop)

    def tearDown(self):
        self.assertIsNone(self.traffic.error)

    def eventually(self, condition, what):
        self.assertTrue(front_door.eventually(condition, PATIENCE), what)

    def test_up_says_where_prometheus_is_and_status_shows_it(self):
        url = f"http://127.0.0.1:{self.stack.ports['PROMETHEUS']}"
        self.assertIn(url, self.greeting)
        self.assertIn(f"PROMETHEUS_URL={url}\n", (self.stack.home / "env").read_text())
        _, _, port, ready = self.stack.status()["prometheus"]
        self.assertEqual((self.stack.ports["PROMETHEUS"], "yes"), (port, ready))

    def test_every_process_is_scraped_also_when_there_are_more(self):
        def scraped():
            return sorted(one["metric"]["process"] for one in
                          self.stack.prometheus("query", query="up == 1")["result"])
        self.eventually(lambda: scraped() == sorted(RUNNING), "not all are scraped")
        done = self.stack.run("scale", "weather-worker=2")
        self.assertEqual(0, done.returncode, done.stderr)
        self.eventually(lambda: scraped() == sorted((*RUNNING, "weather-worker")),
                        "a second worker is not scraped")

    def test_each_panel_shows_something(self):
        missing = {}

        def all_do():
            missing.clear()
            for title, panel in expressions.panels():
                for target in panel["targets"]:
                    text = expressions.interpolated(target["expr"])
                    if not self.stack.values(text):
                        missing[text] = f"{title} / {panel['title']}"
            return not missing
        front_door.eventually(all_do, PATIENCE)
        self.assertEqual({}, missing)

    def test_no_expression_asks_for_what_is_not_there(self):
        wrong = {}

        def none_is():
            series = self.stack.series()
            wrong.clear()
            for where, text in expressions.everything():
                found = list(expressions.problems(text, series))
                if found:
                    wrong[where] = found
            return not wrong
        front_door.eventually(none_is, PATIENCE)
        self.assertEqual({}, wrong)

    def test_expressions_that_ask_for_what_is_not_there_are_found(self):
        """Control: what the two tests above would say of these."""
        self.eventually(lambda: self.stack.values("sum(trellis_rpc_calls_total)"), "no calls")
        series = self.stack.series()
        for text in ("sum by (process) (rate(trellis_rpc_cals_total[1m]))",
                     'trellis_rpc_calls_total{code="GONE"}',
                     'trellis_queue_jobs{state=~"ready|gone"}',
                     "process:trellis_requests:rate6m"):
            with self.subTest(text):
                self.assertNotEqual([], list(expressions.problems(text, series)))
        for text in ("sum by (process) (rate(trellis_rpc_cals_total[1m]))",
                     'trellis_rpc_calls_total{code="GONE"}', "process:trellis_requests:rate6m"):
            self.assertEqual([], self.stack.values(text))
        self.assertRaises(ValueError, self.stack.values, "sum by (process")

    def test_prometheus_evaluates_each_rule(self):
        def rules():
            return [rule for group in self.stack.prometheus("rules")["groups"]
                    for rule in group["rules"]]
        self.eventually(lambda: all(rule["health"] == "ok" for rule in rules()), rules())
        self.assertEqual(sorted(rule.get("alert") or rule["record"]
                                for _, rule in expressions.rules()),
                         sorted(rule["name"] for rule in rules()))

    def test_an_alert_wakes_up_and_goes_away(self):
        """In the running stack and not only in a table of numbers."""
        def pending(name):
            return [one for one in self.stack.prometheus("alerts")["alerts"]
                    if one["labels"]["alertname"] == name]
        self.assertEqual([], pending("TrellisQueuePaused"))
        self.stack.http("GATEWAY", "/v1/queues/messages:pause", {})
        self.eventually(lambda: pending("TrellisQueuePaused"), "a paused queue is not noticed")
        self.stack.http("GATEWAY", "/v1/queues/messages:resume", {})
        self.eventually(lambda: not pending("TrellisQueuePaused"), "it does not go away")


class FlagTest(unittest.TestCase):
    def test_up_without_the_flag_ends_it(self):
        stack = MonitoredStack()
        self.addCleanup(stack.remove)
        enqueue = {"TRELLIS_SERVICES": "enqueue"}
        stack.environment = lambda **more: front_door.Stack.environment(stack) | enqueue | more
        done = stack.run("up", "--detach", TRELLIS_MONITORING="1")
        self.assertEqual(0, done.returncode, done.stderr)
        pid = stack.pids()["prometheus"]
        done = stack.run("up", "--detach")
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertNotIn("prometheus", stack.status())
        self.assertTrue(front_door.eventually(lambda: not front_door.alive(pid)))
        with self.assertRaises(OSError):
            socket.create_connection(("127.0.0.1", stack.ports["PROMETHEUS"]), 1).close()


if __name__ == "__main__":
    front_door.built_in = pathlib.Path(sys.argv.pop(1)).resolve()
    absent = [name for name in PROGRAMS if not (front_door.built_in / name).exists()]
    if absent or not shutil.which("prometheus"):
        print(f"SKIPPED: not built: {absent}" if absent else "SKIPPED: no prometheus")
        sys.exit(77)
    unittest.main(verbosity=2)
