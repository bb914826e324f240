"""The cluster of KUBECONFIG, by kubectl and Helm."""

import json
import os
import subprocess
import time

NAMESPACE = "hotline"
RELEASE = "hotline"
# Found from every folder.
HELM = os.environ.get("HELM", "target/tools/helm3")
HELM = os.path.abspath(HELM) if os.sep in HELM else HELM
SERVICES = ("intake", "routing", "supervision", "callback", "analytics")


class Failed(Exception):
    """What was expected did not come about: one sentence."""


def run(*command, text=None, timeout=600, check=True):
    """A program's standard output; its standard error becomes the failure."""
    done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=timeout, check=False)
    if check and done.returncode != 0:
        raise Failed(f"{' '.join(command[:6])} …: {(done.stderr or done.stdout).strip()[-1500:]}")
    return done.stdout if check else done


def kubectl(*arguments, **options):
    return run("kubectl", "-n", NAMESPACE, *arguments, **options)


def helm(*arguments, **options):
    return run(HELM, "-n", NAMESPACE, *arguments, **options)


def get(*arguments):
    return json.loads(kubectl("get", *arguments, "-o", "json"))


def apply(objects):
    text = objects if isinstance(objects, str) else json.dumps({"apiVersion": "v1", "kind": "List", "items": objects})
    kubectl("apply", "-f", "-", text=text)


def until(what, look, seconds=120, every=0.5):
    """The first answer that is true; `what` says what was waited for."""
    end = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > end:
            raise Failed(f"{what}: not within {seconds} s")
        time.sleep(every)


def pods(service=None):
    """The pods of the five services, or of one, that are not ending."""
    names = ",".join([service] if service else SERVICES)
    found = get("pods", "-l", f"app.kubernetes.io/name=hotline,app.kubernetes.io/component in ({names})")["items"]
    return [pod for pod in found if "deletionTimestamp" not in pod["metadata"]]


def name(thing):
    return thing["metadata"]["name"]


def component(pod):
    return pod["metadata"]["labels"]["app.kubernetes.io/component"]


def ready(pod):
    return any(c["type"] == "Ready" and c["status"] == "True" for c in pod["status"].get("conditions", []))


def restarts(found=None):
    """Restarts of every service's container."""
    each = [status for pod in found or pods() for status in pod["status"].get("containerStatuses", [])]
    return sum(status["restartCount"] for status in each)


def all_ready(count=None):
    """Whether every Deployment has rolled out, to `count` replicas if that is said."""
    for service in SERVICES:
        deployment = get("deployment", f"hotline-{service}")
        wanted, status = deployment["spec"]["replicas"], deployment["status"]
        if count is not None and wanted != count:
            return False
        if status.get("observedGeneration") != deployment["metadata"]["generation"]:
            return False
        numbers = [status.get(key, 0) for key in ("replicas", "updatedReplicas", "readyReplicas", "availableReplicas")]
        if numbers != [wanted] * 4:
            return False
    return True


def settled(count=None, seconds=240):
    """Waits for every Deployment, and for the pods that are ending."""
    until("every Deployment has rolled out", lambda: all_ready(count), seconds)
    label = "app.kubernetes.io/name=hotline"
    until("no pod is ending", lambda: all("deletionTimestamp" not in pod["metadata"] for pod in get("pods", "-l", label)["items"]), 90)


def scale(kind, count, *names):
    kubectl("scale", f"--replicas={count}", *[f"{kind}/{name}" for name in names])


def deployments():
    return [f"hotline-{service}" for service in SERVICES]


def metrics(pod):
    """What a pod's /metrics says now."""
    return kubectl("get", "--raw", f"/api/v1/namespaces/{NAMESPACE}/pods/{pod}:9464/proxy/metrics")


def gauge(pod, metric):
    for line in metrics(pod).splitlines():
        if line.startswith(metric + "{") or line.startswith(metric + " "):
            return float(line.rsplit(" ", 1)[1])
    raise Failed(f"pod {pod} has no metric {metric}")


def counter(pod, metric):
    """Like `gauge`; what was never counted is 0."""
    try:
        return gauge(pod, metric)
    except Failed:
        return 0.0


def waits_for(pod):
    """Why a container of a pod has not started."""
    waiting = [status.get("state", {}).get("waiting", {}) for status in pod["status"].get("containerStatuses", [])]
    return " ".join(state.get("message", "") for state in waiting)


def message(pod):
    """What a pod says of why it is not well: of its container, or its last log lines."""
    for status in pod["status"].get("containerStatuses", []):
        for state in (status.get("state", {}), status.get("lastState", {})):
            for kind in ("waiting", "terminated"):
                said = state.get(kind, {}).get("message")
                # That it is started again and again is not why.
                if said and not said.startswith("back-off"):
                    return said.strip()
    return kubectl("logs", name(pod), "--tail=5", check=False).stdout.strip()
