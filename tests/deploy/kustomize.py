"""Renders kustomizations with whatever kustomize 5 the machine has."""

import json
import shutil
import subprocess

import yaml

GO_MODULE = "sigs.k8s.io/kustomize/kustomize/v5@v5.4.3"


def find():
    """The command that renders a directory (its last argument), or None."""
    kubectl = shutil.which("kubectl")
    if kubectl:
        answer = subprocess.run([kubectl, "version", "--client", "-o", "json"],
                                capture_output=True, text=True, timeout=30)
        if answer.returncode == 0 and json.loads(answer.stdout).get(
                "kustomizeVersion", "").startswith("v5."):
            return [kubectl, "kustomize"]
    kustomize = shutil.which("kustomize")
    if kustomize:
        answer = subprocess.run([kustomize, "version"], capture_output=True, text=True, timeout=30)
        if answer.stdout.strip().startswith("v5."):
            return [kustomize, "build"]
    go = shutil.which("go")
    if go:
        command = [go, "run", GO_MODULE]
        try:
            built = subprocess.run(command + ["version"], capture_output=True, timeout=100)
        except subprocess.TimeoutExpired:
            return None
        if built.returncode == 0:
            return command + ["build"]
    return None


def render(command, directory):
    answer = subprocess.run(command + [str(directory)], capture_output=True, text=True, timeout=60)
    if answer.returncode != 0:
        raise RuntimeError(f"{directory}: {answer.stderr.strip()}")
    return [document for document in yaml.safe_load_all(answer.stdout) if document]
