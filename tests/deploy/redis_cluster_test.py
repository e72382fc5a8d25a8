"""deploy/k8s/base/redis-cluster/cluster.sh with real Redis servers, each on an address of loopback of
its own; `getent`, which asks DNS there, is a stand-in that reads a file here."""

import argparse
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

import project

SCRIPT = project.ROOT / "deploy/k8s/base/redis-cluster/cluster.sh"
GETENT = """#!/bin/sh
grep " $2\\$" "$HOSTS" | sed 's/ / STREAM /' | grep . || exit 2
"""
HOSTS = [f"node-{i}" for i in range(6)]


def eventually(condition, seconds=30):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


class Nodes:
    """Six Redis servers that can be restarted elsewhere."""

    def __init__(self, network):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="redis-cluster-"))
        self.port = 20000 + os.getpid() % 10000
        self.network = network
        self.addresses = {}
        self.processes = {}
        (self.dir / "bin").mkdir()
        getent = self.dir / "bin/getent"
        getent.write_text(GETENT)
        getent.chmod(0o755)
        self.publish()

    def publish(self):
        (self.dir / "hosts").write_text("".join(
            f"{address} {host}\n" for host, address in self.addresses.items()))

    def start(self, host, last):
        address = f"127.{self.network}.0.{last}"
        home = self.dir / host
        home.mkdir(exist_ok=True)
        self.processes[host] = subprocess.Popen(
            ["redis-server", "--bind", address, "--port", str(self.port), "--dir", str(home),
             "--cluster-enabled", "yes", "--cluster-node-timeout", "1000", "--save", "",
             "--cluster-require-full-coverage", "no",
             "--cluster-port", str(self.port + 10000),
             "--cluster-announce-ip", address, "--protected-mode", "no"],
            stdout=subprocess.DEVNULL)
        self.addresses[host] = address
        self.publish()
        if not eventually(lambda: self.cli(host, "ping") == "PONG"):
            raise AssertionError(f"{host} does not answer")

    def start_all(self, first=1):
        for i, host in enumerate(HOSTS):
            self.start(host, first + i)

    def stop(self, *hosts):
        for host in hosts:
            self.processes[host].kill()
            self.processes[host].wait()

    def cli(self, host, *command):
        return subprocess.run(["redis-cli", "-h", self.addresses[host], "-p", str(self.port),
                               *command], capture_output=True, text=True, timeout=10).stdout.strip()

    def environment(self, **more):
        return os.environ | {"PATH": f"{self.dir}/bin:{os.environ['PATH']}", "PATIENCE": "40",
                             "HOSTS": str(self.dir / "hosts"), "REDIS_PORT": str(self.port), **more}

    def script(self, verb, **more):
        return subprocess.run([SCRIPT, verb, *HOSTS], env=self.environment(**more), text=True,
                              capture_output=True, timeout=100)

    def view(self, host):
        """[flags] of all nodes that it knows."""
        return sorted(line.split()[2].replace("myself,", "")
                      for line in self.cli(host, "cluster", "nodes").splitlines())

    def serves(self, host):
        info = self.cli(host, "cluster", "info")
        return "cluster_state:ok" in info and "cluster_slots_ok:16384" in info

    def is_whole(self):
        return all(self.view(host) == ["master"] * 3 + ["slave"] * 3 and self.serves(host)
                   for host in HOSTS)

    def remove(self):
        self.stop(*self.processes)
        shutil.rmtree(self.dir, ignore_errors=True)


class RedisClusterTest(unittest.TestCase):
    networks = iter(range(50, 100))

    def nodes(self):
        nodes = Nodes(next(self.networks))
        self.addCleanup(nodes.remove)
        return nodes

    def formed(self):
        nodes = self.nodes()
        nodes.start_all()
        done = nodes.script("form")
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertTrue(eventually(nodes.is_whole), nodes.view(HOSTS[0]))
        return nodes

    def test_forms_three_masters_with_a_replica_each_and_again_is_the_same(self):
        nodes = self.formed()
        before = nodes.cli(HOSTS[0], "cluster", "myid")
        done = nodes.script("form")
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertTrue(eventually(nodes.is_whole), nodes.view(HOSTS[0]))
        self.assertEqual(before, nodes.cli(HOSTS[0], "cluster", "myid"))
        self.assertNotIn("makes a cluster", done.stderr)

    def test_a_start_that_was_broken_off_is_made_up_for(self):
        nodes = self.nodes()
        nodes.start_all()
        nodes.cli(HOSTS[0], "cluster", "addslotsrange", "0", "5460")
        nodes.cli(HOSTS[1], "cluster", "meet", nodes.addresses[HOSTS[0]], str(nodes.port))
        nodes.cli(HOSTS[4], "cluster", "addslotsrange", "100", "200")
        done = nodes.script("form")
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertTrue(eventually(nodes.is_whole), nodes.view(HOSTS[0]))

    def test_waits_for_all_nodes_and_names_the_one_that_is_missing(self):
        nodes = self.nodes()
        for i, host in enumerate(HOSTS[:5]):
            nodes.start(host, 1 + i)
        done = nodes.script("form", PATIENCE="2")
        self.assertEqual(1, done.returncode)
        self.assertIn("gave up waiting for node-5", done.stderr)

    def test_nodes_that_all_come_back_elsewhere_find_each_other_by_name(self):
        nodes = self.formed()
        nodes.stop(*HOSTS)
        nodes.start_all(first=11)
        self.assertFalse(eventually(nodes.is_whole, 3), "they find each other by themselves")
        # As the hook of each pod does.
        joins = [subprocess.Popen([SCRIPT, "join", *HOSTS], text=True, stderr=subprocess.PIPE,
                                  env=nodes.environment(NODE=nodes.addresses[host]))
                 for host in HOSTS]
        for join in joins:
            self.assertEqual(0, join.wait(60), join.stderr.read())
            join.stderr.close()
        self.assertTrue(eventually(nodes.is_whole), nodes.view(HOSTS[0]))

    def test_a_node_with_an_empty_disk_becomes_a_replica_and_its_former_self_is_forgotten(self):
        nodes = self.formed()
        replica = next(host for host in HOSTS if "role:slave" in nodes.cli(host, "info",
                                                                           "replication"))
        nodes.stop(replica)
        shutil.rmtree(nodes.dir / replica)
        nodes.start(replica, 21)
        self.assertTrue(eventually(lambda: "slave,fail" in nodes.view(
            next(host for host in HOSTS if host != replica))))
        done = nodes.script("form")
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertIn("forgets", done.stderr)
        self.assertTrue(eventually(nodes.is_whole), nodes.view(HOSTS[0]))

    def test_keep_mends_what_fell_apart(self):
        nodes = self.nodes()
        nodes.start_all()
        keeper = subprocess.Popen([SCRIPT, "keep", *HOSTS], env=nodes.environment(),
                                  stderr=subprocess.DEVNULL)
        self.addCleanup(keeper.wait)
        self.addCleanup(keeper.kill)
        self.assertTrue(eventually(nodes.is_whole, 40))
        nodes.stop(*HOSTS)
        nodes.start_all(first=31)
        self.assertTrue(eventually(nodes.is_whole, 60), nodes.view(HOSTS[0]))


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--binaries", help="not needed")
    _, rest = parser.parse_known_args()
    if not shutil.which("redis-server"):
        print("SKIPPED: redis-server is not installed")
        sys.exit(project.SKIPPED)
    unittest.main(argv=sys.argv[:1] + rest, verbosity=2)
