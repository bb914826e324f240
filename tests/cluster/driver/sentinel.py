"""Redis as a province has it, by k8s/examples/redis as it stands: the services move to it, and it loses its master."""

import contextlib
import json
import pathlib
import re
import time

from . import kube, stand
from .kube import Failed, kubectl, run
from .rollouts import restarted
from .world import scenario, spoke

DATA = "hotline-data"
EXAMPLE = pathlib.Path("k8s/examples/redis")
PROBE = ("redis-cli", "--no-auth-warning", "--user", "probe", "--pass", "none")
# Of a province's memory a test needs little.
RESOURCES = {"requests": {"cpu": "10m", "memory": "64Mi"}, "limits": {"memory": "512Mi"}}


def in_data(*arguments, **options):
    return run("kubectl", "-n", DATA, *arguments, **options)


def master():
    """The node that each of the Sentinels that answer calls master; nothing while they do not agree."""
    said = {in_data("exec", f"sentinel-{n}", "--", "redis-cli", "-p", "26379", "sentinel", "get-master-addr-by-name", "hotline", check=False).stdout.split(".")[0]
            for n in range(3)}
    return said.pop() if len(said) == 1 else ""


def node_says(node, section, pattern):
    """What a node's INFO has of a pattern."""
    return re.findall(pattern, in_data("exec", node, "--", *PROBE, "info", section, check=False).stdout)


def whole(lost=None):
    """The master, when it is another than `lost` and both other nodes follow it."""
    now = master()
    return now if now and now != lost and len(node_says(now, "replication", r"slave\d+:.*state=online")) == 2 else None


def takes_events(node):
    """Waits until a node is given events, and every relay says that it has Redis."""
    def added():
        return int((node_says(node, "commandstats", r"cmdstat_xadd:calls=(\d+)") or ["0"])[0])
    before = added()
    kube.until(f"{node} is given events", lambda: added() > before, 60)
    kube.until("every relay has Redis", lambda: all(kube.gauge(kube.name(pod), "hotline_relay_redis_up") == 1 for pod in kube.pods()), 60, every=1)


@contextlib.contextmanager
def three_nodes(world):
    """The example, and the services on it; afterwards all is as it was."""
    stand.take_namespace(DATA, "k8s/examples/data")
    kept = stand.stored("hotline-redis", "url")
    folder = pathlib.Path("target/cluster/sentinel")
    folder.mkdir(parents=True, exist_ok=True)
    images = [dict(zip(("name", "newName", "newTag"), (name, *world.images[name].rsplit(":", 1)))) for name in ("redis", "haproxy")]
    patch = json.dumps([{"op": "replace", "path": "/spec/template/spec/containers/0/resources", "value": RESOURCES}])
    changed = [{"target": {"kind": kind}, "patch": patch} for kind in ("StatefulSet", "Deployment")]
    (folder / "kustomization.yaml").write_text(json.dumps({"resources": [f"../../../{EXAMPLE}"], "images": images, "patches": changed}), encoding="utf-8")
    place = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": DATA}}, "podSelector": {"matchLabels": {"app.kubernetes.io/name": "redis-entry"}}}
    try:
        # Its script makes the URL of the services.
        kubectl("delete", "secret", "hotline-redis")
        run(f"{EXAMPLE}/make-secrets")
        run("kubectl", "apply", "-k", str(folder))
        for workload in ("statefulset/redis", "statefulset/sentinel", "deployment/redis-entry"):
            in_data("rollout", "status", workload, "--timeout=180s")
        kube.until("a master and two that follow it", whole, 60)
        world.install("--set-json", f"networkPolicy.redis.to={json.dumps([place])}")
        restarted(*kube.SERVICES)
        yield
    finally:
        kubectl("delete", "secret", "hotline-redis", "--ignore-not-found")
        kubectl("create", "secret", "generic", "hotline-redis", f"--from-literal=url={kept}")
        world.install()
        restarted(*kube.SERVICES)
        run("kubectl", "delete", "namespace", DATA, "--timeout=180s", check=False)


@scenario("Redis with Sentinel, its master lost under load")
def lost_master(world):
    with three_nodes(world):
        restarts = kube.restarts()
        with world.load() as load:
            time.sleep(3)
            first = kube.until("the Sentinels agree on a master", whole, 60)
            takes_events(first)
            since = time.monotonic()
            in_data("delete", "pod", first, "--grace-period=0", "--force", "--wait=false")
            second = kube.until("the Sentinels have chosen another", lambda: master() if master() not in ("", first) else None, 60, every=0.2)
            chosen = time.monotonic() - since
            takes_events(second)
            took = time.monotonic() - since
            kube.until("the one that was lost follows", lambda: whole(first), 90)
        lost = spoke(load.told)
        with world.load() as load:
            in_data("rollout", "restart", "statefulset/redis")
            in_data("rollout", "status", "statefulset/redis", "--timeout=300s")
            takes_events(kube.until("a master and two that follow it", whole, 90))
        rolled = spoke(load.told)
        if kube.restarts() != restarts or not kube.all_ready(2):
            raise Failed(f"the services were restarted, or are not ready: {kube.restarts() - restarts}")
    return f"{second} for {first} after {chosen:.0f} s, events in it after {took:.0f} s: {lost}; its three nodes rolled: {rolled}"
