"""The invariants of deploy/compose.yaml, each a function that returns what is wrong."""

import re

import manifests

SERVICE_KEYS = {"profiles", "image", "build", "command", "environment", "ports", "depends_on", "healthcheck",
                "volumes", "restart", "stop_grace_period", "read_only", "cap_drop", "security_opt",
                "networks"}
HEALTHCHECK_KEYS = {"test", "interval", "timeout", "retries", "start_period"}
# Values that are the user's to choose in Compose and literal in the manifests.
DEFAULT = re.compile(r"\$\{([A-Z_]+):-([^}]*)\}")
# Where the images of others keep their data.
DATA = {"redis": "/data", "postgres": "/var/lib/postgresql/data", "rabbitmq": "/var/lib/rabbitmq",
        "prometheus": "/prometheus", "grafana": "/var/lib/grafana"}
CLUSTER_NODE = re.compile(r"redis-cluster-\d+")
SECRETS = {"DB_URL": "postgresql", "RABBITMQ_URLS": "amqp"}


def ours(compose):
    return {name: service for name, service in compose["services"].items()
            if service.get("image", "").startswith("trellis")}


def always(compose):
    """The services without a profile."""
    return {name: service for name, service in compose["services"].items()
            if "profiles" not in service}


def default(value):
    """What a value is when the user sets nothing."""
    return DEFAULT.sub(r"\2", str(value))


def schema(compose, project):
    """Only keys that Compose has, in the shapes used here."""
    for key in set(compose) - {"name", "services", "volumes"}:
        if not key.startswith("x-"):
            yield f"unknown top-level key {key}"
    for name, service in compose["services"].items():
        for key in set(service) - SERVICE_KEYS:
            yield f"{name}: unknown key {key}"
        if not isinstance(service.get("command"), list):
            yield f"{name}: command must be a list, which needs no shell"
        for value in service.get("environment", {}).values():
            if not isinstance(value, str) or "$" in DEFAULT.sub("", value):
                yield f"{name}: {value!r} must be a string, with defaults for its variables"
        for other in service.get("depends_on", []):
            if other not in compose["services"]:
                yield f"{name}: depends on {other}, which is not there"
            elif name in always(compose) and other not in always(compose):
                yield f"{name}: depends on {other}, which is not always there"
        if service.get("restart") != "unless-stopped":
            yield f"{name}: is not restarted after a crash"


def health(compose, project):
    """Each service has a health check that needs no shell and asks what the service answers."""
    for name, service in compose["services"].items():
        check = service.get("healthcheck", {})
        test = check.get("test", ["NONE"])
        if set(check) != HEALTHCHECK_KEYS or test[0] != "CMD":
            yield f"{name}: needs a whole health check of the form [CMD, ...]"
            continue
        if name not in ours(compose):
            continue
        address = re.fullmatch(r"(http|grpc)://127\.0\.0\.1:(\d+)/(.+)", test[-1])
        if test[1:-1] != ["trellis-cli", "health"] or not address:
            yield f"{name}: must be asked by trellis-cli health ADDRESS"
            continue
        scheme, port, path = address.groups()
        if not any(value.endswith(":" + port) and re.fullmatch(r"(HTTP|RPC|OPS)_ADDR", variable)
                   for variable, value in service["environment"].items()):
            yield f"{name}: is asked on port {port}, where it does not listen"
        if path not in ({"readyz"} if scheme == "http" else project.rpc_services):
            yield f"{name}: is asked for {path}"


def volumes(compose, project):
    """Named volumes are declared and used; what is written lies on one."""
    used = set()
    for name, service in compose["services"].items():
        mounts = dict(reversed(mount.split(":")[:2]) for mount in service.get("volumes", []))
        used |= {source for source in mounts.values() if not source.startswith("./")}
        output = service.get("environment", {}).get("OUTPUT_PATH")
        if output and output.rpartition("/")[0] not in mounts:
            yield f"{name}: OUTPUT_PATH is not on a volume"
        data = DATA.get(manifests.image_name(service["image"])[0])
        if data and data not in mounts and name != "redis-cluster-form":
            yield f"{name}: writes beside its volume"
    declared = set(compose.get("volumes", {}))
    if used != declared:
        yield f"volumes used {sorted(used)} and declared {sorted(declared)} differ"


def contract(compose, project):
    """What users of the first Compose file rely on."""
    services = compose["services"]
    published = {name: service["ports"] for name, service in always(compose).items()
                 if "ports" in service}
    if set(published) != {"gateway"} or not published["gateway"][0].endswith(":8080:8080"):
        yield f"the gateway alone must be published, on port 8080: {published}"
    worker = services["enqueue-worker"]
    if {"container_name", "ports"} & set(worker):
        yield "enqueue-worker cannot be scaled"
    for variable, value in {"QUEUE_NAME": "${QUEUE_NAME:-messages}",
                            "PROCESSING_DELAY_MS": "${PROCESSING_DELAY_MS:-0}",
                            "OUTPUT_PATH": "/data/processed.log"}.items():
        if worker["environment"].get(variable) != value:
            yield f"enqueue-worker: {variable} must be {value}"
    server = services.get("enqueue", {"environment": {}})
    if worker["environment"].get("QUEUE_NAME") != server["environment"].get("QUEUE_NAME"):
        yield "enqueue and its worker use different queues"


def security(compose, project):
    """Ours need no capability, no privilege and no writable root; the image names the user."""
    for name, service in ours(compose).items():
        if (service.get("read_only") is not True or service.get("cap_drop") != ["ALL"]
                or service.get("security_opt") != ["no-new-privileges:true"]):
            yield f"{name}: must be read-only and unprivileged"
    for name, service in compose["services"].items():
        for port in service.get("ports", []):
            if not port.startswith("${TRELLIS_BIND:-127.0.0.1}:"):
                yield f"{name} must be published on loopback unless the user says otherwise"


def shutdown(compose, project):
    """Whoever stops a container waits for its drain."""
    for name, service in ours(compose).items():
        drain = manifests.seconds(service["environment"].get("DRAIN_TIMEOUT", "10s"))
        if manifests.seconds(service.get("stop_grace_period", "10s")) <= drain:
            yield f"{name}: is killed before its drain of {drain} s ends"


def images(compose, project):
    for name, service in compose["services"].items():
        repository, tag = manifests.image_name(service.get("image", ""))
        if tag in ("", "latest") or repository == "trellis" and tag != project.version:
            yield f"{name}: image {service.get('image')} is not pinned to the release"
        build = service.get("build", {"context": "", "dockerfile": "none"})
        dockerfile = project.root / "deploy" / build["context"] / build["dockerfile"]
        if repository == "trellis" and not dockerfile.exists():
            yield f"{name}: its image has no Dockerfile"


def redis(compose, project):
    yield from manifests.redis_arguments(compose["services"]["redis"]["command"][1:], "redis")


def redis_cluster(compose, project):
    """Six nodes that are the same as on Kubernetes; whoever forms them knows all, and Post any."""
    services = compose["services"]
    nodes = sorted(name for name in services if CLUSTER_NODE.fullmatch(name))
    there = next(found for found in project.manifests.workloads() if found.name == "redis-cluster")
    if nodes != [f"redis-cluster-{i}" for i in range(there.spec["replicas"])]:
        yield f"nodes {nodes}, Kubernetes has {there.spec['replicas']}"
    expected = manifests.redis_options(there.containers[0]["args"])
    for flag in ("--dir", "--protected-mode", "--cluster-announce-ip"):
        expected.pop(flag, None)  # what a pod needs
    for name in nodes:
        if manifests.redis_options(services[name]["command"][1:]) != expected:
            yield f"{name}: is set otherwise than on Kubernetes"
        if services[name].get("networks") != {"default": {"aliases": ["redis-cluster"]}}:
            yield f"{name}: is not found as redis-cluster"
    form = services["redis-cluster-form"]
    if form["command"][1:] != ["keep", *nodes] or sorted(form["depends_on"]) != nodes:
        yield "redis-cluster-form: must keep all nodes together"
    for mount in form["volumes"]:
        source = project.root / "deploy" / mount.split(":")[0]
        if not (source / form["command"][0].rpartition("/")[2]).exists():
            yield f"redis-cluster-form: {source} has no {form['command'][0]}"
    if "redis-cluster-form" not in services["post"]["depends_on"]:
        yield "post: nobody makes a cluster for it"


def databases(compose, project):
    """The URLs name the servers' users and passwords, whatever the user of Compose chooses."""
    services = compose["services"]
    postgres, rabbitmq = (services[name]["environment"] for name in ("postgres", "rabbitmq"))
    known = {"postgresql": ("postgres", postgres.get("POSTGRES_USER"),
                            postgres.get("POSTGRES_PASSWORD"), postgres.get("POSTGRES_USER")),
             "amqp": ("rabbitmq", rabbitmq.get("RABBITMQ_DEFAULT_USER"),
                      rabbitmq.get("RABBITMQ_DEFAULT_PASS"), "")}
    for name, service in ours(compose).items():
        for variable, scheme in SECRETS.items():
            url = service["environment"].get(variable)
            host, user, password, path = known[scheme]
            if url not in (None, f"{scheme}://{user}:{password}@{host}/{path}"):
                yield f"{name}: {variable} {url} is not how {host} is reached"
            if url and host not in service["depends_on"]:
                yield f"{name}: does not depend on {host}"
    # A node's data lies under its name; the name of the container's host is another each time.
    if not rabbitmq.get("RABBITMQ_NODENAME", "").endswith("@localhost"):
        yield "rabbitmq: finds its data no more when its container is replaced"
    options = manifests.postgres_options(services["postgres"]["command"])
    yield from manifests.postgres_durability(options, "postgres")
    workload = next(found for found in project.manifests.workloads() if found.name == "postgres")
    there = manifests.postgres_options(workload.containers[0]["args"])
    if options.get("max_connections") != there.get("max_connections"):
        yield "postgres: lets in fewer or more connections than on Kubernetes"


def settings(compose, project):
    """Each variable is one that the process has; --help says which."""
    for name, service in ours(compose).items():
        known = project.settings.get(name)
        for variable in service["environment"] if known is not None else []:
            if variable not in known:
                yield f"{name}: {name} --help does not list {variable}"


def agreement(compose, project):
    """Compose and Kubernetes run the same processes with the same settings."""
    workloads = {workload.name: workload for workload in project.manifests.workloads()}
    # A node of Redis Cluster is a service here and a pod there; the services migrate by themselves.
    counterparts = {name: "redis-cluster" if CLUSTER_NODE.fullmatch(name) else name
                    for name in always(compose)}
    if set(workloads) - {"post-migrate"} != set(counterparts.values()):
        yield f"Compose runs {sorted(always(compose))}, Kubernetes {sorted(workloads)}"
        return
    for name, service in always(compose).items():
        workload = workloads[counterparts[name]]
        # What is secret is a value here and a file there.
        here, there = ({key.removesuffix("_FILE"): value for key, value in variables.items()}
                       for variables in (service.get("environment", {}), workload.env()))
        for variables in here, there:
            variables.update({key: "a secret" for key in SECRETS if key in variables})
        here = {key: default(value) for key, value in here.items()}
        if name in ours(compose) and here != there:
            yield f"{name}: Compose sets {here}, Kubernetes {there}"
        images = {container["image"] for container in workload.containers}
        if images != {service["image"]}:
            yield f"{name}: Compose runs {service['image']}, Kubernetes {images}"


def monitoring(compose, project):
    """Only who asks for it gets it; then every process is scraped where it answers, and Prometheus and
    Grafana find what is in deploy/monitoring."""
    services = compose["services"]
    if set(services) - set(always(compose)) != {"prometheus", "grafana"}:
        yield "prometheus and grafana, and they alone, must be in a profile"
    for name in ("prometheus", "grafana"):
        if services[name].get("profiles") != ["monitoring"]:
            yield f"{name}: must be in the profile monitoring"
        for mount in services[name]["volumes"]:
            source, target, *mode = mount.split(":")
            if source.startswith("./") and (mode != ["ro"] or not (
                    project.root / "deploy" / source).is_dir()):
                yield f"{name}: {source} is not there, or can be written to"
    job = project.prometheus["scrape_configs"][0]
    scraped = {name: found["port"] for found in job["dns_sd_configs"] for name in found["names"]}
    answers = {name: int(service["environment"].get(
        "OPS_ADDR", service["environment"].get("HTTP_ADDR")).rpartition(":")[2])
        for name, service in ours(compose).items()}
    if scraped != answers:
        yield f"Prometheus scrapes {scraped}, and the processes answer at {answers}"
    if job["job_name"] != "trellis" or job["relabel_configs"] != [
            {"source_labels": ["__meta_dns_name"], "target_label": "process"}]:
        yield "Prometheus does not label the processes as the rules expect it"
    config = "--config.file=/etc/prometheus/prometheus.compose.yml"
    if config not in services["prometheus"]["command"] or "./monitoring:/etc/prometheus:ro" not in (
            services["prometheus"]["volumes"]):
        yield "prometheus: does not read deploy/monitoring/prometheus.compose.yml"
    if project.datasource["url"] != "http://prometheus:9090" or not any(
            port.endswith(":9090") for port in services["prometheus"]["ports"]):
        yield f"grafana: asks {project.datasource['url']}"


INVARIANTS = {check.__name__: check for check in (
    schema, health, volumes, contract, security, shutdown, images, redis, redis_cluster, databases, settings,
    agreement, monitoring)}


def problems(compose, project):
    return [(name, text) for name, check in INVARIANTS.items() for text in check(compose, project)]
