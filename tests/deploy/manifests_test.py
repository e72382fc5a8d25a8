"""Renders the Kubernetes manifests and checks their invariants, and that each check can fail."""

import argparse
import copy
import pathlib
import shutil
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
    """{name: documents} of the base, each overlay, and the base with all components."""
    with tempfile.TemporaryDirectory() as directory:
        tree = pathlib.Path(directory) / "k8s"
        shutil.copytree(project.ROOT / "deploy" / "k8s", tree)
        components = sorted(path.name for path in tree.glob("components/*"))
        everything = tree / "overlays" / ALL
        everything.mkdir()
        (everything / "kustomization.yaml").write_text(
            "resources: [../../base]\ncomponents:\n" +
            "".join(f"  - ../../components/{component}\n" for component in components))
        rendered = {"base": kustomize.render(command, tree / "base")}
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


def set_env(deployment, variable, value):
    def mutate(m):
        env = m.one("Deployment", deployment)["spec"]["template"]["spec"]["containers"][0]["env"]
        env[:] = [entry for entry in env if entry["name"] != variable]
        env.append({"name": variable, "value": value})
    return mutate


def set_argument(flag, value):
    def mutate(m):
        redis = m.one("StatefulSet", "redis")["spec"]["template"]["spec"]["containers"][0]
        redis["args"][redis["args"].index(flag) + 1] = value
    return mutate


def several(*mutations):
    return lambda m: [mutate(m) for mutate in mutations]


GATEWAY, ENQUEUE = "Deployment/gateway", "Deployment/enqueue"
WORKER, REDIS = "Deployment/enqueue-worker", "StatefulSet/redis"
GATEWAY_SCALER, ENQUEUE_SCALER = (f"HorizontalPodAutoscaler/{name}"
                                  for name in ("gateway", "enqueue"))
WORKER_SCALER = "ScaledObject/enqueue-worker"

# invariant: the ways to break it. Each must be reported by that invariant.
MUTATIONS = {
    "labels": [
        edit("Service/enqueue", *LABELS, APP + "part-of"),
        edit(ENQUEUE, *TEMPLATE, *LABELS, APP + "version"),
        several(edit(GATEWAY, *LABELS, APP + "version", to="0.0.1"),
                edit(GATEWAY, *TEMPLATE, *LABELS, APP + "version", to="0.0.1")),
        edit(REDIS, "spec", "volumeClaimTemplates", 0, *LABELS, to={APP + "version": "7.0"}),
    ],
    "selectors": [
        edit("Service/enqueue", "spec", "selector", APP + "name", to="enqeue"),
        edit("Service/gateway", "spec", "selector", to={APP + "part-of": "trellis"}),
        edit(ENQUEUE, "spec", "selector", "matchLabels", to={APP + "part-of": "trellis"}),
        edit(ENQUEUE, *POD, "topologySpreadConstraints", 0, "labelSelector", "matchLabels",
             APP + "name", to="gateway"),
    ],
    "services": [
        edit("Service/gateway", "spec", "ports", 0, "targetPort", to="web"),
        edit("Service/enqueue", "spec", "clusterIP"),
        edit("Service/gateway", "spec", "clusterIP", to="None"),
        edit("Service/gateway", "spec", "type", to="LoadBalancer"),
        set_env("gateway", "ENQUEUE_ADDR", "dns:///enqueue:50052"),
        set_env("enqueue", "REDIS_ADDR", "cache:6379"),
        edit(REDIS, "spec", "serviceName", to="db"),
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
    ],
    "resources": [
        edit(ENQUEUE, *CONTAINER, "resources", "limits"),
        edit(ENQUEUE, *CONTAINER, "resources", "requests", "cpu"),
        edit(ENQUEUE, *CONTAINER, "resources", "limits", "cpu", to="1"),
        edit(ENQUEUE, *CONTAINER, "resources", "requests", "memory", to="1Gi"),
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
        edit("Namespace/trellis", *LABELS, "pod-security.kubernetes.io/enforce"),
    ],
    "service_accounts": [
        edit(ENQUEUE, *POD, "serviceAccountName"),
        drop("ServiceAccount/redis"),
        edit("ServiceAccount/gateway", "automountServiceAccountToken"),
    ],
    "rollout": [
        edit(GATEWAY, "spec", "strategy"),
        edit(WORKER, "spec", "strategy", "rollingUpdate", to={"maxSurge": 1, "maxUnavailable": 0}),
        edit("PersistentVolumeClaim/worker-data", "spec", "accessModes", to=["ReadWriteOnce"]),
        edit(ENQUEUE, *POD, "topologySpreadConstraints", 1),
    ],
    "shutdown": [
        edit(GATEWAY, *CONTAINER, "lifecycle"),
        edit(GATEWAY, *CONTAINER, "lifecycle", "preStop", "exec", "command",
             to=["sh", "-c", "sleep 10"]),
        edit(GATEWAY, *POD, "terminationGracePeriodSeconds", to=20),
        set_env("enqueue-worker", "DRAIN_TIMEOUT", "1m"),
        edit(ENQUEUE, *CONTAINER, "command"),
        edit(ENQUEUE, *CONTAINER, "command", to=["/bin/sh", "-c", "exec enqueue"]),
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
    ],
    "disruption": [
        drop("PodDisruptionBudget/redis"),
        edit("PodDisruptionBudget/enqueue", "spec", "maxUnavailable", to=0),
        edit("PodDisruptionBudget/enqueue", "spec", "selector", "matchLabels", APP + "name",
             to="gateway"),
    ],
    "network": [
        *(drop(f"NetworkPolicy/{name}") for name in (
            "default-deny", "dns", "gateway", "enqueue", "gateway-to-enqueue", "redis",
            "redis-clients", "keda-to-redis", "prometheus-to-ops")),
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
    ],
    "images": [
        edit(GATEWAY, *CONTAINER, "image", to="trellis:latest"),
        edit(GATEWAY, *CONTAINER, "image", to="trellis:0.0.1"),
        edit(REDIS, *CONTAINER, "image", to="redis"),
    ],
    "settings": [
        set_env("gateway", "ENQEUE_ADDR", "dns:///enqueue:50051"),
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

    def test_every_process_is_built(self):
        missing = {"gateway", "enqueue", "enqueue-worker"} - set(PROJECT.settings)
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
                                    settings=project.settings(arguments.binaries))
    unittest.main(argv=sys.argv[:1] + rest, verbosity=2)
