"""One service's database is lost and comes back from a backup alone, as docs/restore.md says."""

import time

from . import kube
from .kube import Failed, kubectl
from .world import scenario, spoke

DUMP = "/var/lib/postgresql/data/routing.dump"


def in_postgres(*command):
    return kubectl("exec", "postgres-0", "--", *command)


def realign_job():
    """The deployment's own pod, with another command."""
    template = kube.get("deployment", "hotline-routing")["spec"]["template"]
    container = template["spec"]["containers"][0]
    container["args"] = ["events", "realign", *container["args"][1:]]
    # The settings name the peers that routing calls; analytics only reads it.
    container["env"] = [*container.get("env", []), {"name": "ROUTING_PEERS__ANALYTICS", "value": "https://hotline-analytics:50051"}]
    for key in ("livenessProbe", "startupProbe", "lifecycle", "ports"):
        container.pop(key, None)
    # It has routing's labels, and so its network policies; nobody shall call it.
    container["readinessProbe"] = {"tcpSocket": {"port": 1}}
    template["spec"]["restartPolicy"] = "OnFailure"
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "hotline-routing-realign"},
            "spec": {"backoffLimit": 3, "template": {"metadata": {"labels": template["metadata"]["labels"]}, "spec": template["spec"]}}}


def orders():
    return int(in_postgres("psql", "-U", "postgres", "-d", "hotline_routing", "-Atc", "select count(*) from orders").strip())


@scenario("one database restored alone")
def restored(world):
    in_postgres("pg_dump", "-U", "postgres", "--format=custom", f"--file={DUMP}", "hotline_routing")
    backed_up = orders()
    with world.load() as load:
        time.sleep(20)
    said = spoke(load.told)
    # A second or two and the others have read it; what nobody had read would be lost.
    time.sleep(5)
    before = orders()
    kube.scale("deployment", 0, "hotline-routing")
    kubectl("wait", "pod", "-l", "app.kubernetes.io/component=routing", "--for=delete", "--timeout=90s")
    in_postgres("psql", "-U", "postgres", "-c", "drop database hotline_routing with (force)")
    in_postgres("pg_restore", "-U", "postgres", "--create", "--dbname=postgres", DUMP)
    in_postgres("rm", DUMP)
    if orders() != backed_up:
        raise Failed("the backup was not restored")
    since = time.monotonic()
    kube.apply([realign_job()])
    kube.until("realigned", lambda: kube.get("job", "hotline-routing-realign")["status"].get("conditions"), 240, every=1)
    took = time.monotonic() - since
    log = kubectl("logs", "job/hotline-routing-realign", check=False).stdout.strip()
    if not kube.get("job", "hotline-routing-realign")["status"].get("succeeded"):
        raise Failed(f"not realigned: {log[-800:]}")
    kubectl("delete", "job", "hotline-routing-realign")
    kube.scale("deployment", 2, "hotline-routing")
    kube.settled(2)
    kube.until("all orders are there again", lambda: orders() >= before, 60, every=1)
    if orders() != before:
        raise Failed(f"{orders()} orders, {before} before")
    with world.load() as load:
        time.sleep(10)
    return f"{before - backed_up} orders lost and re-created in {took:.0f} s: \"{log.splitlines()[-1]}\"; before {said}; after {spoke(load.told)}"
