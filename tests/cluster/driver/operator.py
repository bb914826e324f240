"""Runs the product's own command line in a pod, as an operator: `python3 -m driver.operator events parked`."""

import sys

from . import kube, stand
from .kube import kubectl

NAME = "operator"
# Secrets of the pod: the key that signs its tokens, and its certificate.
SIGNER = "hotline-token-signer"
CERTIFICATE = "hotline-smoke-tls"


def ran(arguments, **instead):
    """Whether a command succeeded, and what it said; with another `signer` or `certificate` when a Secret is named.

    The pod is the client's with the services' program: it has the settings, the key and the certificate of an operator.
    """
    client = kube.get("pod", stand.CLIENT)["spec"]
    caller = client["containers"][0]
    service = kube.get("deployment", "hotline-intake")["spec"]["template"]["spec"]["containers"][0]
    container = {key: caller[key] for key in ("imagePullPolicy", "securityContext", "resources")}
    container |= {
        "name": NAME, "image": service["image"], "args": [*arguments, "--config", "/etc/hotline/smoke.toml"],
        "volumeMounts": [mount for mount in caller["volumeMounts"] if mount["name"] == "etc"],
    }
    spec = {key: client[key] for key in ("automountServiceAccountToken", "enableServiceLinks", "securityContext", "volumes")}
    others = {SIGNER: instead.get("signer", SIGNER), CERTIFICATE: instead.get("certificate", CERTIFICATE)}
    for volume in spec["volumes"]:
        for source in volume.get("projected", {}).get("sources", []):
            if "secret" in source:
                source["secret"]["name"] = others.get(source["secret"]["name"], source["secret"]["name"])
    kubectl("delete", "pod", NAME, "--ignore-not-found")
    labels = {"app.kubernetes.io/name": stand.CLIENT} | stand.READER
    kube.apply([{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": NAME, "labels": labels},
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
