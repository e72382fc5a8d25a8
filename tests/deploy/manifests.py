"""The invariants of the Kubernetes manifests, each a function that returns what is wrong."""

import base64
import re

APP = "app.kubernetes.io/"
STABLE_LABELS = [APP + key for key in ("name", "instance", "component", "part-of", "managed-by")]
SHELLS = re.compile(r"(^|/)(sh|bash|dash|ash|busybox)$")
DEFAULT_DRAIN_SECONDS = 10
# scheme://user:password@host:port/database
URL = re.compile(r"(\w+)://([^:/@,\s]+):([^:/@,\s]+)@([a-z][a-z0-9.-]*)(?::(\d+))?/(\w*)")
URL_PORTS = {"amqp": 5672, "postgresql": 5432}
CLIENTS = {"DB_URL": "postgres", "RABBITMQ_URLS": "rabbitmq"}  # trellis/...-client
EPMD_PORT, DISTRIBUTION_PORT = 4369, 25672
BUS_PORT = 16379  # of Redis Cluster
# A process' pool by default, and one that migrates at the start.
DB_CONNECTIONS = 8 + 1


class Workload:
    """A Deployment, StatefulSet or Job, with what its pods are."""

    def __init__(self, document):
        self.document = document
        self.kind = document["kind"]
        self.name = document["metadata"]["name"]
        self.spec = document["spec"]
        self.labels = self.spec["template"]["metadata"].get("labels", {})
        self.pod = self.spec["template"]["spec"]
        self.containers = self.pod["containers"] + self.pod.get("initContainers", [])

    def __str__(self):
        return f"{self.kind}/{self.name}"

    def ends(self):
        """By itself, so that it is not asked how it is, and not replaced or moved with care."""
        return self.kind == "Job"

    def env(self):
        return {entry["name"]: entry.get("value") for container in self.containers
                for entry in container.get("env", [])}

    def ports(self):
        """{name: number} of all containers."""
        return {port.get("name", str(port["containerPort"])): port["containerPort"]
                for container in self.containers for port in container.get("ports", [])}

    def is_ours(self):
        return self.runs("trellis")

    def runs(self, image):
        return any(image_name(container["image"])[0] == image for container in self.containers)

    def sources(self):
        """(volume, kind, name, {key: file name} or None for all) of mounted Secrets, ConfigMaps."""
        for volume in self.pod.get("volumes", []):
            for source in [volume, *volume.get("projected", {}).get("sources", [])]:
                for kind, key in (("Secret", "secret"), ("ConfigMap", "configMap")):
                    if key in source:
                        named = source[key].get("secretName", source[key].get("name"))
                        items = source[key].get("items")
                        yield volume["name"], kind, named, items and {
                            item["key"]: item["path"] for item in items}


class Manifests:
    def __init__(self, documents):
        self.documents = documents

    def all(self, *kinds):
        return [document for document in self.documents if document["kind"] in kinds]

    def one(self, kind, name):
        return next(document for document in self.all(kind)
                    if document["metadata"]["name"] == name)

    def workloads(self):
        return [Workload(document) for document in self.all("Deployment", "StatefulSet", "Job")]

    def selected(self, selector):
        return [workload for workload in self.workloads() if matches(selector, workload.labels)]

    def service_ports(self, name):
        """(pods, port -> target) of a Service by name, or None."""
        for service in self.all("Service"):
            if service["metadata"]["name"] == name:
                ports = {port["port"]: port.get("targetPort", port["port"])
                         for port in service["spec"]["ports"]}
                return self.selected({"matchLabels": service["spec"]["selector"]}), ports
        return None

    def calls(self):
        """(workload, variable, Service name, port) for each address in a container's variables, in
        the files that they name, and in RabbitMQ's list of its nodes."""
        for workload in self.workloads():
            for variable, value in workload.env().items():
                address = re.fullmatch(r"(?:dns:///|nats://)?([a-z][a-z0-9.-]*):(\d+)", value or "")
                if address:
                    yield workload, variable, self.service_of(address[1]), int(address[2])
            for host in self.cluster_hosts(workload):
                # A node's replica reads at the port of the clients.
                for port in (6379, 6379 if workload.ends() else BUS_PORT):
                    yield workload, "cluster.sh", self.service_of(host), port
            for variable, url in self.urls(workload):
                yield workload, variable, self.service_of(url["host"]), url["port"]
            for node in rabbitmq_nodes(self.rabbitmq_conf(workload)):
                for port in (EPMD_PORT, DISTRIBUTION_PORT):
                    yield workload, "rabbitmq.conf", self.service_of(node.partition("@")[2]), port

    def service_of(self, host):
        """The Service in SERVICE.NAMESPACE... or in POD.SERVICE (the pod is a StatefulSet's)."""
        pod = re.fullmatch(r"([a-z-]+)-(\d+)\.([a-z-]+)", host)
        if pod and any(stateful["metadata"]["name"] == pod[1]
                       and int(pod[2]) < stateful["spec"]["replicas"]
                       and stateful["spec"]["serviceName"] == pod[3]
                       for stateful in self.all("StatefulSet")):
            return pod[3]
        return host.split(".")[0]

    def files(self, workload, container=None):
        """{path: text} of what Secrets and ConfigMaps bring into the container, or the first."""
        mounts = {mount["name"]: mount["mountPath"] for mount in
                  (container or workload.pod["containers"][0]).get("volumeMounts", [])}
        found = {}
        for volume, kind, name, items in workload.sources():
            for document in self.all(kind):
                if document["metadata"]["name"] != name or volume not in mounts:
                    continue
                for key, value in document.get("data", {}).items():
                    text = base64.b64decode(value).decode() if kind == "Secret" else value
                    if items is None or key in items:
                        found[f"{mounts[volume]}/{items[key] if items else key}"] = text
        return found

    def urls(self, workload):
        """(variable, parts) of each URL in the files that the variables name."""
        files = self.files(workload)
        for variable, path in workload.env().items():
            if variable.endswith("_FILE"):
                for url in URL.finditer(files.get(path, "")):
                    yield variable, {"scheme": url[1], "user": url[2], "password": url[3],
                                     "host": url[4], "database": url[6],
                                     "port": int(url[5] or URL_PORTS[url[1]])}

    def cluster_hosts(self, workload):
        """The nodes of Redis Cluster that it, or a hook of it, brings together."""
        for container in workload.containers:
            hook = container.get("lifecycle", {}).get("postStart", {}).get("exec", {})
            words = " ".join(container.get("command", []) + hook.get("command", [])).split()
            for i, word in enumerate(words):
                if word.endswith("/cluster.sh"):
                    return [host for host in words[i + 2:] if host.startswith("redis-")]
        return []

    def rabbitmq_conf(self, workload):
        """The settings of a RabbitMQ."""
        lines = [line for path, text in sorted(self.files(workload).items())
                 if path.startswith("/etc/rabbitmq/conf.d/") and path.endswith(".conf")
                 for line in text.splitlines() if line and not line.startswith("#")]
        return {key.strip(): value.strip()
                for key, _, value in (line.partition("=") for line in lines)}

    def most_pods(self, workload):
        """How many there may be at a time."""
        surge = workload.spec.get("strategy", {}).get("rollingUpdate", {}).get("maxSurge", 0)
        return surge + max([workload.spec.get("replicas", 1)] + [
            scaler["spec"]["maxReplicas"] for scaler in self.all("HorizontalPodAutoscaler")
            if scaler["spec"]["scaleTargetRef"]["name"] == workload.name])


def rabbitmq_nodes(conf):
    return [value for key, value in conf.items()
            if key.startswith("cluster_formation.classic_config.nodes.")]


def matches(selector, labels):
    assert set(selector) <= {"matchLabels"}, f"a selector this test cannot evaluate: {selector}"
    return all(labels.get(key) == value for key, value in selector.get("matchLabels", {}).items())


def image_name(image):
    name, _, tag = image.partition(":")
    return name.rsplit("/", 1)[-1], tag


def mebibytes(quantity):
    number, unit = re.fullmatch(r"(\d+)(Ki|Mi|Gi|kb|mb|gb|KB|MB|GB)", quantity).groups()
    return int(number) * {"k": 1 / 1024, "m": 1, "g": 1024}[unit[0].lower()]


def seconds(duration):
    number, unit = re.fullmatch(r"(\d+)(ms|s|m)?", duration).groups()
    return int(number) * {"ms": 0.001, "s": 1, "m": 60, None: 0.001}[unit]


def labels(m, project):
    """Five labels on everything, the sixth, version, on workloads and their pods."""
    for document in m.documents:
        name = f"{document['kind']}/{document['metadata']['name']}"
        for label in STABLE_LABELS:
            if not document["metadata"].get("labels", {}).get(label):
                yield f"{name} has no label {label}"
    for workload in m.workloads():
        for label in STABLE_LABELS + [APP + "version"]:
            value = workload.labels.get(label)
            if not value or value != workload.document["metadata"]["labels"].get(label):
                yield f"{workload}: label {label} is missing or differs on its pods"
        version = workload.labels.get(APP + "version")
        if workload.is_ours() and version != project.version:
            yield f"{workload}: version label {version} is not the release {project.version}"
        for claim in workload.spec.get("volumeClaimTemplates", []):
            if APP + "version" in claim["metadata"].get("labels", {}):
                yield f"{workload}: a claim template is immutable and must not carry the version"


def selectors(m, project):
    """Selectors match the pods they mean, and no others."""
    for workload in m.workloads():
        if workload.ends():
            continue
        own = workload.spec["selector"]
        if [str(other) for other in m.selected(own)] != [str(workload)]:
            yield f"{workload}: selector must match its own pods and only those"
        for constraint in workload.pod.get("topologySpreadConstraints", []):
            if not matches(constraint["labelSelector"], workload.labels):
                yield f"{workload}: a spread constraint does not match its own pods"
    for service in m.all("Service"):
        if len(m.selected({"matchLabels": service["spec"]["selector"]})) != 1:
            yield f"Service/{service['metadata']['name']} must select the pods of one workload"


def services(m, project):
    """Target ports exist; RPC and database Services are headless, the gateway's is not."""
    for service in m.all("Service"):
        name = service["metadata"]["name"]
        for workload in m.selected({"matchLabels": service["spec"]["selector"]}):
            ports = workload.ports()
            for port in service["spec"]["ports"]:
                target = port.get("targetPort", port["port"])
                if target not in ports and target not in ports.values():
                    yield f"Service/{name}: {workload} has no port {target}"
            headless = service["spec"].get("clusterIP") == "None"
            if headless == ("http" in ports):
                yield f"Service/{name}: headless is for gRPC and StatefulSets, not for HTTP"
        # A port of the nodes is for local clusters, and for the front door alone.
        kinds = {"ClusterIP", "NodePort"} if name == "gateway" else {"ClusterIP"}
        if service["spec"].get("type", "ClusterIP") not in kinds:
            yield f"Service/{name} is reachable from outside of the cluster"
    for workload, variable, host, port in m.calls():
        found = m.service_ports(host)
        if not found or port not in found[1]:
            yield f"{workload}: {variable} names {host}:{port}, which no Service offers"
    for stateful in m.all("StatefulSet"):
        if not m.service_ports(stateful["spec"]["serviceName"]):
            yield f"StatefulSet/{stateful['metadata']['name']}: its serviceName does not exist"
    for route in m.all("HTTPRoute"):
        for backend in (b for rule in route["spec"]["rules"] for b in rule["backendRefs"]):
            found = m.service_ports(backend["name"])
            if not found or backend["port"] not in found[1]:
                yield f"HTTPRoute: no Service {backend['name']}:{backend['port']}"
    for ingress in m.all("Ingress"):
        for path in (p for rule in ingress["spec"]["rules"] for p in rule["http"]["paths"]):
            backend = path["backend"]["service"]
            if not any(port["name"] == backend["port"].get("name")
                       for service in m.all("Service")
                       if service["metadata"]["name"] == backend["name"]
                       for port in service["spec"]["ports"]):
                yield f"Ingress: no Service {backend['name']} with port {backend['port']}"


def probes(m, project):
    """All three probes; liveness asks about the process alone, readiness about its dependencies."""
    for workload in m.workloads():
        for container in workload.pod["containers"] if not workload.ends() else []:
            where = f"{workload} {container['name']}"
            ports = {port["name"]: port["containerPort"] for port in container.get("ports", [])}
            found = {kind: container.get(kind + "Probe") for kind in
                     ("startup", "liveness", "readiness")}
            if None in found.values():
                yield f"{where}: needs startup, liveness and readiness probes"
                continue
            for kind, probe in found.items():
                is_ready = kind == "readiness"
                if "grpc" in probe:
                    service = probe["grpc"].get("service", "")
                    if probe["grpc"]["port"] not in ports.values():
                        yield f"{where}: {kind} probe asks a port that the container has not"
                    if is_ready and service not in project.rpc_services:
                        yield f"{where}: readiness names no RPC service of proto/: '{service}'"
                    if not is_ready and service:
                        yield f"{where}: {kind} must ask for the empty, dependency-free name"
                elif "httpGet" in probe:
                    if probe["httpGet"]["port"] not in ports:
                        yield f"{where}: {kind} probe asks a port that the container has not"
                    if workload.is_ours() and probe["httpGet"]["path"] != (
                            "/readyz" if is_ready else "/healthz"):
                        yield f"{where}: {kind} probe asks {probe['httpGet']['path']}"
                elif SHELLS.search(probe.get("exec", {"command": ["sh"]})["command"][0]):
                    yield f"{where}: {kind} probe needs a shell"
            if not found["readiness"].get("grpc") and found["liveness"] == found["readiness"]:
                yield f"{where}: liveness and readiness are the same probe"


def resources(m, project):
    """CPU and memory requested, memory limited, CPU not throttled."""
    for workload in m.workloads():
        for container in workload.containers:
            where = f"{workload} {container['name']}"
            requests = container.get("resources", {}).get("requests", {})
            limits = container.get("resources", {}).get("limits", {})
            if not {"cpu", "memory"} <= set(requests) or set(limits) != {"memory"}:
                yield f"{where}: needs requests of cpu and memory and a limit of memory alone"
            elif mebibytes(requests["memory"]) > mebibytes(limits["memory"]):
                yield f"{where}: requests more memory than its limit"


def security(m, project):
    """Pod Security `restricted`, a read-only root, a high UID, and no API token."""
    for workload in m.workloads():
        pod = workload.pod.get("securityContext", {})
        if pod.get("runAsNonRoot") is not True:
            yield f"{workload}: runAsNonRoot"
        if pod.get("runAsUser", 0) < 10000 or pod.get("runAsGroup", 0) < 10000:
            yield f"{workload}: user and group must be 10000 or higher"
        if pod.get("seccompProfile") != {"type": "RuntimeDefault"}:
            yield f"{workload}: seccompProfile"
        for key in ("hostNetwork", "hostPID", "hostIPC"):
            if workload.pod.get(key):
                yield f"{workload}: {key}"
        for key in ("automountServiceAccountToken", "enableServiceLinks"):
            if workload.pod.get(key) is not False:
                yield f"{workload}: {key} must be false"
        for volume in workload.pod.get("volumes", []):
            if "hostPath" in volume:
                yield f"{workload}: hostPath"
            if any("serviceAccountToken" in source
                   for source in volume.get("projected", {}).get("sources", [])):
                yield f"{workload}: mounts a token by a volume of its own"
        for container in workload.containers:
            context = container.get("securityContext", {})
            expected = {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True,
                        "capabilities": {"drop": ["ALL"]}}
            for key, value in expected.items():
                if context.get(key) != value:
                    yield f"{workload} {container['name']}: {key} must be {value}"
            if context.get("privileged") or context.get("runAsUser", 10000) < 10000:
                yield f"{workload} {container['name']}: privileged or a low user"
            if any("hostPort" in port for port in container.get("ports", [])):
                yield f"{workload} {container['name']}: hostPort"
    for namespace in m.all("Namespace"):
        level = namespace["metadata"]["labels"].get("pod-security.kubernetes.io/enforce")
        if level != "restricted":
            yield "the namespace does not enforce Pod Security `restricted`"


def service_accounts(m, project):
    """Each workload has an account of its own, without a token."""
    accounts = {account["metadata"]["name"]: account for account in m.all("ServiceAccount")}
    for workload in m.workloads():
        name = workload.pod.get("serviceAccountName")
        if name != workload.name or name not in accounts:
            yield f"{workload}: needs a ServiceAccount of its own"
        elif accounts[name].get("automountServiceAccountToken") is not False:
            yield f"ServiceAccount/{name}: mounts its token"


def rollout(m, project):
    """A server is replaced before it goes; what holds a ReadWriteOnce claim goes first."""
    claims = {claim["metadata"]["name"]: claim for claim in m.all("PersistentVolumeClaim")}
    for workload in m.workloads():
        topologies = {constraint["topologyKey"] for constraint in
                      workload.pod.get("topologySpreadConstraints", [])}
        if workload.ends():
            continue
        is_one = workload.kind == "StatefulSet" and workload.spec["replicas"] == 1
        if not is_one and not {"kubernetes.io/hostname",
                               "topology.kubernetes.io/zone"} <= topologies:
            yield f"{workload}: needs spread over hosts and zones"
        if workload.kind != "Deployment":
            continue
        mounted = [claims[volume["persistentVolumeClaim"]["claimName"]]
                   for volume in workload.pod.get("volumes", [])
                   if volume.get("persistentVolumeClaim", {}).get("claimName") in claims]
        strategy = workload.spec.get("strategy", {}).get("rollingUpdate", {})
        wanted = {"maxSurge": 0, "maxUnavailable": 1} if mounted else {
            "maxSurge": 1, "maxUnavailable": 0}
        if strategy != wanted:
            yield f"{workload}: rollingUpdate must be {wanted}"
        scaled = any(target["spec"]["scaleTargetRef"]["name"] == workload.name
                     for target in m.all("HorizontalPodAutoscaler", "ScaledObject"))
        for claim in mounted:
            if scaled and claim["spec"]["accessModes"] != ["ReadWriteMany"]:
                yield f"{workload}: several pods mount a claim that is not ReadWriteMany"


def shutdown(m, project):
    """The grace period outlasts preStop and drain; nothing needs a shell."""
    for workload in m.workloads():
        drain = seconds(workload.env().get("DRAIN_TIMEOUT") or f"{DEFAULT_DRAIN_SECONDS}s")
        served = any(matches({"matchLabels": service["spec"]["selector"]}, workload.labels)
                     for service in m.all("Service"))
        for container in workload.pod["containers"]:
            where = f"{workload} {container['name']}"
            sleep = container.get("lifecycle", {}).get("preStop", {}).get("exec", {}).get("command")
            if sleep is None and workload.kind == "Deployment" and served:
                yield f"{where}: is behind a Service and has no preStop"
            if sleep is not None and (len(sleep) != 2 or sleep[0] != "sleep"):
                yield f"{where}: preStop must be a plain sleep, not {sleep}"
                sleep = None
            pause = int(sleep[1]) if sleep else 0
            if workload.pod.get("terminationGracePeriodSeconds", 30) <= pause + drain:
                yield f"{where}: the grace period ends before preStop {pause} s and drain {drain} s"
            if not container.get("command") or SHELLS.search(container["command"][0]):
                yield f"{where}: the command must be the binary, without a shell"


def autoscaling(m, project):
    """Targets exist, leave `replicas` alone, and are not scaled by two."""
    workloads = {(workload.kind, workload.name): workload for workload in m.workloads()}
    scaled = []
    for scaler in m.all("HorizontalPodAutoscaler", "ScaledObject"):
        reference = scaler["spec"]["scaleTargetRef"]
        name = f"{scaler['kind']}/{scaler['metadata']['name']}"
        target = workloads.get((reference.get("kind", "Deployment"), reference["name"]))
        if not target:
            yield f"{name}: its target does not exist"
            continue
        if target.name in scaled:
            yield f"{target} is scaled twice"
        scaled.append(target.name)
        if "replicas" in target.spec:
            yield f"{target}: sets replicas under {name}"
        if scaler["kind"] == "HorizontalPodAutoscaler":
            if not any(metric["type"] == "Resource" and metric["resource"]["name"] == "cpu"
                       for metric in scaler["spec"]["metrics"]):
                yield f"{name}: has no CPU metric"
            behavior = scaler["spec"].get("behavior", {})
            if scaler["spec"].get("minReplicas", 1) < 2:
                yield f"{name}: one replica cannot be updated or moved without a gap"
        else:
            behavior = scaler["spec"]["advanced"]["horizontalPodAutoscalerConfig"]["behavior"]
            for trigger in scaler["spec"]["triggers"]:
                if trigger["metadata"]["listName"] != target.env().get("QUEUE_NAME"):
                    yield f"{name}: watches another list than its target takes from"
                host, port = trigger["metadata"]["address"].split(":")
                found = m.service_ports(host.split(".")[0])
                if not found or int(port) not in found[1]:
                    yield f"{name}: its Redis does not exist"
            if scaler["spec"].get("minReplicaCount", 0) < 1:
                yield f"{name}: without a worker nobody wakes delayed and abandoned jobs"
        if behavior.get("scaleDown", {}).get("stabilizationWindowSeconds", 0) < 60:
            yield f"{name}: has no scale-down stabilization"
    if m.all("HorizontalPodAutoscaler"):
        for workload in m.workloads():
            # One that is to be alone says so.
            if workload.spec.get("replicas") == 1:
                continue
            if {"http", "grpc"} & set(workload.ports()) and workload.name not in scaled:
                yield f"{workload}: a server without an autoscaler"


def disruption(m, project):
    """One budget for each workload: one pod at a time."""
    for workload in m.workloads():
        budgets = [budget for budget in m.all("PodDisruptionBudget")
                   if matches(budget["spec"]["selector"], workload.labels)]
        if len(budgets) != (0 if workload.ends() else 1):
            yield f"{workload}: {len(budgets)} disruption budgets match its pods"
    for budget in m.all("PodDisruptionBudget"):
        name = budget["metadata"]["name"]
        if len(m.selected(budget["spec"]["selector"])) != 1:
            yield f"PodDisruptionBudget/{name} must match the pods of one workload"
        if budget["spec"].get("maxUnavailable") != 1 or "minAvailable" in budget["spec"]:
            yield f"PodDisruptionBudget/{name}: maxUnavailable must be 1"


def port_allowed(rule, port, protocol):
    return not rule.get("ports") or any(
        entry.get("protocol", "TCP") == protocol and
        entry["port"] <= port <= entry.get("endPort", entry["port"]) for entry in rule["ports"])


def peer_allowed(rule, key, namespace, pod_labels):
    """namespace None is ours; pod_labels None is an address that is no pod's."""
    if not rule.get(key):
        return True
    for peer in rule[key]:
        wanted = peer.get("namespaceSelector")
        if pod_labels is None or "ipBlock" in peer:
            continue
        if wanted is None:
            here = namespace is None
        else:
            here = matches(wanted, {"kubernetes.io/metadata.name": namespace or "trellis"})
        if here and matches(peer.get("podSelector", {}), pod_labels):
            return True
    return False


def allowed(m, direction, pod_labels, namespace, peer_labels, port, protocol="TCP"):
    """Whether the policies let the pod receive (Ingress) from or send (Egress) to the peer."""
    rules_key, peer_key = {"Ingress": ("ingress", "from"), "Egress": ("egress", "to")}[direction]
    policies = [policy["spec"] for policy in m.all("NetworkPolicy")
                if direction in policy["spec"]["policyTypes"]
                and matches(policy["spec"]["podSelector"], pod_labels)]
    return not policies or any(
        port_allowed(rule, port, protocol) and peer_allowed(rule, peer_key, namespace, peer_labels)
        for policy in policies for rule in policy.get(rules_key, []))


def network(m, project):
    """The flows that the configuration needs are open at both ends, and no others."""
    if not any(policy["spec"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
               for policy in m.all("NetworkPolicy")):
        yield "no policy denies everything by default"
    needed = set()
    for workload, _, host, port in m.calls():
        found = m.service_ports(host)
        for target in found[0] if found else []:
            number = target.ports().get(found[1].get(port), found[1].get(port))
            needed.add((workload.name, target.name, number))
    for source in m.workloads():
        for target in m.workloads():
            for port in target.ports().values():
                sent = allowed(m, "Egress", source.labels, None, target.labels, port)
                received = allowed(m, "Ingress", target.labels, None, source.labels, port)
                flow = f"{source.name} -> {target.name}:{port}"
                if (source.name, target.name, port) in needed:
                    if not sent or not received:
                        yield f"{flow} is needed and closed at its {'far' if sent else 'near'} end"
                elif sent and received:
                    yield f"{flow} is open and not needed"
        for protocol in ("UDP", "TCP"):
            if not allowed(m, "Egress", source.labels, "kube-system", {"k8s-app": "kube-dns"}, 53,
                           protocol):
                yield f"{source.name} -> DNS over {protocol} is closed"
        if allowed(m, "Egress", source.labels, None, None, 443):
            yield f"{source.name} may call anywhere"
        for port in source.ports().values():
            is_front_door = source.name == "gateway" and port == source.ports().get("http")
            if allowed(m, "Ingress", source.labels, None, None, port) != is_front_door:
                yield f"outside -> {source.name}:{port} must be " + (
                    "open" if is_front_door else "closed")
    for scaler in m.all("ScaledObject"):
        for target in m.selected({"matchLabels": {APP + "name": "redis"}}):
            if not allowed(m, "Ingress", target.labels, "keda", {}, 6379):
                yield "keda -> redis:6379 is closed"
    for monitor in m.all("PodMonitor"):
        endpoints = {endpoint["port"] for endpoint in monitor["spec"]["podMetricsEndpoints"]}
        for workload in m.selected(monitor["spec"]["selector"]):
            for name, port in workload.ports().items():
                if name in endpoints and not allowed(m, "Ingress", workload.labels, "monitoring",
                                                     {}, port):
                    yield f"monitoring -> {workload.name}:{port} is closed"
            if workload.is_ours() and not workload.ends() and not (
                    endpoints & set(workload.ports())):
                yield f"{workload}: the PodMonitor names none of its ports"


def storage(m, project):
    """Claims exist, what is written lies on a volume, and Redis acknowledges what is on disk."""
    claims = {claim["metadata"]["name"] for claim in m.all("PersistentVolumeClaim")}
    for workload in m.workloads():
        volumes = {claim["metadata"]["name"] for claim in
                   workload.spec.get("volumeClaimTemplates", [])}
        for volume in workload.pod.get("volumes", []):
            volumes.add(volume["name"])
            claim = volume.get("persistentVolumeClaim", {}).get("claimName")
            if claim and claim not in claims:
                yield f"{workload}: claim {claim} does not exist"
        for container in workload.containers:
            mounts = {mount["mountPath"]: mount["name"] for mount in
                      container.get("volumeMounts", [])}
            if not set(mounts.values()) <= volumes:
                yield f"{workload}: mounts a volume that it does not have"
            output = workload.env().get("OUTPUT_PATH")
            if output and output.rpartition("/")[0] not in mounts:
                yield f"{workload}: OUTPUT_PATH is on the read-only root"
            if container["command"] == ["redis-server"]:
                arguments = redis_options(container.get("args", []))
                if arguments.get("--cluster-enabled") != "yes":
                    yield from redis_arguments(container.get("args", []), str(workload))
                if arguments.get("--dir") not in mounts:
                    yield f"{workload}: Redis writes beside its volume"
                limit = mebibytes(container["resources"]["limits"]["memory"])
                if mebibytes(arguments.get("--maxmemory", "1000gb")) > 0.75 * limit:
                    yield f"{workload}: maxmemory must leave a quarter of the memory limit"


def redis_options(arguments):
    return dict(zip(arguments[::2], arguments[1::2]))


def redis_arguments(arguments, where):
    given = redis_options(arguments)
    for flag, value in {"--appendonly": "yes", "--appendfsync": "always", "--save": "",
                        "--maxmemory-policy": "noeviction"}.items():
        if given.get(flag) != value:
            yield f"{where}: Redis needs {flag} '{value}'"


def secrets(m, project):
    """What is secret comes from mounted files, which exist, and stands nowhere else."""
    keys = {(document["kind"], document["metadata"]["name"]): set(document.get("data", {}))
            for document in m.all("Secret", "ConfigMap")}
    for workload in m.workloads():
        for _, kind, name, items in workload.sources():
            if (kind, name) not in keys:
                yield f"{workload}: {kind} {name} does not exist"
            elif items and not set(items) <= keys[kind, name]:
                yield f"{workload}: {kind} {name} has no {sorted(set(items) - keys[kind, name])}"
        files = m.files(workload)
        for variable, value in workload.env().items():
            if variable.endswith("_FILE") and not files.get(value):
                yield f"{workload}: {variable} names {value}, which no Secret brings"
            if URL.search(value or "") or re.search(r"PASS|COOKIE|SECRET", variable) and (
                    not variable.endswith("_FILE")):
                yield f"{workload}: {variable} shows a secret"
        for variable in ("DB_URL", "RABBITMQ_URLS"):
            given = {name for name in workload.env() if name.startswith(variable)}
            if workload.labels.get(f"trellis/{CLIENTS[variable]}-client") and not given:
                yield f"{workload}: has no {variable}_FILE"
    for document in m.all("ConfigMap"):
        if re.search(r"default_pass|cookie", str(document["data"])):
            yield f"ConfigMap/{document['metadata']['name']}: shows a secret"


def postgres(m, project):
    """Postgres keeps what it commits, runs on a read-only root, and lets its clients in."""
    for server in (workload for workload in m.workloads() if workload.runs("postgres")):
        env, container = server.env(), server.pod["containers"][0]
        mounts = {mount["mountPath"]: mount["name"] for mount in container["volumeMounts"]}
        durable = {claim["metadata"]["name"] for claim in server.spec["volumeClaimTemplates"]}
        if mounts.get(env.get("PGDATA", "/").rpartition("/")[0]) not in durable:
            yield f"{server}: PGDATA must be a folder in its durable volume"
        for path in ("/tmp", "/var/run/postgresql"):
            if path not in mounts:
                yield f"{server}: cannot write to {path}"
        options = postgres_options(container["args"])
        yield from postgres_durability(options, str(server))
        clients = [workload for workload in m.workloads() if workload.is_ours()
                   and workload.labels.get("trellis/postgres-client") == "true"]
        needed = sum(m.most_pods(client) * DB_CONNECTIONS for client in clients)
        # Three are kept for superusers.
        if needed > int(options.get("max_connections", 100)) - 3:
            yield f"{server}: its clients may open {needed} connections"
        if mebibytes(options.get("shared_buffers", "128MB")) > 0.4 * mebibytes(
                container["resources"]["limits"]["memory"]):
            yield f"{server}: shared_buffers must leave memory for connections"
        password = m.files(server).get(env.get("POSTGRES_PASSWORD_FILE"), "").strip()
        for client in clients:
            urls = [url for _, url in m.urls(client) if url["scheme"] == "postgresql"]
            wanted = {"user": env.get("POSTGRES_USER"), "password": password,
                      "database": env.get("POSTGRES_DB", env.get("POSTGRES_USER"))}
            if [{key: url[key] for key in wanted} for url in urls] != [wanted]:
                yield f"{client}: Postgres does not know the user, password or database of DB_URL"


def postgres_options(arguments):
    """{setting: value} of `postgres -c SETTING=VALUE...`."""
    return dict(option.split("=", 1) for flag, option in zip(arguments, arguments[1:])
                if flag == "-c")


def postgres_durability(options, where):
    for option in ("fsync", "synchronous_commit", "full_page_writes"):
        if options.get(option, "on") != "on":
            yield f"{where}: Postgres needs {option}"


def rabbitmq(m, project):
    """The nodes find each other by name, a majority survives one of them, clients know them all."""
    for server in (workload for workload in m.workloads() if workload.runs("rabbitmq")):
        env, conf, container = server.env(), m.rabbitmq_conf(server), server.pod["containers"][0]
        service, replicas = server.spec["serviceName"], server.spec["replicas"]
        hosts = [f"{server.name}-{number}.{service}" for number in range(replicas)]
        if replicas < 3 or replicas % 2 == 0:
            yield f"{server}: {replicas} nodes have no majority that survives one of them"
        if server.spec.get("podManagementPolicy") != "Parallel":
            yield f"{server}: a stopped cluster must start all nodes at a time"
        if m.one("Service", service)["spec"].get("publishNotReadyAddresses") is not True:
            yield f"{server}: nodes cannot find each other before they are ready"
        if sorted(rabbitmq_nodes(conf)) != [f"rabbit@{host}" for host in hosts]:
            yield f"{server}: expects the nodes {rabbitmq_nodes(conf)}, not {hosts}"
        if (env.get("RABBITMQ_NODENAME") != f"rabbit@$(POD_NAME).{service}" or
                env.get("RABBITMQ_USE_LONGNAME") != "true" or
                {"name": "POD_NAME", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}
                != container["env"][0]):
            yield f"{server}: the nodes' names are not those that the configuration lists"
        for key, value in {"cluster_formation.peer_discovery_backend": "classic_config",
                           "cluster_formation.target_cluster_size_hint": str(replicas),
                           "cluster_partition_handling": "pause_minority"}.items():
            if conf.get(key) != value:
                yield f"{server}: {key} must be {value}"
        limit = mebibytes(container["resources"]["limits"]["memory"])
        if mebibytes(conf.get("vm_memory_high_watermark.absolute", "1000GB")) > 0.75 * limit:
            yield f"{server}: the memory alarm must leave a quarter of the memory limit"
        mounts = {mount["mountPath"]: mount["name"] for mount in container["volumeMounts"]}
        durable = {claim["metadata"]["name"] for claim in server.spec["volumeClaimTemplates"]}
        for path in ("/tmp", "/var/log/rabbitmq"):
            if path not in mounts:
                yield f"{server}: cannot write to {path}"
        if mounts.get("/var/lib/rabbitmq") not in durable:
            yield f"{server}: queues are not on a durable volume"
        if env.get("HOME") != "/var/lib/rabbitmq" or not any(
                "/var/lib/rabbitmq" in [mount["mountPath"] for mount in first["volumeMounts"]]
                and re.search(rf"install -m 600 {path} \.erlang\.cookie", first["command"][-1])
                for first in server.pod.get("initContainers", [])
                for path in m.files(server, first)):
            yield f"{server}: nobody puts the Erlang cookie into its home"
        hook = container.get("lifecycle", {}).get("postStart", {}).get("exec", {})
        if "rabbitmq-queues grow" not in " ".join(hook.get("command", [])):
            yield f"{server}: older quorum queues get no member on a new node"
        user = (conf.get("default_user", "guest"), conf.get("default_pass", "guest"))
        if "guest" in user:
            yield f"{server}: guest is let in"
        for client in m.workloads():
            if client.labels.get("trellis/rabbitmq-client") == "true":
                urls = [url for _, url in m.urls(client) if url["scheme"] == "amqp"]
                if sorted(url["host"] for url in urls) != hosts:
                    yield f"{client}: must know all nodes of RabbitMQ"
                if {(url["user"], url["password"]) for url in urls} != {user}:
                    yield f"{client}: RabbitMQ does not know its user and password"


def redis_cluster(m, project):
    """Three masters with a replica each, which are one cluster wherever their pods are; the cache that
    is in it never fills the memory and never is older than the process."""
    for server in m.workloads():
        options = redis_options(server.pod["containers"][0].get("args", []))
        if server.ends() or options.get("--cluster-enabled") != "yes":
            continue
        hosts = [f"{server.name}-{number}.{server.spec['serviceName']}"
                 for number in range(server.spec["replicas"])]
        if len(hosts) < 6:
            yield f"{server}: {len(hosts)} nodes are not three masters with a replica each"
        if server.spec.get("podManagementPolicy") != "Parallel":
            yield f"{server}: a node waits for those after it"
        if m.one("Service", server.spec["serviceName"])["spec"].get(
                "publishNotReadyAddresses") is not True:
            yield f"{server}: nodes cannot find each other before they are ready"
        wanted = {"--cluster-announce-ip": "$(POD_IP)", "--appendonly": "no", "--save": "",
                  "--maxmemory-policy": "allkeys-lru", "--cluster-require-full-coverage": "no"}
        for flag, value in wanted.items():
            if options.get(flag) != value:
                yield f"{server}: needs {flag} '{value}'"
        if {"name": "POD_IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}} not in (
                server.containers[0].get("env", [])):
            yield f"{server}: does not know its address"
        mounts = {mount["mountPath"]: mount["name"] for mount in
                  server.containers[0]["volumeMounts"]}
        durable = {claim["metadata"]["name"] for claim in
                   server.spec.get("volumeClaimTemplates", [])}
        if mounts.get(options.get("--dir")) not in durable:
            yield f"{server}: a node forgets who it is"
        formers = [job for job in m.workloads() if job.ends() and m.cluster_hosts(job)]
        if len(formers) != 1:
            yield f"{server}: {len(formers)} Jobs make it a cluster"
        for workload in [server, *formers]:
            if m.cluster_hosts(workload) != hosts:
                yield f"{workload}: must know the nodes {hosts}"
            if "/etc/redis-cluster/cluster.sh" not in m.files(workload):
                yield f"{workload}: has no cluster.sh"


def jobs(m, project):
    """They are tried again, and go when they are done: a finished one cannot be changed."""
    for job in (workload for workload in m.workloads() if workload.ends()):
        if job.pod.get("restartPolicy") != "OnFailure" or job.spec.get("backoffLimit", 6) < 6:
            yield f"{job}: gives up at once"
        if not 0 < job.spec.get("ttlSecondsAfterFinished", 0) <= 3600:
            yield f"{job}: is in the way of the next release"
        if any(matches({"matchLabels": service["spec"]["selector"]}, job.labels)
               for service in m.all("Service")):
            yield f"{job}: a Service sends requests to it"


def images(m, project):
    """Pinned tags; ours is the release."""
    for workload in m.workloads():
        for container in workload.containers:
            name, tag = image_name(container["image"])
            if tag in ("", "latest"):
                yield f"{workload}: image {container['image']} is not pinned"
            if name == "trellis" and tag != project.version:
                yield f"{workload}: image tag {tag} is not the release {project.version}"


def settings(m, project):
    """Each variable is one that the process has; --help says which."""
    for workload in m.workloads():
        known = project.settings.get(workload.name)
        for variable in workload.env() if known is not None else []:
            if variable not in known:
                yield f"{workload}: {workload.name} --help does not list {variable}"


def monitoring(m, project):
    """Prometheus Operator gets the rules and dashboards of deploy/monitoring, and the processes with
    the labels that these ask for."""
    for monitor in m.all("PodMonitor"):
        if monitor["spec"].get("jobLabel") != APP + "part-of":
            yield "PodMonitor: the rules expect the job to be trellis"
        for endpoint in monitor["spec"]["podMetricsEndpoints"]:
            if {"sourceLabels": ["__meta_kubernetes_pod_label_app_kubernetes_io_name"],
                    "targetLabel": "process"} not in endpoint.get("relabelings", []):
                yield f"PodMonitor: port {endpoint['port']} does not say which process it is"
        if [rule["spec"]["groups"] for rule in m.all("PrometheusRule")] != [project.rules]:
            yield "PrometheusRule: not the rules of deploy/monitoring; run components/monitoring/generate"
        shown = {name: text for config in m.all("ConfigMap") for name, text in config["data"].items()
                 if config["metadata"].get("labels", {}).get("grafana_dashboard") == "1"}
        if shown != project.dashboards:
            yield "ConfigMap: not the dashboards of deploy/monitoring"


INVARIANTS = {check.__name__: check for check in (
    labels, selectors, services, probes, resources, security, service_accounts, rollout, shutdown,
    autoscaling, disruption, network, storage, secrets, postgres, rabbitmq,
    redis_cluster, jobs, images, monitoring, settings)}


def problems(documents, project):
    """[(invariant, what is wrong)] over all invariants."""
    m = Manifests(documents)
    return [(name, text) for name, check in INVARIANTS.items() for text in check(m, project)]
