"""People's tokens by an issuer: its keys are published, taken over by others, withdrawn; and it goes away."""

import base64
import hashlib
import json
import time

from . import kube, operator, stand
from .faults import refused, then_mended
from .kube import Failed, kubectl, run
from .rollouts import signing_pair
from .world import scenario, spoke

ISSUER = "issuer"
LABELS = {"app.kubernetes.io/name": ISSUER}
# Seconds between two looks of a service at the keys.
LOOKS = 10
KEYS = ("--set", f"auth.jwks.url=http://{ISSUER}:8080/keys", "--set", f"auth.jwks.refreshSeconds={LOOKS}",
        "--set", "auth.publicKey.existingSecret=")


def published(public):
    """A public key as a set has it, named by its thumbprint (RFC 7638)."""
    der = base64.b64decode("".join(public.split("\n")[1:-2]))
    x = base64.urlsafe_b64encode(der[-32:]).rstrip(b"=").decode()
    digest = hashlib.sha256(f'{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}'.encode()).digest()
    name = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    return {"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": name, "x": x}


def publish(world, *public):
    """The issuer publishes these keys, and every service has looked since."""
    keys = json.dumps({"keys": [published(key) for key in public]})
    name = f"{ISSUER}-{hashlib.sha256(keys.encode()).hexdigest()[:10]}"
    container = {
        "name": ISSUER, "image": world.images["client"], "imagePullPolicy": "IfNotPresent", "args": ["issuer", "--keys", "/keys/keys.json"],
        "securityContext": {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}},
        "resources": {"requests": {"cpu": "10m", "memory": "32Mi"}, "limits": {"memory": "64Mi"}},
        "readinessProbe": {"tcpSocket": {"port": 8080}, "periodSeconds": 1},
        "volumeMounts": [{"name": "keys", "mountPath": "/keys", "readOnly": True}],
    }
    pod = {"automountServiceAccountToken": False, "enableServiceLinks": False,
           "securityContext": {"runAsNonRoot": True, "runAsUser": 10001, "runAsGroup": 10001, "seccompProfile": {"type": "RuntimeDefault"}},
           "containers": [container], "volumes": [{"name": "keys", "configMap": {"name": name}}]}
    kube.apply([
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "labels": LABELS}, "data": {"keys.json": keys}},
        {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": ISSUER, "labels": LABELS}, "spec": {
            "replicas": 1, "selector": {"matchLabels": LABELS}, "template": {"metadata": {"labels": LABELS}, "spec": pod}}},
        {"apiVersion": "v1", "kind": "Service", "metadata": {"name": ISSUER, "labels": LABELS},
         "spec": {"selector": LABELS, "ports": [{"port": 8080}]}},
        {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": ISSUER, "labels": LABELS},
         "spec": {"podSelector": {"matchLabels": LABELS}, "policyTypes": ["Ingress"], "ingress": [
             {"from": [{"podSelector": {"matchLabels": {"app.kubernetes.io/name": "hotline"}}}], "ports": [{"port": 8080}]}]}},
    ])
    kubectl("rollout", "status", f"deployment/{ISSUER}", "--timeout=60s")
    # Whoever looked just before looks again after this; one that met the change tries again as soon.
    time.sleep(LOOKS + 5)


def taken_over(world, old, private, public):
    """A new key takes over from the old one, and the old one is withdrawn."""
    kubectl("create", "secret", "generic", "new-signer", f"--from-literal=private.pem={private}")
    with world.load() as load:
        publish(world, old, public)
        well, said = operator.ran(["smoke"], signer="new-signer")
        if not well:
            raise Failed(f"a token of the new key was not taken: {said[-300:]}")
    publish(world, public)
    well, said = operator.ran(["smoke"])
    if well or "Unauthenticated" not in said:
        raise Failed(f"a token of the withdrawn key was taken, or refused for something else: {said[-300:]}")
    publish(world, old, public)
    return spoke(load.told)


def waiting_says():
    """What a pod that waits for its first keys says of it."""
    def look():
        logs = [kubectl("logs", kube.name(pod), "--tail=-1", check=False).stdout for pod in kube.pods() if not kube.ready(pod)]
        return next((line for log in logs for line in log.splitlines() if "auth.jwks_url" in line), None)
    return json.loads(kube.until("a pod says that it waits for keys", look, 60))["message"]


def away(world):
    """The issuer is away and a pod is replaced: it waits for its first keys, the others serve on."""
    kube.scale("deployment", 0, ISSUER)
    kubectl("wait", "pod", "-l", f"app.kubernetes.io/name={ISSUER}", "--for=delete", "--timeout=60s")
    with world.load() as load:
        time.sleep(2)
        kubectl("delete", "pod", kube.name(kube.pods("intake")[0]))
        said = waiting_says()
        time.sleep(LOOKS)
        waits = [kube.name(pod) for pod in kube.pods("intake") if not kube.ready(pod)]
        kube.scale("deployment", 1, ISSUER)
        since = time.monotonic()
        kube.settled(2)
        took = time.monotonic() - since
    if len(waits) != 1:
        raise Failed(f"a pod without keys became ready: {waits} waited")
    return f"a pod that starts while the issuer is away waits (\"{said}\") and is ready {took:.0f} s after it is back: {spoke(load.told)}"


@scenario("people's keys from an issuer")
@then_mended
def people(world):
    old = run("openssl", "pkey", "-pubout", text=stand.stored("hotline-token-signer", "private.pem"))
    private, public = signing_pair()
    try:
        publish(world, old)
        with world.load() as load:
            world.install(*KEYS)
            kube.settled(2)
        told = [f"turned on: {spoke(load.told)}", f"a key taken over and withdrawn: {taken_over(world, old, private, public)}", away(world)]
        _, load = refused(world, waiting_says, *KEYS, "--set", "auth.jwks.url=http://nobody-made-this:8080/keys")
        return "; ".join([*told, f"a mistyped address: upgrade refused, the old version went on, {load}"])
    finally:
        kubectl("delete", "secret", "new-signer", "--ignore-not-found")
        world.install()
        kubectl("delete", "all,configmap,networkpolicy", "-l", f"app.kubernetes.io/name={ISSUER}")
