"""Renders the Kubernetes manifests and checks their invariants, and that each check can fail."""

import argparse
import base64
import copy
import pathlib
import shutil
import subprocess
import sys
import tempfile
import types
import unittest

try:
    import yaml  # noqa: F401
except ImportError:
    print("SKIPPED: python3-yaml is not installed")
    sys.exit(77)

import kustomize
import manifests
import project

APP = manifests.APP
ALL = "everything"  # the base with all components, made here


def render_all(command):
    """{name: documents} of the base with its Secrets, each overlay, and with all components."""
    with tempfile.TemporaryDirectory() as directory:
        tree = pathlib.Path(directory) / "k8s"
        shutil.copytree(project.ROOT / "deploy" / "k8s", tree)
        shutil.copytree(project.ROOT / "deploy" / "monitoring", tree.parent / "monitoring")
        components = sorted(path.name for path in tree.glob("components/*"))
        generated = tree / "components" / "secrets" / "generated"
        shutil.rmtree(generated, ignore_errors=True)  # what somebody has for an installation
        subprocess.run([generated.parent / "generate"], check=True)
        for name, picked in (("base", ["secrets"]), (ALL, components)):
            (tree / "overlays" / name).mkdir()
            (tree / "overlays" / name / "kustomization.yaml").write_text(
                "resources: [../../base]\ncomponents:\n" +
                "".join(f"  - ../../components/{component}\n" for component in picked))
        rendered = {}
        for overlay in sorted(tree.glob("overlays/*/kustomization.yaml")):
            rendered[overlay.parent.name] = kustomize.render(command, overlay.parent)
        return rendered


TEMPLATE = ("spec", "template")
POD = (*TEMPLATE, "spec")
CONTAINER = (*POD, "containers", 0)
LABELS = ("metadata", "labels")
RULE_PORT = ("ports", 0)
DELETE = object()


def edit(target, *path, to=DELETE):
    """A mutation: sets the field of KIND/NAME at the path, or removes it."""
    def mutate(m):
        at = m.one(*target.split("/"))
        for key in path[:-1]:
            at = at[key]
        if to is DELETE:
            del at[path[-1]]
        else:
            at[path[-1]] = to
    return mutate


def drop(target):
    return lambda m: m.documents.remove(m.one(*target.split("/")))


def set_env(workload, variable, value):
    """A value of None removes it."""
    def mutate(m):
        found = next(found for found in m.workloads() if found.name == workload)
        env = found.pod["containers"][0]["env"]
        env[:] = [entry for entry in env if entry["name"] != variable]
        if value is not None:
            env.append({"name": variable, "value": value})
    return mutate


def set_argument(flag, value):
    def mutate(m):
        redis = m.one("StatefulSet", "redis")["spec"]["template"]["spec"]["containers"][0]
        redis["args"][redis["args"].index(flag) + 1] = value
    return mutate


def set_cluster_argument(flag, value):
    def mutate(m):
        args = m.one("StatefulSet", "redis-cluster")["spec"]["template"]["spec"]["containers"][0][
            "args"]
        args[args.index(flag) + 1] = value
    return mutate


def set_option(before, after):
    """Of Postgres: after `-c`."""
    def mutate(m):
        args = m.one("StatefulSet", "postgres")["spec"]["template"]["spec"]["containers"][0]["args"]
        args[args.index(before)] = after
    return mutate


def generated(m, kind, name):
    """By its name without the hash."""
    return next(document for document in m.all(kind)
                if document["metadata"]["name"].rpartition("-")[0] == name)


def set_secret(name, key, before, after):
    """Replaces a part of it; None for all of it, or to remove it."""
    def mutate(m):
        data = generated(m, "Secret", name)["data"]
        if after is None:
            del data[key]
        else:
            text = base64.b64decode(data[key]).decode()
            assert before is None or before in text
            text = after if before is None else text.replace(before, after)
            data[key] = base64.b64encode(text.encode()).decode()
    return mutate


def set_conf(before, after):
    def mutate(m):
        data = generated(m, "ConfigMap", "rabbitmq")["data"]
        assert before in data["rabbitmq.conf"]
        data["rabbitmq.conf"] = data["rabbitmq.conf"].replace(before, after)
    return mutate


def drop_generated(kind, name):
    return lambda m: m.documents.remove(generated(m, kind, name))


def unmount(target, path):
    def mutate(m):
        container = m.one(*target.split("/"))["spec"]["template"]["spec"]["containers"][0]
        container["volumeMounts"] = [mount for mount in container["volumeMounts"]
                                     if mount["mountPath"] != path]
    return mutate


def several(*mutations):
    return lambda m: [mutate(m) for mutate in mutations]


GATEWAY, ENQUEUE = "Deployment/gateway", "Deployment/enqueue"
WORKER, REDIS = "Deployment/enqueue-worker", "StatefulSet/redis"
GATEWAY_SCALER, ENQUEUE_SCALER = (f"HorizontalPodAutoscaler/{name}"
                                  for name in ("gateway", "enqueue"))
WORKER_SCALER = "ScaledObject/enqueue-worker"
ORDER, PROCESSOR = "Deployment/order", "Deployment/order-processor"
NOTIFIER = "Deployment/order-notifier"
POSTGRES, RABBITMQ = "StatefulSet/postgres", "StatefulSet/rabbitmq"
PROCESSOR_SCALER = "HorizontalPodAutoscaler/order-processor"
WEATHER, WEATHER_WORKER = "Deployment/weather", "Deployment/weather-worker"
POST, MIGRATE = "Deployment/post", "Job/post-migrate"
CLUSTER, FORM = "StatefulSet/redis-cluster", "Job/redis-cluster-form"
HOOK = ("lifecycle", "postStart", "exec", "command")

# invariant: the ways to break it. Each must be reported by that invariant.
MUTATIONS = {
    "labels": [
        edit("Service/enqueue", *LABELS, APP + "part-of"),
        edit(ENQUEUE, *TEMPLATE, *LABELS, APP + "version"),
        several(edit(GATEWAY, *LABELS, APP + "version", to="0.0.1"),
                edit(GATEWAY, *TEMPLATE, *LABELS, APP + "version", to="0.0.1")),
        edit(REDIS, "spec", "volumeClaimTemplates", 0, *LABELS, to={APP + "version": "7.0"}),
        edit(RABBITMQ, *TEMPLATE, *LABELS, APP + "version", to="3.11"),
        lambda m: generated(m, "Secret", "order")["metadata"].pop("labels"),
    ],
    "selectors": [
        edit("Service/enqueue", "spec", "selector", APP + "name", to="enqeue"),
        edit("Service/gateway", "spec", "selector", to={APP + "part-of": "trellis"}),
        edit(ENQUEUE, "spec", "selector", "matchLabels", to={APP + "part-of": "trellis"}),
        edit(ENQUEUE, *POD, "topologySpreadConstraints", 0, "labelSelector", "matchLabels",
             APP + "name", to="gateway"),
        edit(RABBITMQ, *POD, "topologySpreadConstraints", 0, "labelSelector", "matchLabels",
             APP + "name", to="redis"),
    ],
    "services": [
        edit("Service/gateway", "spec", "ports", 0, "targetPort", to="web"),
        edit("Service/enqueue", "spec", "clusterIP"),
        edit("Service/gateway", "spec", "clusterIP", to="None"),
        edit("Service/gateway", "spec", "type", to="LoadBalancer"),
        edit("Service/enqueue", "spec", "type", to="NodePort"),
        set_env("keytest-consumer", "NATS_URL", "nats://nats:4223"),
        set_env("gateway", "ENQUEUE_ADDR", "dns:///enqueue:50052"),
        set_env("enqueue", "REDIS_ADDR", "cache:6379"),
        edit(REDIS, "spec", "serviceName", to="db"),
        set_env("gateway", "ORDER_ADDR", "dns:///orders:50052"),
        edit("Service/order", "spec", "clusterIP"),
        set_env("gateway", "WEATHER_ADDR", "dns:///weather:50051"),
        edit("Service/weather", "spec", "clusterIP"),
        set_env("gateway", "POST_ADDR", "dns:///posts:50054"),
        edit("Service/post", "spec", "clusterIP"),
        set_env("post", "REDIS_CLUSTER_ADDRS", "redis-cluster:6380"),
        edit("Service/redis-cluster", "spec", "ports", 1),
        set_secret("post", "db-url", "@postgres:", "@db:"),
        set_secret("order", "db-url", "@postgres:", "@db:"),
        set_secret("order", "db-url", ":5432/", ":5433/"),
        set_secret("order", "rabbitmq-urls", "rabbitmq-2.rabbitmq", "rabbitmq-3.rabbitmq"),
        set_secret("order", "rabbitmq-urls", ":5672", ":5671"),
        set_conf("rabbitmq-1.rabbitmq", "rabbitmq-1.mq"),
        edit("HTTPRoute/gateway", "spec", "rules", 0, "backendRefs", 0, "port", to=80),
        edit("Ingress/gateway", "spec", "rules", 0, "http", "paths", 0, "backend", "service",
             "port", "name", to="web"),
    ],
    "probes": [
        edit(GATEWAY, *CONTAINER, "startupProbe"),
        edit(GATEWAY, *CONTAINER, "livenessProbe", "httpGet", "path", to="/readyz"),
        edit(WORKER, *CONTAINER, "readinessProbe", "httpGet", "path", to="/healthz"),
        edit(WORKER, *CONTAINER, "readinessProbe", "httpGet", "port", to="http"),
        edit(ENQUEUE, *CONTAINER, "readinessProbe", "grpc", "service", to="trellis.Enqueue"),
        edit(ENQUEUE, *CONTAINER, "readinessProbe", "grpc", "service"),
        edit(ENQUEUE, *CONTAINER, "livenessProbe", "grpc", "service",
             to="trellis.enqueue.v1.EnqueueService"),
        edit(ENQUEUE, *CONTAINER, "livenessProbe", "grpc", "port", to=50052),
        edit(REDIS, *CONTAINER, "livenessProbe", "exec", "command",
             to=["sh", "-c", "redis-cli ping"]),
        edit(ORDER, *CONTAINER, "readinessProbe", "grpc", "service",
             to="trellis.order.v1.OrdersService"),
        edit(PROCESSOR, *CONTAINER, "livenessProbe", "httpGet", "path", to="/readyz"),
        edit(WEATHER, *CONTAINER, "readinessProbe", "grpc", "service",
             to="trellis.weather.v1.Weather"),
        edit(WEATHER_WORKER, *CONTAINER, "readinessProbe", "httpGet", "path", to="/healthz"),
        edit(NOTIFIER, *CONTAINER, "startupProbe"),
        edit(POST, *CONTAINER, "readinessProbe", "grpc", "service", to="trellis.post.v1.Posts"),
        edit(POST, *CONTAINER, "livenessProbe", "grpc", "service",
             to="trellis.post.v1.PostService"),
        edit(CLUSTER, *CONTAINER, "livenessProbe"),
        edit(POSTGRES, *CONTAINER, "readinessProbe"),
        edit(RABBITMQ, *CONTAINER, "livenessProbe"),
    ],
    "resources": [
        edit(ENQUEUE, *CONTAINER, "resources", "limits"),
        edit(ENQUEUE, *CONTAINER, "resources", "requests", "cpu"),
        edit(ENQUEUE, *CONTAINER, "resources", "limits", "cpu", to="1"),
        edit(ENQUEUE, *CONTAINER, "resources", "requests", "memory", to="1Gi"),
        edit(RABBITMQ, *POD, "initContainers", 0, "resources"),
    ],
    "security": [
        edit(GATEWAY, *POD, "securityContext", "runAsNonRoot"),
        edit(GATEWAY, *POD, "securityContext", "seccompProfile"),
        edit(REDIS, *POD, "securityContext", "runAsUser", to=999),
        edit(GATEWAY, *POD, "hostNetwork", to=True),
        edit(GATEWAY, *POD, "enableServiceLinks"),
        edit(GATEWAY, *POD, "automountServiceAccountToken"),
        edit(GATEWAY, *POD, "volumes", to=[{"name": "host", "hostPath": {"path": "/"}}]),
        edit(ENQUEUE, *CONTAINER, "securityContext", "readOnlyRootFilesystem"),
        edit(ENQUEUE, *CONTAINER, "securityContext", "allowPrivilegeEscalation", to=True),
        edit(ENQUEUE, *CONTAINER, "securityContext", "capabilities"),
        edit(ENQUEUE, *CONTAINER, "ports", 0, "hostPort", to=50051),
        edit(ENQUEUE, *POD, "initContainers",
             to=[{"name": "first", "image": "debian:12", "command": ["true"]}]),
        edit(RABBITMQ, *POD, "initContainers", 0, "securityContext", "capabilities"),
        edit(POSTGRES, *POD, "securityContext", "runAsNonRoot"),
        edit(MIGRATE, *POD, "securityContext", "runAsNonRoot"),
        edit(FORM, *CONTAINER, "securityContext", "readOnlyRootFilesystem"),
        edit(POSTGRES, *CONTAINER, "securityContext", "readOnlyRootFilesystem"),
        edit(RABBITMQ, *POD, "automountServiceAccountToken", to=True),
        lambda m: m.one("StatefulSet", "rabbitmq")["spec"]["template"]["spec"]["volumes"][0][
            "projected"]["sources"].append({"serviceAccountToken": {"path": "token"}}),
        edit("Namespace/trellis", *LABELS, "pod-security.kubernetes.io/enforce"),
    ],
    "service_accounts": [
        edit(ENQUEUE, *POD, "serviceAccountName"),
        drop("ServiceAccount/redis"),
        edit("ServiceAccount/gateway", "automountServiceAccountToken"),
        edit("ServiceAccount/rabbitmq", "automountServiceAccountToken"),
        edit(PROCESSOR, *POD, "serviceAccountName", to="order"),
        edit(MIGRATE, *POD, "serviceAccountName", to="post"),
    ],
    "rollout": [
        edit(GATEWAY, "spec", "strategy"),
        edit(WORKER, "spec", "strategy", "rollingUpdate", to={"maxSurge": 1, "maxUnavailable": 0}),
        edit("PersistentVolumeClaim/worker-data", "spec", "accessModes", to=["ReadWriteOnce"]),
        edit(ENQUEUE, *POD, "topologySpreadConstraints", 1),
        edit(RABBITMQ, *POD, "topologySpreadConstraints", 1),
        edit(CLUSTER, *POD, "topologySpreadConstraints", 1),
        edit(POST, "spec", "strategy", "rollingUpdate", to={"maxSurge": 0, "maxUnavailable": 1}),
        edit(NOTIFIER, "spec", "strategy", "rollingUpdate", to={"maxSurge": 1,
                                                                "maxUnavailable": 0}),
        edit(PROCESSOR, "spec", "strategy", "rollingUpdate", "maxUnavailable", to=1),
        edit(PROCESSOR_SCALER, "spec", "scaleTargetRef", "name", to="order-notifier"),
    ],
    "shutdown": [
        edit(GATEWAY, *CONTAINER, "lifecycle"),
        edit(GATEWAY, *CONTAINER, "lifecycle", "preStop", "exec", "command",
             to=["sh", "-c", "sleep 10"]),
        edit(GATEWAY, *POD, "terminationGracePeriodSeconds", to=20),
        set_env("enqueue-worker", "DRAIN_TIMEOUT", "1m"),
        edit(ENQUEUE, *CONTAINER, "command"),
        edit(ENQUEUE, *CONTAINER, "command", to=["/bin/sh", "-c", "exec enqueue"]),
        edit(ORDER, *CONTAINER, "lifecycle"),
        edit(WEATHER, *CONTAINER, "lifecycle"),
        set_env("weather-worker", "DRAIN_TIMEOUT", "30s"),
        set_env("order-notifier", "DRAIN_TIMEOUT", "30s"),
        edit(RABBITMQ, *CONTAINER, "command"),
        edit(POSTGRES, *POD, "terminationGracePeriodSeconds", to=5),
    ],
    "autoscaling": [
        edit(ENQUEUE_SCALER, "spec", "scaleTargetRef", "name", to="enqeue"),
        edit(ENQUEUE_SCALER, "spec", "behavior"),
        edit(ENQUEUE_SCALER, "spec", "minReplicas", to=1),
        edit(ENQUEUE_SCALER, "spec", "metrics", to=[]),
        drop(GATEWAY_SCALER),
        edit(GATEWAY, "spec", "replicas", to=2),
        edit(WORKER, "spec", "replicas", to=2),
        edit(WORKER_SCALER, "spec", "minReplicaCount", to=0),
        edit(WORKER_SCALER, "spec", "scaleTargetRef", "name", to="enqueue"),
        edit(WORKER_SCALER, "spec", "triggers", 0, "metadata", "address", to="cache:6379"),
        set_env("enqueue-worker", "QUEUE_NAME", "letters"),
        drop("HorizontalPodAutoscaler/order"),
        drop("HorizontalPodAutoscaler/weather"),
        drop("HorizontalPodAutoscaler/post"),
        edit(WEATHER_WORKER, "spec", "replicas", to=2),
        edit(PROCESSOR_SCALER, "spec", "minReplicas", to=1),
        edit(PROCESSOR, "spec", "replicas", to=2),
    ],
    "disruption": [
        *(drop(f"PodDisruptionBudget/{name}") for name in (
            "redis", "postgres", "rabbitmq", "order", "order-processor", "order-notifier",
            "weather", "weather-worker", "post", "redis-cluster")),
        edit("PodDisruptionBudget/rabbitmq", "spec", "maxUnavailable", to=2),
        edit("PodDisruptionBudget/enqueue", "spec", "maxUnavailable", to=0),
        edit("PodDisruptionBudget/enqueue", "spec", "selector", "matchLabels", APP + "name",
             to="gateway"),
    ],
    "network": [
        *(drop(f"NetworkPolicy/{name}") for name in (
            "default-deny", "dns", "gateway", "enqueue", "gateway-to-enqueue", "redis",
            "redis-clients", "keda-to-redis", "prometheus-to-ops", "order", "gateway-to-order",
            "postgres", "postgres-clients", "rabbitmq", "rabbitmq-clients", "rabbitmq-nodes",
            "weather", "gateway-to-weather", "post", "gateway-to-post", "redis-cluster",
            "redis-cluster-clients", "redis-cluster-nodes")),
        edit(POST, *TEMPLATE, *LABELS, "trellis/redis-cluster-client"),
        edit(MIGRATE, *TEMPLATE, *LABELS, "trellis/postgres-client"),
        edit(FORM, *TEMPLATE, *LABELS, "trellis/redis-cluster-client"),
        edit(POST, *TEMPLATE, *LABELS, "trellis/redis-client", to="true"),
        edit("NetworkPolicy/redis-cluster-nodes", "spec", "egress", 0, "ports", 1),
        edit("NetworkPolicy/default-deny", "spec", "policyTypes", to=["Ingress"]),
        edit("NetworkPolicy/dns", "spec", "egress", 0, *RULE_PORT, "protocol", to="TCP"),
        edit("NetworkPolicy/redis", "spec", "ingress", 0, *RULE_PORT, "port", to=6380),
        edit("NetworkPolicy/gateway-to-enqueue", "spec", "egress", 0, *RULE_PORT, "port", to=50052),
        edit("NetworkPolicy/prometheus-to-ops", "spec", "ingress", 0, *RULE_PORT, "endPort",
             to=9059),
        edit("NetworkPolicy/gateway", "spec", to={"podSelector": {}, "policyTypes": ["Ingress"],
                                                  "ingress": [{}]}),
        edit("NetworkPolicy/redis", "spec", "ingress", 0, "from"),
        # From within the namespace only: the far end must notice, too.
        several(edit("NetworkPolicy/redis", "spec", "ingress", 0, "from",
                     to=[{"podSelector": {}}]),
                edit("NetworkPolicy/redis-clients", "spec", "podSelector", to={})),
        edit("NetworkPolicy/redis-clients", "spec", "egress", to=[{}]),
        edit(ENQUEUE, *TEMPLATE, *LABELS, "trellis/redis-client"),
        edit(PROCESSOR, *TEMPLATE, *LABELS, "trellis/postgres-client"),
        edit(WEATHER_WORKER, *TEMPLATE, *LABELS, "trellis/redis-client"),
        edit("NetworkPolicy/prometheus-to-ops", "spec", "ingress", 0, "ports", 3),
        edit(NOTIFIER, *TEMPLATE, *LABELS, "trellis/rabbitmq-client"),
        edit(WORKER, *TEMPLATE, *LABELS, "trellis/postgres-client", to="true"),
        edit("NetworkPolicy/postgres", "spec", "ingress", 0, "from"),
        # Clients have no business where the nodes talk to each other.
        several(edit("NetworkPolicy/rabbitmq", "spec", "ingress", 0, "ports"),
                edit("NetworkPolicy/rabbitmq-clients", "spec", "egress", 0, "ports")),
        edit("NetworkPolicy/rabbitmq-nodes", "spec", "egress", 0, *RULE_PORT),
        edit("NetworkPolicy/prometheus-to-ops", "spec", "ingress", 0, "ports", 2),
        edit("PodMonitor/trellis", "spec", "podMetricsEndpoints", 1),
    ],
    "storage": [
        drop("PersistentVolumeClaim/worker-data"),
        edit(WORKER, *POD, "volumes"),
        set_env("enqueue-worker", "OUTPUT_PATH", "/var/processed.log"),
        set_argument("--appendonly", "no"),
        set_argument("--appendfsync", "everysec"),
        set_argument("--save", "60 1"),
        set_argument("--maxmemory-policy", "allkeys-lru"),
        set_argument("--maxmemory", "1000mb"),
        set_argument("--dir", "/tmp"),
        drop("PersistentVolumeClaim/notifier-data"),
        set_env("order-notifier", "OUTPUT_PATH", "/var/notifications.log"),
        edit(POSTGRES, "spec", "volumeClaimTemplates"),
    ],
    "secrets": [
        *(drop_generated("Secret", name) for name in ("order", "postgres", "rabbitmq")),
        drop_generated("Secret", "post"),
        drop_generated("ConfigMap", "rabbitmq"),
        set_env("post-migrate", "DB_URL_FILE", "/run/secrets/trellis/url"),
        set_secret("order", "db-url", None, None),
        set_secret("order", "rabbitmq-urls", None, ""),
        set_secret("rabbitmq", "erlang-cookie", None, None),
        unmount(ORDER, "/run/secrets/trellis"),
        set_env("order", "DB_URL_FILE", "/run/secrets/trellis/url"),
        set_env("order-processor", "RABBITMQ_URLS_FILE", None),
        set_env("order-notifier", "DB_URL", "postgresql://trellis:sesame@postgres:5432/trellis"),
        set_env("postgres", "POSTGRES_PASSWORD", "sesame"),
        set_env("rabbitmq", "RABBITMQ_ERLANG_COOKIE", "sesame"),
        set_conf("default_user = trellis", "default_user = trellis\ndefault_pass = sesame"),
    ],
    "postgres": [
        unmount(POSTGRES, "/tmp"),
        unmount(POSTGRES, "/var/run/postgresql"),
        unmount(POSTGRES, "/var/lib/postgresql/data"),
        set_env("postgres", "PGDATA", "/var/lib/postgresql/data"),
        set_env("postgres", "PGDATA", "/tmp/data"),
        set_env("postgres", "POSTGRES_USER", "postgres"),
        set_env("postgres", "POSTGRES_DB", "orders"),
        set_secret("postgres", "password", None, "sesame"),
        set_secret("order", "db-url", "/trellis", "/orders"),
        set_secret("order", "db-url", "//trellis:", "//postgres:"),
        set_option("max_connections=300", "max_connections=100"),
        set_option("max_connections=300", "fsync=off"),
        set_option("shared_buffers=256MB", "synchronous_commit=off"),
        set_option("shared_buffers=256MB", "shared_buffers=512MB"),
        edit("HorizontalPodAutoscaler/order", "spec", "maxReplicas", to=20),
        set_secret("post", "db-url", "/trellis", "/posts"),
    ],
    "rabbitmq": [
        edit(RABBITMQ, "spec", "replicas", to=1),
        edit(RABBITMQ, "spec", "replicas", to=4),
        edit(RABBITMQ, "spec", "replicas", to=5),
        edit(RABBITMQ, "spec", "podManagementPolicy"),
        edit("Service/rabbitmq", "spec", "publishNotReadyAddresses"),
        set_conf("rabbit@rabbitmq-1.rabbitmq", "rabbit@rabbitmq-1"),
        set_conf("rabbit@rabbitmq-2", "rabbit@rabbitmq-0"),
        set_conf("classic_config\n", "k8s\n"),
        set_conf("size_hint = 3", "size_hint = 1"),
        set_conf("pause_minority", "autoheal"),
        set_conf("600MB", "1GB"),
        set_conf("default_user = trellis", "default_user = guest"),
        set_conf("default_user = trellis", "default_user = other"),
        set_env("rabbitmq", "RABBITMQ_NODENAME", "rabbit@localhost"),
        set_env("rabbitmq", "RABBITMQ_USE_LONGNAME", None),
        set_env("rabbitmq", "POD_NAME", None),
        set_env("rabbitmq", "HOME", None),
        edit(RABBITMQ, *CONTAINER, "lifecycle"),
        edit(RABBITMQ, *POD, "initContainers"),
        unmount(RABBITMQ, "/var/lib/rabbitmq"),
        unmount(RABBITMQ, "/tmp"),
        unmount(RABBITMQ, "/var/log/rabbitmq"),
        edit(RABBITMQ, *POD, "initContainers", 0, "volumeMounts", 2),
        unmount(RABBITMQ, "/etc/rabbitmq/conf.d"),
        set_secret("rabbitmq", "password.conf", None, "default_pass = sesame"),
        set_secret("order", "rabbitmq-urls", ",", ",amqp://trellis:sesame@rabbitmq-0.rabbitmq/,"),
    ],
    "redis_cluster": [
        edit(CLUSTER, "spec", "replicas", to=3),
        edit(CLUSTER, "spec", "podManagementPolicy"),
        edit("Service/redis-cluster", "spec", "publishNotReadyAddresses"),
        set_cluster_argument("--cluster-announce-ip", "127.0.0.1"),
        set_cluster_argument("--appendonly", "yes"),
        set_cluster_argument("--save", "60 1"),
        set_cluster_argument("--maxmemory-policy", "noeviction"),
        set_cluster_argument("--cluster-require-full-coverage", "yes"),
        set_cluster_argument("--dir", "/tmp"),
        edit(CLUSTER, *CONTAINER, "env"),
        edit(CLUSTER, *CONTAINER, "lifecycle"),
        edit(CLUSTER, *CONTAINER, *HOOK, 2, to="/etc/redis-cluster/cluster.sh join redis-0.redis"),
        edit(FORM, *CONTAINER, "command", 7, to="redis-cluster-6.redis-cluster"),
        edit(FORM, *CONTAINER, "volumeMounts", 0, "mountPath", to="/etc/other"),
        drop(FORM),
        drop_generated("ConfigMap", "redis-cluster"),
    ],
    "jobs": [
        edit(MIGRATE, "spec", "ttlSecondsAfterFinished"),
        edit(FORM, "spec", "backoffLimit", to=0),
        edit(FORM, *POD, "restartPolicy", to="Never"),
        edit(MIGRATE, *TEMPLATE, *LABELS, APP + "name", to="post"),
    ],
    "images": [
        edit(GATEWAY, *CONTAINER, "image", to="trellis:latest"),
        edit(GATEWAY, *CONTAINER, "image", to="trellis:0.0.1"),
        edit(REDIS, *CONTAINER, "image", to="redis"),
        edit(POSTGRES, *CONTAINER, "image", to="postgres:latest"),
        edit(RABBITMQ, *POD, "initContainers", 0, "image", to="rabbitmq"),
    ],
    "monitoring": [
        edit("PodMonitor/trellis", "spec", "jobLabel"),
        edit("PodMonitor/trellis", "spec", "podMetricsEndpoints", 1, "relabelings"),
        edit("PodMonitor/trellis", "spec", "podMetricsEndpoints", 0, "relabelings", 0,
             "targetLabel", to="service"),
        drop("PrometheusRule/trellis"),
        edit("PrometheusRule/trellis", "spec", "groups", 0, "rules", 0, "expr", to="vector(1)"),
        edit("PrometheusRule/trellis", "spec", "groups", 1),
        drop("ConfigMap/trellis-dashboards"),
        edit("ConfigMap/trellis-dashboards", "data", "trellis.json"),
        edit("ConfigMap/trellis-dashboards", *LABELS, "grafana_dashboard"),
    ],
    "settings": [
        set_env("gateway", "ENQEUE_ADDR", "dns:///enqueue:50051"),
        set_env("order-processor", "OUTPUT_PATH", "/data/processed.log"),
    ],
}


class ManifestsTest(unittest.TestCase):
    maxDiff = None

    def test_each_rendering_keeps_the_invariants(self):
        for name, documents in RENDERED.items():
            with self.subTest(name):
                self.assertEqual([], manifests.problems(documents, PROJECT))

    def test_each_invariant_reports_what_breaks_it(self):
        # Stand-ins for --help, so that this does not depend on built binaries.
        known = types.SimpleNamespace(**vars(PROJECT))
        known.settings = {workload.name: set(workload.env())
                          for workload in manifests.Manifests(RENDERED[ALL]).workloads()}
        self.assertEqual([], manifests.problems(RENDERED[ALL], known))
        for invariant, mutations in MUTATIONS.items():
            for number, mutate in enumerate(mutations):
                with self.subTest(invariant, number=number):
                    broken = manifests.Manifests(copy.deepcopy(RENDERED[ALL]))
                    mutate(broken)
                    self.assertNotEqual([], list(manifests.INVARIANTS[invariant](broken, known)))

    def test_each_invariant_has_a_mutation(self):
        self.assertEqual(list(manifests.INVARIANTS), [key for key in MUTATIONS if MUTATIONS[key]])

    def test_names_are_unique(self):
        for name, documents in RENDERED.items():
            keys = [(document["kind"], document["metadata"]["name"]) for document in documents]
            self.assertEqual(len(keys), len(set(keys)), name)

    def test_everything_but_the_namespace_is_in_it(self):
        for name, documents in RENDERED.items():
            for document in documents:
                if document["kind"] != "Namespace":
                    self.assertEqual("trellis", document["metadata"].get("namespace"), document)

    def test_secrets_are_not_made_twice(self):
        with tempfile.TemporaryDirectory() as directory:
            target = pathlib.Path(directory) / "new" / "secrets"
            command = [project.ROOT / "deploy/k8s/components/secrets/generate", target]
            subprocess.run(command, check=True)
            before = {path.name: path.read_text() for path in target.iterdir()}
            again = subprocess.run(command, capture_output=True, text=True)
            self.assertEqual(1, again.returncode, again.stderr)
            self.assertEqual(before, {path.name: path.read_text() for path in target.iterdir()})
            self.assertEqual(0o700, target.stat().st_mode & 0o777)
            self.assertEqual({0o600}, {path.stat().st_mode & 0o777 for path in target.iterdir()})

    def test_no_secret_is_in_git(self):
        listed = subprocess.run(["git", "-C", project.ROOT, "check-ignore", "-q",
                                 "deploy/k8s/components/secrets/generated/db-url"])
        if listed.returncode == 128:
            self.skipTest("not in a Git work tree")
        self.assertEqual(0, listed.returncode)

    def test_every_process_is_built(self):
        missing = set(project.PROCESSES) - set(PROJECT.settings)
        if missing:
            self.skipTest(f"not built, so their settings were not compared: {sorted(missing)}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--binaries", required=True, help="where the built binaries are")
    arguments, rest = parser.parse_known_args()
    command = kustomize.find()
    if not command:
        print("SKIPPED: neither kubectl 1.27, kustomize 5 nor Go is installed")
        sys.exit(project.SKIPPED)
    print(f"rendering with {' '.join(command)}")
    RENDERED = render_all(command)
    PROJECT = types.SimpleNamespace(version=project.version(), rpc_services=project.rpc_services(),
                                    settings=project.settings(arguments.binaries),
                                    rules=project.rules(), dashboards=project.dashboards())
    unittest.main(argv=sys.argv[:1] + rest, verbosity=2)
