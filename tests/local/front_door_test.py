#!/usr/bin/env python3
"""The local stack through its front door, ./trellis.

    front_door_test.py BIN_DIR [TESTCASE]

Runs the binaries of BIN_DIR, or stand-ins where they are not built, on free ports and in a
directory of its own; nothing is installed and nothing is built.
"""

import fcntl
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
TRELLIS = HERE.parent.parent / "trellis"
BINARIES = ("enqueue", "enqueue-worker", "gateway")
ORDER_BINARIES = ("order", "order-processor", "order-notifier")
PORTS = ("GATEWAY", "REDIS", "ENQUEUE", "ENQUEUE_OPS", "ENQUEUE_WORKER_OPS")
ORDER_PORTS = ("POSTGRES", "RABBITMQ_EPMD", "RABBITMQ", "RABBITMQ_DISTRIBUTION",
               "RABBITMQ_MANAGEMENT", "ORDER", "ORDER_OPS", "ORDER_PROCESSOR_OPS",
               "ORDER_NOTIFIER_OPS")
WEATHER_BINARIES = ("weather", "weather-worker")
WEATHER_PORTS = ("WEATHER", "WEATHER_OPS", "WEATHER_WORKER_OPS")
CLUSTER_PORTS = tuple(f"RABBITMQ_{node}{what}" for node in (2, 3)
                      for what in ("", "_DISTRIBUTION", "_MANAGEMENT"))
POST_BINARIES = ("post", "post-datagen", "trellis-migrate", "trellis-cli")
POST_PORTS = ("POST", "POST_OPS", *(f"REDIS_CLUSTER_{what}{node}" for node in range(1, 7)
                                    for what in ("", "BUS_")))
WORKERS = 3
built_in = pathlib.Path("nowhere")  # the directory of the real binaries


OWN_PORTS = 400
first_own = None
next_port = 0


def own_part():
    """The first port of a part of the range that is this process' own until it ends; the C++ tests'
    StablePort begins where the last part ends."""
    directory = pathlib.Path(tempfile.gettempdir()) / f"trellis-ports-{os.getuid()}"
    directory.mkdir(exist_ok=True)
    for part in range(15):
        claim = os.open(directory / f"front-door-{part}", os.O_RDWR | os.O_CREAT, 0o666)
        try:
            fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)  # and never closed
            return 20000 + part * OWN_PORTS
        except BlockingIOError:
            os.close(claim)
    raise RuntimeError("15 tests of the front door run already")


def free_ports(count):
    """So many free ports in a row, below those that the kernel gives to clients, and after those that
    were given before. Nothing that runs beside this takes them meanwhile."""
    global first_own, next_port
    first_own = own = first_own or own_part()
    for _ in range(100):
        if next_port + count > OWN_PORTS:
            next_port = 0
        first = own + next_port
        next_port += count
        sockets = []
        try:
            for port in range(first, first + count):
                sockets.append(socket.create_server(("127.0.0.1", port)))
            return range(first, first + count)
        except OSError:
            continue
        finally:
            for s in sockets:
                s.close()
    raise RuntimeError("no free ports")


def alive(pid):
    try:
        stat = pathlib.Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rsplit(") ", 1)[1][0] != "Z"


def eventually(condition, seconds=20):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


class Stack:
    """A state directory, ports, binaries; not started."""

    def __init__(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="trellis-"))
        self.home = self.dir / "home"
        self.bin = self.dir / "bin"
        self.bin.mkdir()
        for name in BINARIES:
            built = built_in / name
            (self.bin / name).symlink_to(built if built.exists() else HERE / "stand_in")
        self.ports = dict(zip(PORTS, free_ports(len(PORTS) - 1 + WORKERS)))

    def environment(self, **more):
        variables = {k: v for k, v in os.environ.items()
                     if k not in ("PROCESSING_DELAY_MS", "TRELLIS_RABBITMQ_NODES",
                                  "TRELLIS_MONITORING")}
        variables.update({f"TRELLIS_{name}_PORT": str(p) for name, p in self.ports.items()})
        # The servers behind Order take long to start; one test has them.
        variables.update(TRELLIS_HOME=str(self.home), TRELLIS_BIN=str(self.bin),
                         TRELLIS_SERVICES="enqueue")
        return variables | more

    def run(self, *args, **more):
        return subprocess.run([TRELLIS, *args], env=self.environment(**more), text=True,
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=300)

    def status(self):
        """{process: (state, pid or None, port, ready)}"""
        rows = [line.split() for line in self.run("status").stdout.splitlines()[1:]]
        return {r[0]: (r[1], None if r[2] == "-" else int(r[2]), int(r[3]), r[4]) for r in rows}

    def pids(self):
        return {name: row[1] for name, row in self.status().items()}

    def remove(self):
        self.run("down")
        shutil.rmtree(self.dir, ignore_errors=True)


class Case(unittest.TestCase):
    maxDiff = None

    def stack(self):
        stack = Stack()
        self.addCleanup(stack.remove)
        return stack

    def run_ok(self, stack, *args, **more):
        done = stack.run(*args, **more)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    def assert_refused(self, done, *words):
        self.assertNotEqual(done.returncode, 0, done.stdout)
        for word in words:
            self.assertIn(word, done.stderr)

    def assert_nothing_runs(self, stack, pids=()):
        for pid in pids:
            self.assertTrue(eventually(lambda: not alive(pid)), f"process {pid} is left")
        for port in stack.ports.values():
            with self.assertRaises(OSError, msg=f"somebody listens on {port}"):
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
        self.assertEqual(list((stack.home / "run").glob("*")), [])


class RunningStackTest(Case):
    """One stack for all; each test leaves it ready, with one worker."""

    @classmethod
    def setUpClass(cls):
        cls.running = Stack()
        done = cls.running.run("up", "--detach")
        if done.returncode != 0:
            cls.running.remove()
            raise AssertionError(done.stdout + done.stderr)
        cls.greeting = done.stdout

    @classmethod
    def tearDownClass(cls):
        cls.running.remove()

    def test_up_names_the_urls_and_commands_to_try(self):
        gateway = f"http://127.0.0.1:{self.running.ports['GATEWAY']}"
        self.assertIn(gateway, self.greeting)
        self.assertIn(f"{gateway}/docs", self.greeting)
        # Of the services that run, and of no other.
        self.assertEqual(len(re.findall(rf"^ *curl .*{gateway}", self.greeting, re.M)), 2)
        self.assertNotIn("/orders", self.greeting)

    def test_env_holds_the_addresses_in_shell_syntax(self):
        text = subprocess.check_output(
            ["bash", "-c", ". \"$0\"; echo $REDIS_ADDR $ENQUEUE_ADDR $GATEWAY_URL",
             self.running.home / "env"], text=True)
        ports = self.running.ports
        self.assertEqual(text.split(), [f"127.0.0.1:{ports['REDIS']}",
                                        f"127.0.0.1:{ports['ENQUEUE']}",
                                        f"http://127.0.0.1:{ports['GATEWAY']}"])

    def test_status_shows_process_state_pid_port_and_readiness(self):
        status = self.running.status()
        self.assertEqual(set(status), {"redis", "enqueue", "enqueue-worker-0", "gateway"})
        for name, (state, pid, _, ready) in status.items():
            self.assertIn(state, ("STARTING", "RUNNING"), name)
            self.assertTrue(alive(pid), name)
            self.assertEqual(ready, "yes", name)
        self.assertEqual(status["gateway"][2], self.running.ports["GATEWAY"])
        self.assertEqual(self.running.run("status").returncode, 0)

    def test_the_gateway_answers_where_up_said(self):
        url = f"http://127.0.0.1:{self.running.ports['GATEWAY']}/readyz"
        with urllib.request.urlopen(url, timeout=10) as answer:
            self.assertEqual(answer.status, 200)

    def test_up_again_says_so_and_restarts_nothing(self):
        before = self.running.pids()
        self.assertIn("up already", self.run_ok(self.running, "up", "--detach"))
        self.assertEqual(self.running.pids(), before)

    def test_up_again_restarts_what_a_setting_changes_and_only_that(self):
        before = self.running.pids()
        self.run_ok(self.running, "up", "--detach", PROCESSING_DELAY_MS="1")
        after = self.running.pids()
        changed = {name for name in before if before[name] != after[name]}
        self.assertEqual(changed, {"enqueue-worker-0"})
        environment = pathlib.Path(f"/proc/{after['enqueue-worker-0']}/environ").read_text()
        self.assertIn("PROCESSING_DELAY_MS=1\0", environment)
        self.run_ok(self.running, "up", "--detach")

    def test_up_again_restarts_a_rebuilt_binary_and_only_that(self):
        before = self.running.pids()
        rebuilt = self.running.bin / "gateway.new"
        rebuilt.write_bytes((self.running.bin / "gateway").read_bytes() + b"\n# rebuilt\n")
        rebuilt.chmod(0o755)
        rebuilt.replace(self.running.bin / "gateway")
        self.run_ok(self.running, "up", "--detach")
        after = self.running.pids()
        self.assertEqual({name for name in before if before[name] != after[name]}, {"gateway"})

    def test_scale_leaves_the_others_running(self):
        before = self.running.pids()
        self.run_ok(self.running, "scale", f"enqueue-worker={WORKERS}")
        scaled = self.running.status()
        self.assertEqual({name for name in scaled if name not in before},
                         {f"enqueue-worker-{i}" for i in range(1, WORKERS)})
        self.assertTrue(all(row[3] == "yes" for row in scaled.values()), scaled)
        self.run_ok(self.running, "up", "--detach")
        self.assertEqual(len(self.running.status()), len(scaled), "up keeps what scale has set")
        self.run_ok(self.running, "scale", "enqueue-worker=1")
        self.assertEqual(self.running.pids(), before)
        self.assertFalse(alive(scaled["enqueue-worker-1"][1]))

    def test_scale_refuses_a_number_out_of_range(self):
        self.assert_refused(self.running.run("scale", "enqueue-worker=33"), "0 to 32")
        self.assert_refused(self.running.run("scale", "enqueue-worker"), "PROC=N")
        self.assert_refused(self.running.run("scale", "gateway=2"), "gateway")

    def test_a_crashed_process_is_restarted(self):
        before = self.running.pids()["enqueue-worker-0"]
        os.kill(before, signal.SIGKILL)
        self.assertTrue(eventually(
            lambda: self.running.status()["enqueue-worker-0"][1] not in (None, before)))
        self.assertTrue(eventually(lambda: self.running.run("status").returncode == 0))

    def test_restart_restarts_one_process(self):
        before = self.running.pids()
        self.run_ok(self.running, "restart", "gateway")
        after = self.running.pids()
        self.assertEqual({name for name in before if before[name] != after[name]}, {"gateway"})
        self.assert_refused(self.running.run("restart", "nonsense"), "nonsense", "gateway")

    def test_logs_shows_one_process_or_all(self):
        self.assertIn('"', self.run_ok(self.running, "logs", "gateway"))
        everything = self.run_ok(self.running, "logs")
        for name in ("redis", "enqueue", "enqueue-worker-0", "gateway"):
            self.assertIn(f"{name}.log", everything)
        self.assert_refused(self.running.run("logs", "nonsense"), "nonsense")

    def test_a_taken_port_is_named_and_nothing_is_left_running(self):
        second = self.stack()
        second.ports["GATEWAY"] = self.running.ports["GATEWAY"]
        done = second.run("up", "--detach")
        second.ports.pop("GATEWAY")
        self.assert_refused(done, str(self.running.ports["GATEWAY"]), "TRELLIS_GATEWAY_PORT",
                            str(self.running.pids()["gateway"]))
        self.assert_nothing_runs(second)

    def test_a_second_stack_runs_beside_the_first(self):
        before = self.running.pids()
        second = self.stack()
        self.run_ok(second, "up", "--detach")
        self.run_ok(second, "down")
        self.assert_nothing_runs(second)
        self.assertEqual(self.running.pids(), before)


class StopTest(Case):
    def test_down_leaves_no_process_and_keeps_the_data(self):
        stack = self.stack()
        self.run_ok(stack, "up", "--detach", "--workers", "2")
        pids = stack.pids()
        self.assertEqual(len(pids), 5)
        self.run_ok(stack, "down")
        self.assert_nothing_runs(stack, pids.values())
        self.assertTrue(list((stack.home / "data" / "redis").iterdir()))
        self.assertIn("not running", self.run_ok(stack, "down"))
        self.assert_refused(stack.run("status"), "not running")

    def test_clean_asks_first_and_deletes_the_data(self):
        stack = self.stack()
        self.run_ok(stack, "up", "--detach")
        pids = stack.pids()
        self.assert_refused(stack.run("clean"), "--yes")
        self.assertEqual(stack.pids(), pids)
        self.run_ok(stack, "clean", "--yes")
        for pid in pids.values():
            self.assertFalse(alive(pid))
        self.assertEqual([p.name for p in stack.home.iterdir()], ["lock"])

    def test_interrupting_up_stops_everything(self):
        stack = self.stack()
        up = subprocess.Popen([TRELLIS, "up"], env=stack.environment(), text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        for line in up.stdout:
            if "Ctrl-C" in line:
                break
        pids = stack.pids()
        self.assertEqual(len(pids), 4)
        up.send_signal(signal.SIGINT)
        rest = up.communicate(timeout=60)[0]
        self.assertEqual(up.returncode, 0, rest)
        self.assertNotIn("trellis", rest, "an error was reported")
        self.assert_nothing_runs(stack, pids.values())

    def test_interrupting_up_before_it_is_ready_stops_everything(self):
        stack = self.stack()
        never_ready = stack.bin / "gateway"
        never_ready.unlink()
        never_ready.write_text("#!/bin/sh\nexec sleep 1000\n")
        never_ready.chmod(0o755)
        up = subprocess.Popen([TRELLIS, "up", "--detach"], env=stack.environment(), text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.assertTrue(eventually(
            lambda: [row for row in stack.status().values() if row[3] == "yes"]))
        pids = stack.pids()
        up.send_signal(signal.SIGTERM)
        up.communicate(timeout=60)
        self.assertNotEqual(up.returncode, 0)
        self.assert_nothing_runs(stack, pids.values())

    def test_down_after_a_killed_supervisord_leaves_no_process(self):
        stack = self.stack()
        self.run_ok(stack, "up", "--detach")
        pids = stack.pids()
        os.kill(int((stack.home / "run" / "supervisord").read_text()), signal.SIGKILL)
        self.run_ok(stack, "down")
        self.assert_nothing_runs(stack, pids.values())

    def test_a_pid_file_that_names_a_stranger_harms_nobody(self):
        stack = self.stack()
        (stack.home / "run").mkdir(parents=True)
        stranger = subprocess.Popen(["sleep", "1000"])
        self.addCleanup(stranger.wait)
        self.addCleanup(stranger.kill)
        for name, text in (("gateway.pid", f"{stranger.pid} 1 gateway"),
                           ("supervisord", f"{stranger.pid}")):
            (stack.home / "run" / name).write_text(text + "\n")
        self.run_ok(stack, "down")
        self.assertIsNone(stranger.poll())


class RefusedStartTest(Case):
    def test_a_process_that_refuses_its_settings_ends_up_with_its_own_words(self):
        stack = self.stack()
        done = stack.run("up", "--detach", PROCESSING_DELAY_MS="soon")
        self.assert_refused(done, "enqueue-worker-0 cannot start", "PROCESSING_DELAY_MS")
        self.assert_nothing_runs(stack)

    def test_a_malformed_port_is_named(self):
        done = self.stack().run("up", "--detach", TRELLIS_REDIS_PORT="99999")
        self.assert_refused(done, "TRELLIS_REDIS_PORT", "99999")

    def test_a_full_disk_is_one_message(self):
        done = self.stack().run("up", "--detach", TRELLIS_MIN_FREE_MB="999999999")
        self.assert_refused(done, "the disk is full", "MB")

    def test_a_missing_disk_is_one_message(self):
        done = self.stack().run("up", "--detach", TRELLIS_HOME="/proc/nowhere")
        self.assert_refused(done, "cannot write to /proc/nowhere")
        self.assertEqual(len(done.stderr.splitlines()), 1)


class AllServicesTest(Case):
    def order_stack(self, ports=ORDER_PORTS):
        missing = [name for name in ORDER_BINARIES if not (built_in / name).exists()]
        if missing:
            self.skipTest(f"not built: {missing}")
        stack = self.stack()
        for name in ORDER_BINARIES:
            (stack.bin / name).symlink_to(built_in / name)
        stack.ports |= dict(zip(ports, free_ports(len(ports))))
        return stack

    def assert_an_order_goes_all_the_way(self, stack, order_id):
        url = f"http://127.0.0.1:{stack.ports['GATEWAY']}"
        order = f'{{"id":"{order_id}","sku":"nothing","qty":1}}'.encode()
        request = urllib.request.Request(f"{url}/orders", order,
                                         {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            self.assertIn(f"Order received: {order_id}", answer.read().decode())
        log = stack.home / "data/notifications.log"
        self.assertTrue(eventually(
            lambda: log.exists() and f"\t{order_id}\t" in log.read_text(), 60))
        self.assertIn("unknown sku", log.read_text())

    def test_an_order_goes_all_the_way(self):
        stack = self.order_stack()
        greeting = self.run_ok(stack, "up", "--detach", "--services", "enqueue,order")
        self.assertIn("/orders", greeting)
        pids = [pid for pid in stack.pids().values() if pid]
        self.assert_an_order_goes_all_the_way(stack, "o1")
        self.run_ok(stack, "down")
        self.assert_nothing_runs(stack, pids)

    def test_a_forecast_comes_from_a_worker(self):
        if not all((built_in / name).exists() for name in (*BINARIES, *WEATHER_BINARIES)):
            self.skipTest("not built")
        stack = self.stack()
        for name in WEATHER_BINARIES:
            (stack.bin / name).symlink_to(built_in / name)
        # The workers' ports follow each other.
        stack.ports |= dict(zip(WEATHER_PORTS, free_ports(len(WEATHER_PORTS) + 1)))
        greeting = self.run_ok(stack, "up", "--detach", "--services", "enqueue,weather")
        self.assertIn("/WeatherForecast/city", greeting)
        self.run_ok(stack, "scale", "weather-worker=2")
        url = f"http://127.0.0.1:{stack.ports['GATEWAY']}/WeatherForecast/city"
        request = urllib.request.Request(url, b'{"city":"New York","location":"Downtown"}',
                                         {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            self.assertIn('"servedBy"', answer.read().decode())
        pids = [pid for pid in stack.pids().values() if pid]
        self.run_ok(stack, "down")
        self.assert_nothing_runs(stack, pids)

    def test_rabbitmq_as_a_cluster_survives_a_node(self):
        stack = self.order_stack(ORDER_PORTS + CLUSTER_PORTS)
        services = {"TRELLIS_SERVICES": "enqueue,order"}
        urls = [f"amqp://guest:guest@127.0.0.1:{stack.ports[name]}/"
                for name in ("RABBITMQ", "RABBITMQ_2", "RABBITMQ_3")]
        self.assertIn(",".join(urls),
                      self.run_ok(stack, "up", "--detach", "--rabbitmq-nodes", "3", **services))
        nodes = [f"rabbitmq-{i}" for i in (1, 2, 3)]
        status = stack.status()
        self.assertEqual([status[name][2] for name in nodes],
                         [stack.ports[name] for name in ("RABBITMQ", "RABBITMQ_2", "RABBITMQ_3")])
        self.assert_quorum_queues_have_a_member_on_each_node(stack)
        os.kill(status["rabbitmq-1"][1], signal.SIGKILL)
        self.assert_an_order_goes_all_the_way(stack, "o1")
        # supervisord starts it again.
        self.assertTrue(eventually(lambda: stack.run("status").returncode == 0, 60))
        before = stack.pids()
        self.run_ok(stack, "restart", "rabbitmq-2")
        after = stack.pids()
        self.assertEqual({name for name in before if before[name] != after[name]}, {"rabbitmq-2"})
        self.assertIn("rabbitmq-3.log", self.run_ok(stack, "logs", "rabbitmq"))
        self.assert_refused(stack.run("scale", "rabbitmq=2"), "does not scale")
        self.run_ok(stack, "down")
        self.assert_nothing_runs(stack, after.values())

    def assert_quorum_queues_have_a_member_on_each_node(self, stack):
        home = stack.home / "data/rabbitmq-cluster"
        listing = subprocess.check_output(
            ["/usr/lib/rabbitmq/bin/rabbitmqctl", "-q", "-n", "trellis-3@localhost",
             "list_queues", "name", "members"],
            env={"PATH": os.environ["PATH"], "HOME": str(home), "LANG": "C.UTF-8",
                 "RABBITMQ_CONF_ENV_FILE": "/dev/null",
                 "ERL_EPMD_PORT": str(stack.ports["RABBITMQ_EPMD"])}, text=True, timeout=60)
        queues = [line for line in listing.splitlines() if "[" in line]
        self.assertEqual(len(queues), 6, listing)
        for queue in queues:
            for node in (1, 2, 3):
                self.assertIn(f"trellis-{node}@localhost", queue)

    def test_a_number_of_rabbitmq_nodes_that_there_is_not_is_refused(self):
        words = ("--rabbitmq-nodes", "TRELLIS_RABBITMQ_NODES", "1 or 3", "'2'")
        self.assert_refused(self.stack().run("up", "--rabbitmq-nodes", "2"), *words)
        self.assert_refused(self.stack().run("up", TRELLIS_RABBITMQ_NODES="2"), *words)
        self.assert_refused(self.stack().run("up", "--rabbitmq-nodes"), "--rabbitmq-nodes")

    def test_data_of_another_number_of_rabbitmq_nodes_is_left_alone(self):
        for path, wanted in (("rabbitmq/mnesia", "3"), ("rabbitmq-cluster/formed", "1")):
            stack = self.stack()
            (stack.home / "data" / path).mkdir(parents=True)
            done = stack.run("up", "--detach", "--rabbitmq-nodes", wanted,
                             TRELLIS_SERVICES="enqueue,order")
            self.assert_refused(done, "--rabbitmq-nodes", "./trellis clean")
            self.assertTrue((stack.home / "data" / path).exists())
            self.assert_nothing_runs(stack)

    def test_a_taken_port_of_another_rabbitmq_node_is_named(self):
        stack = self.stack()
        stack.ports |= dict(zip(ORDER_PORTS + CLUSTER_PORTS,
                                free_ports(len(ORDER_PORTS + CLUSTER_PORTS))))
        with socket.create_server(("127.0.0.1", stack.ports["RABBITMQ_3_MANAGEMENT"])):
            done = stack.run("up", "--detach", "--rabbitmq-nodes", "3",
                             TRELLIS_SERVICES="enqueue,order")
        self.assert_refused(done, str(stack.ports["RABBITMQ_3_MANAGEMENT"]), "rabbitmq-3",
                            "TRELLIS_RABBITMQ_3_MANAGEMENT_PORT")
        self.assert_nothing_runs(stack)

    def test_monitoring_is_on_or_off(self):
        self.assert_refused(self.stack().run("up", TRELLIS_MONITORING="yes"), "TRELLIS_MONITORING",
                            "0 or 1", "'yes'")

    def test_unknown_services_are_refused(self):
        self.assert_refused(self.stack().run("up", "--services", "ordr"), "--services", "ordr")


# In place of redis-cli: breaks off in the middle of forming a cluster.
BROKEN_OFF = """#!/bin/sh
case "$*" in
  *"--cluster create"*)
    first=${3#*:} second=${4#*:}
    "$REAL" -p "$first" cluster addslotsrange 0 5460
    "$REAL" -p "$second" cluster addslotsrange 100 200
    "$REAL" -p "$second" cluster meet 127.0.0.1 "$first"
    echo "broken off" && exit 1 ;;
esac
exec "$REAL" "$@"
"""


class KeyTestTest(Case):
    @classmethod
    def setUpClass(cls):
        names = ("keytest", "keytest-consumer")
        missing = [name for name in (*BINARIES, *names) if not (built_in / name).exists()]
        if missing or shutil.which("nats-server") is None:
            raise unittest.SkipTest(f"not there: {missing or 'nats-server'}")
        cls.running = Stack()
        cls.addClassCleanup(cls.running.remove)
        for name in names:
            (cls.running.bin / name).symlink_to(built_in / name)
        ports = ("NATS", "KEYTEST", "KEYTEST_OPS")
        # A consumer's is the first of a row.
        cls.running.ports |= dict(zip((*ports, "KEYTEST_CONSUMER_OPS"), free_ports(len(ports) + 8)))
        cls.environment = {"TRELLIS_SERVICES": "enqueue,keytest", "EVENT_STREAM": "nats"}
        done = cls.running.run("up", "--detach", **cls.environment)
        if done.returncode != 0:
            raise AssertionError(done.stdout + done.stderr)
        cls.greeting = done.stdout

    def call(self, path, body=None):
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.running.ports['GATEWAY']}/v1/keytest{path}",
            data=body, headers={"Content-Type": "application/json"} if body else {})
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def test_every_key_of_a_run_fires(self):
        self.call(":start", b'{"keys":2000,"delayMs":0,"ttlMs":100}')
        status = self.call("/status")
        end = time.monotonic() + 30
        while status["state"] != "DONE" and time.monotonic() < end:
            time.sleep(0.1)
            status = self.call("/status")
        self.assertEqual((status["state"], status["consumed"], status["dead"]), ("DONE", "2000", "0"))

    def test_events_go_over_nats_to_two_consumers(self):
        self.assertIn(f"nats://127.0.0.1:{self.running.ports['NATS']}", self.greeting)
        self.assertNotIn("rabbitmq", self.greeting)
        status = self.running.run("status", **self.environment).stdout
        self.assertEqual(len(re.findall(r"^keytest-consumer-\d ", status, re.M)), 2)


class PostTest(Case):
    """One stack for all; each test leaves it ready."""

    @classmethod
    def setUpClass(cls):
        missing = [name for name in (*BINARIES, *POST_BINARIES) if not (built_in / name).exists()]
        if missing:
            raise unittest.SkipTest(f"not built: {missing}")
        cls.running = Stack()
        cls.addClassCleanup(cls.running.remove)
        for name in POST_BINARIES:
            (cls.running.bin / name).symlink_to(built_in / name)
        ports = ("POSTGRES", *POST_PORTS)
        cls.running.ports |= dict(zip(ports, free_ports(len(ports))))
        environment = cls.running.environment
        cls.running.environment = lambda **more: environment(
            **{"TRELLIS_SERVICES": "enqueue,post"} | more)
        broken = cls.running.dir / "path"
        broken.mkdir()
        (broken / "redis-cli").write_text(BROKEN_OFF.replace("$REAL", shutil.which("redis-cli")))
        (broken / "redis-cli").chmod(0o755)
        cls.first = cls.running.run("up", "--detach", PATH=f"{broken}:{os.environ['PATH']}")
        cls.second = cls.running.run("up", "--detach")
        if cls.second.returncode != 0:
            raise AssertionError(cls.second.stdout + cls.second.stderr)

    def get(self, path, port="GATEWAY"):
        url = f"http://127.0.0.1:{self.running.ports[port]}{path}"
        with urllib.request.urlopen(url, timeout=10) as answer:
            return answer.read().decode()

    def counters(self):
        return {name: float(value) for name, value in re.findall(
            r"^(post_\w+_total) (\S+)$", self.get("/metrics", "POST_OPS"), re.M)}

    def cluster(self, node, *command):
        return subprocess.run(["redis-cli", "-p", str(self.running.ports[f"REDIS_CLUSTER_{node}"]),
                               "cluster", *command], text=True, capture_output=True,
                              timeout=10).stdout

    def roles(self, node):
        return sorted(line.split()[2].replace("myself,", "")
                      for line in self.cluster(node, "nodes").splitlines())

    def is_whole(self):
        return all("cluster_state:ok" in self.cluster(node, "info") and
                   "cluster_slots_ok:16384" in self.cluster(node, "info") and
                   self.roles(node) == ["master"] * 3 + ["slave"] * 3 for node in range(1, 7))

    def test_a_first_start_that_was_broken_off_is_made_up_for(self):
        self.assert_refused(self.first, "does not form a cluster", "broken off")
        self.assertTrue(eventually(self.is_whole), self.roles(1))

    def test_up_shows_what_to_try_with_its_quotes(self):
        url = f"http://127.0.0.1:{self.running.ports['GATEWAY']}/api/v1/users/1/posts?limit=3"
        self.assertIn(f'curl -sS "{url}"\n', self.second.stdout)
        self.assertNotIn("/orders", self.second.stdout)

    def test_the_demonstration_migrate_generate_miss_hit_metrics(self):
        self.assertEqual("2\n", self.run_ok(self.running, "migrate", "version", "--service", "post"))
        self.run_ok(self.running, "migrate", "up", "--service", "post")
        self.run_ok(self.running, "datagen", "--users", "10", "--posts", "2000")
        # The other tests' users may have come before.
        user = next(user for user in range(1, 20) if
                    json.loads(self.get(f"/api/v1/users/{user}"))["username"] == "user1")
        path = f"/api/v1/users/{user}/posts"
        before = self.counters()
        first, second = (json.loads(self.get(path)) for _ in range(2))
        self.assertEqual(first, second)
        self.assertEqual((50, 50, 0, True), (len(first["data"]), first["limit"], first["offset"],
                                             first["has_more"]))
        self.assertEqual({"id", "user_id", "content", "created_at", "updated_at", "generation"},
                         set(first["data"][0]))
        moved = {name: value - before[name] for name, value in self.counters().items()}
        self.assertEqual(1, moved["post_list_cache_misses_total"], moved)
        listed = self.run_ok(self.running, "post", "ls", str(user), "--limit", "3")
        self.assertIn(str(first["data"][2]["id"]), listed)

    def test_migrating_by_hand_wants_to_know_which_database(self):
        # Orders have none here, and Post's is not theirs.
        self.assert_refused(self.running.run("migrate", "version"), "DB_URL")

    def test_up_again_restarts_nothing_and_is_quick(self):
        before = self.running.pids()
        started = time.monotonic()
        self.assertIn("up already", self.run_ok(self.running, "up", "--detach"))
        self.assertLess(time.monotonic() - started, 30)
        self.assertEqual(self.running.pids(), before)
        self.assertTrue(eventually(self.is_whole), self.roles(1))

    def test_a_killed_master_is_replaced_and_comes_back(self):
        user = {"username": "ada", "email": "ada@example.com"}
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.running.ports['GATEWAY']}/api/v1/users",
            json.dumps(user).encode(), {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            ada = json.load(answer)["id"]
        path = f"/api/v1/users/{ada}/posts"
        self.get(path)
        master = next(node for node in range(1, 7)
                      if "myself,master" in self.cluster(node, "nodes"))
        pid = self.running.pids()[f"redis-cluster-node-{master}"]
        os.kill(pid, signal.SIGKILL)
        self.assertEqual([], json.loads(self.get(path))["data"])
        self.assertTrue(eventually(self.is_whole, 40), self.roles(master))
        self.assertNotEqual(pid, self.running.pids()[f"redis-cluster-node-{master}"])
        self.assertEqual(0, self.running.run("status").returncode)

    def test_nodes_at_other_ports_become_a_cluster_anew(self):
        self.run_ok(self.running, "down")
        ports = dict(zip(POST_PORTS[2:], free_ports(len(POST_PORTS) - 2)))
        self.running.ports |= ports
        self.run_ok(self.running, "up", "--detach")
        self.assertTrue(eventually(self.is_whole), self.roles(1))


class HelpTest(Case):
    def test_every_verb_has_examples(self):
        for verb in ("up", "down", "status", "logs", "restart", "scale", "clean", "test", "bench",
                     "experiment", "fmt", "lint"):
            done = subprocess.run([TRELLIS, verb, "--help"], capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, verb)
            self.assertIn(f"./trellis {verb}", done.stdout.splitlines()[0])

    def test_other_verbs_go_to_the_client_with_the_addresses(self):
        stack = self.stack()
        stack.home.mkdir()
        (stack.home / "env").write_text("GATEWAY_URL=http://127.0.0.1:1\n")
        self.assert_refused(stack.run("enqueue", "hello"), "trellis-cli is not built", "up")
        client = stack.bin / "trellis-cli"
        client.write_text('#!/bin/sh\necho "$GATEWAY_URL:$*"\n')
        client.chmod(0o755)
        self.assertEqual(self.run_ok(stack, "enqueue", "--priority", "hello there"),
                         "http://127.0.0.1:1:enqueue --priority hello there\n")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        built_in = pathlib.Path(sys.argv.pop(1)).resolve()
    print("stand-ins:", *[n for n in BINARIES if not (built_in / n).exists()], flush=True)
    unittest.main(verbosity=2)
