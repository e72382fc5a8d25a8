"""What the deployment must agree with: the release, the RPC services and the binaries' settings."""

import pathlib
import re
import subprocess

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
SKIPPED = 77  # SKIP_RETURN_CODE in CMakeLists.txt
PROCESSES = ("gateway", "enqueue", "enqueue-worker", "order", "order-processor", "order-notifier",
             "weather", "weather-worker", "post", "keytest",
             "keytest-consumer")


def version():
    text = (ROOT / "CMakeLists.txt").read_text()
    return re.search(r"project\(trellis VERSION ([\d.]+)", text).group(1)


def rpc_services():
    """Full names of all gRPC services under proto/."""
    names = set()
    for path in (ROOT / "proto").rglob("*.proto"):
        text = path.read_text()
        package = re.search(r"^package ([\w.]+);", text, re.M)
        for service in re.findall(r"^service (\w+)", text, re.M):
            names.add(f"{package.group(1)}.{service}")
    return names


def rules():
    """The groups of all rules of Prometheus."""
    return [group for path in sorted((ROOT / "deploy/monitoring/rules").glob("*.yml"))
            for group in yaml.safe_load(path.read_text())["groups"]]


def dashboards():
    """{file name: text} of Grafana's."""
    return {path.name: path.read_text()
            for path in (ROOT / "deploy/monitoring/grafana/dashboards").glob("*.json")}


def settings(binaries):
    """{process: names of its environment variables, by its --help}; without those not built yet."""
    found = {}
    for process in PROCESSES:
        binary = pathlib.Path(binaries) / process
        if binary.exists():
            help_text = subprocess.run([binary, "--help"], capture_output=True, text=True,
                                       timeout=20, check=True).stdout
            # "  --flag  VARIABLE  default  meaning"; a secret's meaning ends with "(or NAME_FILE)".
            found[process] = set(re.findall(r"^ +--[\w-]+ +([A-Z][A-Z0-9_]*)\b", help_text, re.M) +
                                 re.findall(r"\(or (\w+_FILE)\)", help_text))
    return found
