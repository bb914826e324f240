"""Runs the product's own command line in a pod, as an operator: `python3 -m driver.operator events parked`."""

import sys

from . import kube, stand
from .kube import kubectl

NAME = "operator"


def main(arguments):
    """The client's pod with another program: it has the settings, the key and the certificate of an operator."""
    client = kube.get("pod", stand.CLIENT)["spec"]
    load = client["initContainers"][0]
    container = {key: load[key] for key in ("image", "imagePullPolicy", "securityContext", "resources")}
    container |= {
        "name": NAME, "args": [*arguments, "--config", "/etc/hotline/smoke.toml"],
        "volumeMounts": [mount for mount in load["volumeMounts"] if mount["name"] == "etc"],
    }
    spec = {key: client[key] for key in ("automountServiceAccountToken", "enableServiceLinks", "securityContext", "volumes")}
    kubectl("delete", "pod", NAME, "--ignore-not-found")
    kube.apply([{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": NAME, "labels": {"app.kubernetes.io/name": stand.CLIENT}},
                 "spec": {**spec, "restartPolicy": "Never", "containers": [container]}}])
    ended = kube.until("the command has ended", lambda: phase() if phase() in ("Succeeded", "Failed") else None, 60, every=0.3)
    print(kubectl("logs", NAME), end="")
    kubectl("delete", "pod", NAME, "--wait=false")
    return 0 if ended == "Succeeded" else 1


def phase():
    return kube.get("pod", NAME)["status"].get("phase")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
