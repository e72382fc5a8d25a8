"""Checks the invariants of the Compose file, and that each check can fail."""

import argparse
import copy
import sys
import types
import unittest

try:
    import yaml
except ImportError:
    print("SKIPPED: python3-yaml is not installed")
    sys.exit(77)

import compose
import kustomize
import manifests
import project


def edit(service, *path, to=None):
    """A mutation: sets services.SERVICE.PATH, or removes it."""
    def mutate(document):
        at = document["services"][service]
        for key in path[:-1]:
            at = at[key]
        if to is None:
            del at[path[-1]]
        else:
            at[path[-1]] = to
    return mutate


# (invariant, one way to break it). Each must be reported by that invariant.
MUTATIONS = [
    ("schema", lambda document: document.update(service={})),
    ("schema", edit("gateway", "healtcheck", to={})),
    ("schema", edit("gateway", "command", to="gateway")),
    ("schema", edit("gateway", "depends_on", to=["enqeue"])),
    ("schema", edit("enqueue-worker", "environment", "PROCESSING_DELAY_MS", to=0)),
    ("schema", edit("enqueue-worker", "environment", "PROCESSING_DELAY_MS", to="$DELAY")),
    ("schema", edit("redis", "restart")),
    ("schema", edit("order", "environment", "DB_URL", to="postgresql://$USER@postgres/trellis")),
    ("schema", edit("order-processor", "depends_on", 2, to="rabbit")),
    ("health", edit("enqueue", "healthcheck")),
    ("health", edit("redis", "healthcheck", "test", to=["CMD-SHELL", "redis-cli ping"])),
    ("health", edit("gateway", "healthcheck", "test", 2, to="ping")),
    ("health", edit("gateway", "healthcheck", "test", 3, to="http://127.0.0.1:9090/readyz")),
    ("health", edit("gateway", "healthcheck", "test", 3, to="http://127.0.0.1:8080/ready")),
    ("health", edit("enqueue", "healthcheck", "test", 3, to="grpc://127.0.0.1:50051/enqueue")),
    ("health", edit("order", "healthcheck", "test", 3,
                    to="grpc://127.0.0.1:50051/trellis.order.v1.OrderService")),
    ("health", edit("order-notifier", "healthcheck", "test", 3,
                    to="http://127.0.0.1:9152/readyz")),
    ("health", edit("rabbitmq", "healthcheck", "interval")),
    ("health", edit("postgres", "healthcheck")),
    ("volumes", lambda document: document["volumes"].pop("worker-data")),
    ("volumes", lambda document: document["volumes"].update(spare=None)),
    ("volumes", edit("enqueue-worker", "environment", "OUTPUT_PATH", to="/var/processed.log")),
    ("volumes", edit("redis", "volumes", 0, to="redis-data:/redis")),
    ("volumes", edit("postgres", "volumes", 0, to="postgres-data:/data")),
    ("volumes", edit("rabbitmq", "volumes", 0, to="rabbitmq-data:/data")),
    ("volumes", edit("order-notifier", "environment", "OUTPUT_PATH", to="/tmp/notifications.log")),
    ("contract", edit("gateway", "ports", 0, to="127.0.0.1:80:8080")),
    ("contract", edit("redis", "ports", to=["6379:6379"])),
    ("contract", edit("postgres", "ports", to=["5432:5432"])),
    ("contract", edit("enqueue-worker", "container_name", to="worker")),
    ("contract", edit("enqueue-worker", "environment", "PROCESSING_DELAY_MS", to="0")),
    ("contract", edit("enqueue", "environment", "QUEUE_NAME", to="letters")),
    ("security", edit("enqueue", "read_only")),
    ("security", edit("enqueue", "cap_drop")),
    ("security", edit("enqueue", "security_opt")),
    ("security", edit("order-processor", "read_only")),
    ("security", edit("gateway", "ports", 0, to="8080:8080")),
    ("shutdown", edit("gateway", "stop_grace_period")),
    ("shutdown", edit("enqueue-worker", "environment", "DRAIN_TIMEOUT", to="20s")),
    ("images", edit("redis", "image", to="redis")),
    ("images", edit("rabbitmq", "image", to="rabbitmq:latest")),
    ("images", edit("gateway", "image", to="trellis:0.0.1")),
    ("images", edit("gateway", "build", "dockerfile", to="Dockerfile")),
    ("redis", lambda document: document["services"]["redis"]["command"].remove("always")),
    ("redis_cluster", lambda document: document["services"].pop("redis-cluster-5")),
    ("redis_cluster", edit("redis-cluster-3", "command", 4, to="5000")),
    ("redis_cluster", edit("redis-cluster-2", "networks")),
    ("redis_cluster", edit("redis-cluster-form", "command", 1, to="form")),
    ("redis_cluster", edit("redis-cluster-form", "command", 7, to="redis-cluster-6")),
    ("redis_cluster", edit("redis-cluster-form", "volumes", 0, to="./k8s/base:/etc/cluster:ro")),
    ("redis_cluster", edit("post", "depends_on", to=["postgres"])),
    ("volumes", edit("redis-cluster-0", "volumes", to=[])),
    ("health", edit("post", "healthcheck", "test", 3,
                    to="grpc://127.0.0.1:50052/trellis.post.v1.PostService")),
    ("agreement", edit("post", "environment", "REDIS_CLUSTER_ADDRS", to="redis-cluster-0:6379")),
    ("agreement", lambda document: document["services"].pop("redis-cluster-form")),
    ("agreement", edit("gateway", "environment", "POST_ADDR", to="none")),
    ("databases", edit("post", "environment", "DB_URL", to="postgresql://a:b@postgres/post")),
    ("databases", edit("postgres", "environment", "POSTGRES_USER", to="postgres")),
    ("databases", edit("postgres", "environment", "POSTGRES_PASSWORD", to="trellis")),
    ("databases", edit("postgres", "command", 2, to="fsync=off")),
    ("databases", edit("postgres", "command", 2, to="max_connections=100")),
    ("databases", edit("rabbitmq", "environment", "RABBITMQ_DEFAULT_USER")),
    ("databases", edit("rabbitmq", "environment", "RABBITMQ_DEFAULT_PASS", to="other")),
    ("databases", edit("rabbitmq", "environment", "RABBITMQ_NODENAME")),
    ("databases", edit("order", "environment", "DB_URL", to="postgresql://trellis:a@db/trellis")),
    ("databases", edit("order-processor", "environment", "RABBITMQ_URLS", to="amqp://rabbitmq/")),
    ("databases", edit("order-notifier", "depends_on", to=["redis", "postgres"])),
    ("settings", edit("gateway", "environment", "ENQEUE_ADDR", to="dns:///enqueue:50051")),
    ("settings", edit("order-processor", "environment", "OUTPUT_PATH", to="/data/out.log")),
    ("agreement", edit("redis", "image", to="redis:7.2-bookworm")),
    ("agreement", edit("enqueue-worker", "environment", "WORKER_CONCURRENCY")),
    ("agreement", edit("enqueue", "environment", "REDIS_ADDR", to="cache:6379")),
    ("agreement", lambda document: document["services"].pop("enqueue")),
    ("agreement", lambda document: document["services"].pop("order-notifier")),
    ("agreement", edit("gateway", "environment", "ORDER_ADDR", to="none")),
    ("agreement", edit("order", "environment", "DB_URL")),
    ("agreement", edit("postgres", "image", to="postgres:16-bookworm")),
    ("schema", edit("gateway", "depends_on", to=["enqueue", "prometheus"])),
    ("volumes", edit("prometheus", "volumes", 1, to="prometheus-data:/data")),
    ("security", edit("grafana", "ports", 0, to="3000:3000")),
    ("images", edit("grafana", "image", to="grafana/grafana")),
    ("monitoring", edit("grafana", "profiles")),
    ("monitoring", edit("enqueue-worker", "profiles", to=["monitoring"])),
    ("monitoring", edit("prometheus", "profiles", to=["metrics"])),
    ("monitoring", edit("prometheus", "volumes", 0, to="./monitor:/etc/prometheus:ro")),
    ("monitoring", edit("prometheus", "volumes", 0, to="./monitoring:/etc/prometheus")),
    ("monitoring", edit("prometheus", "command", 0, to="--config.file=/etc/prometheus.yml")),
    ("monitoring", edit("prometheus", "ports", 0, to="${TRELLIS_BIND:-127.0.0.1}:9090:9091")),
    ("monitoring", edit("order-processor", "environment", "OPS_ADDR", to=":9153")),
]


def read(name):
    return yaml.safe_load((project.ROOT / "deploy" / "monitoring" / name).read_text())


class ComposeTest(unittest.TestCase):
    maxDiff = None

    def test_the_file_keeps_the_invariants(self):
        self.assertEqual([], compose.problems(COMPOSE, PROJECT))

    def test_each_invariant_reports_what_breaks_it(self):
        known = types.SimpleNamespace(**vars(PROJECT))
        known.settings = {name: set(service["environment"])
                          for name, service in compose.ours(COMPOSE).items()}
        for number, (invariant, mutate) in enumerate(MUTATIONS):
            with self.subTest(invariant, number=number):
                broken = copy.deepcopy(COMPOSE)
                mutate(broken)
                self.assertNotEqual([], list(compose.INVARIANTS[invariant](broken, known)))

    def test_each_invariant_has_a_mutation(self):
        self.assertEqual(set(compose.INVARIANTS), {invariant for invariant, _ in MUTATIONS})


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--binaries", required=True, help="where the built binaries are")
    arguments, rest = parser.parse_known_args()
    command = kustomize.find()
    if not command:
        print("SKIPPED: neither kubectl 1.27, kustomize 5 nor Go is installed")
        sys.exit(project.SKIPPED)
    base = kustomize.render(command, project.ROOT / "deploy" / "k8s" / "base")
    PROJECT = types.SimpleNamespace(version=project.version(), rpc_services=project.rpc_services(),
                                    settings=project.settings(arguments.binaries),
                                    manifests=manifests.Manifests(base), root=project.ROOT,
                                    prometheus=read("prometheus.compose.yml"),
                                    datasource=read("grafana/provisioning/datasources/"
                                                    "prometheus.yml")["datasources"][0])
    COMPOSE = yaml.safe_load((project.ROOT / "deploy" / "compose.yaml").read_text())
    # Two services that share an anchor must not change together under a mutation.
    COMPOSE["services"] = {name: copy.deepcopy(service)
                           for name, service in COMPOSE["services"].items()}
    unittest.main(argv=sys.argv[:1] + rest, verbosity=2)
