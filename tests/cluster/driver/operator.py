"""Runs the product's own command line in a pod, as an operator: `python3 -m driver.operator events parked`."""

import sys

from . import kube, stand
from .kube import kubectl

NAME = "operator"
SIGNER = "hotline-token-signer"


def ran(arguments, signer=SIGNER):
    """Whether a command succeeded, and what it said; its tokens are signed by the key of the Secret `signer`.

    The pod is the client's with another program: it has the settings, the key and the certificate of an operator.
    """
    client = kube.get("pod", stand.CLIENT)["spec"]
    load = client["initContainers"][0]
    container = {key: load[key] for key in ("image", "imagePullPolicy", "securityContext", "resources")}
    container |= {
        "name": NAME, "args": [*arguments, "--config", "/etc/hotline/smoke.toml"],
        "volumeMounts": [mount for mount in load["volumeMounts"] if mount["name"] == "etc"],
    }
    spec = {key: client[key] for key in ("automountServiceAccountToken", "enableServiceLinks", "securityContext", "volumes")}
    for volume in spec["volumes"]:
        for source in volume.get("projected", {}).get("sources", []):
            if source.get("secret", {}).get("name") == SIGNER:
                source["secret"]["name"] = signer
    kubectl("delete", "pod", NAME, "--ignore-not-found")
    kube.apply([{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": NAME, "labels": {"app.kubernetes.io/name": stand.CLIENT}},
                 "spec": {**spec, "restartPolicy": "Never", "containers": [container]}}])
    ended = kube.until("the command has ended", lambda: phase() if phase() in ("Succeeded", "Failed") else None, 90, every=0.3)
    said = kubectl("logs", NAME)
    kubectl("delete", "pod", NAME, "--wait=false")
    return ended == "Succeeded", said


def phase():
    return kube.get("pod", NAME)["status"].get("phase")


def main(arguments):
    well, said = ran(arguments)
    print(said, end="")
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
