"""One service's database is lost and comes back from a backup alone, as docs/restore.md says; one moves to another server,
as docs/operate.md says."""

import copy
import pathlib
import re
import tempfile
import time

from . import kube, stand
from .kube import Failed, kubectl, run
from .page import blocks
from .world import scenario, spoke

DUMP = "/var/lib/postgresql/data/routing.dump"


def in_postgres(*command):
    return kubectl("exec", "postgres-0", "--", *command)


def followed(folder):
    """The steps of the page's section on Kubernetes: each call runs the next block, word by word; gives what it printed."""
    steps = iter(blocks(pathlib.Path("docs/restore.md"), "In Kubernetes"))
    # The page has the namespace set for good; that would change what is not ours.
    begin = (f'set -euo pipefail; cd {folder}; kubectl() {{ command kubectl --namespace {kube.NAMESPACE} "$@"; }}; '
             f'helm() {{ command {kube.HELM} "$@"; }}\n')
    return lambda: run("bash", "-c", begin + next(steps), timeout=900)


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
    before, former = orders(), epoch("postgres", "routing")
    if before <= backed_up:
        raise Failed("no order came after the backup: nothing would be lost")
    with tempfile.TemporaryDirectory() as folder:
        step = followed(folder)
        step()
        in_postgres("psql", "-U", "postgres", "-c", "drop database hotline_routing with (force)")
        in_postgres("pg_restore", "-U", "postgres", "--create", "--dbname=postgres", DUMP)
        in_postgres("rm", DUMP)
        if orders() != backed_up:
            raise Failed("the backup was not restored")
        migrated, let_in, job = step(), step(), step()
        if migrated.count("job.batch/") < 5 or "realign-in" not in let_in or job:
            raise Failed(f"the page's steps do something else: {migrated} {let_in} {job}")
        since = time.monotonic()
        log = step()
        took = time.monotonic() - since
        started = step()
    if "scaled" not in started:
        raise Failed(f"not started: {started}")
    kube.settled(2)
    kube.until("all orders are there again", lambda: orders() >= before, 60, every=1)
    if orders() != before:
        raise Failed(f"{orders()} orders, {before} before")
    if epoch("postgres", "routing") == former:
        raise Failed("the log has its former epoch: readers would take new events for old ones")
    if not re.search(r"^routing: realigned", log, flags=re.MULTILINE) or re.search(r"^person\b", log, flags=re.MULTILINE):
        raise Failed(f"not all of it came back by itself: {log[-500:]}")
    with world.load() as load:
        time.sleep(10)
    return f"{before - backed_up} orders lost and re-created in {took:.0f} s: \"{log.strip().splitlines()[-1]}\"; before {said}; after {spoke(load.told)}"


MOVED = "postgres-moved"
# What the load calls of callback.
OF_CALLBACK = ("ListTasks", "LeaseTasks", "ReportAttempt", "RecordOutcome")


def another_server():
    """A second Postgres like the first, with nothing in it but roles; it ends with the scenario, so its disk may too."""
    server = kube.get("statefulset", "postgres")
    policy, service = kube.get("networkpolicy", "postgres"), kube.get("service", "postgres")
    labels = {"app.kubernetes.io/name": MOVED}
    spec = copy.deepcopy(server["spec"])
    spec |= {"serviceName": MOVED, "selector": {"matchLabels": labels}}
    spec.pop("volumeClaimTemplates")
    spec["template"]["metadata"]["labels"] = labels
    pod = spec["template"]["spec"]
    pod["volumes"].append({"name": "data", "emptyDir": {"sizeLimit": "2Gi"}})
    pod["containers"][0]["resources"]["limits"]["ephemeral-storage"] = "2Gi"

    def named(thing, spec):
        return {"apiVersion": thing["apiVersion"], "kind": thing["kind"], "metadata": {"name": MOVED, "labels": labels}, "spec": spec}
    kube.apply([
        named(service, {"selector": labels, "ports": service["spec"]["ports"]}),
        named(server, spec),
        named(policy, {**policy["spec"], "podSelector": {"matchLabels": labels}}),
    ])
    kubectl("rollout", "status", f"statefulset/{MOVED}", "--timeout=180s")


def epoch(server, service):
    sql = "select epoch from log_meta"
    return kubectl("exec", f"{server}-0", "--", "psql", "-U", "postgres", "-d", f"hotline_{service}", "-Atc", sql).strip()


def move(service, source, target):
    """Steps 2 to 4 of the page; seconds for which the service was away."""
    before = epoch(source, service)
    since = time.monotonic()
    kube.scale("deployment", 0, f"hotline-{service}")
    kubectl("wait", "pod", "-l", f"app.kubernetes.io/component={service}", "--for=delete", "--timeout=90s")
    database = f"hotline_{service}"
    at = f"kubectl -n {kube.NAMESPACE} exec -i"
    run("bash", "-c", f"set -euo pipefail; {at} {target}-0 -- psql -U postgres -qc 'drop database if exists {database} with (force)'; "
        f"{at} {source}-0 -- pg_dump -U postgres --format=custom {database} | "
        f"{at} {target}-0 -- pg_restore -U postgres --create --exit-on-error --dbname=postgres")
    for role in ("", "-owner", "-readonly"):
        secret = f"{database.replace('_', '-')}-database{role}"
        url = stand.stored(secret, "url").replace(f"@{source}:", f"@{target}:")
        if f"@{target}:" not in url:
            raise Failed(f"{secret} does not name {source}")
        stand.store(secret, {"url": url})
    # Nobody works on with what was left behind.
    kubectl("exec", f"{source}-0", "--", "psql", "-U", "postgres", "-qc", f"drop database {database} with (force)")
    kube.scale("deployment", 2, f"hotline-{service}")
    kube.settled(2)
    took = time.monotonic() - since
    if epoch(target, service) != before:
        raise Failed("the log has another epoch: its readers would stop")
    return took


@scenario("one database moved")
def moved(world):
    """callback's database goes to another server and comes back, while the other four go on."""
    place = ('[{"podSelector": {"matchExpressions": [{"key": "app.kubernetes.io/name", "operator": "In", '
             f'"values": ["postgres", "{MOVED}"]}}]}}}}]')
    world.install("--set-json", f"networkPolicy.postgres.to={place}")
    kube.settled(2)
    another_server()
    try:
        with world.load() as load:
            time.sleep(3)
            away = move("callback", "postgres", MOVED)
            time.sleep(5)
        said = spoke(load.told, may_fail=True)
        others = [kind for kind in load.told["failures"] if not kind.startswith(OF_CALLBACK)]
        if others:
            raise Failed(f"calls to other services failed: {said}")
        with world.load() as load:
            time.sleep(10)
        calm = spoke(load.told)
    finally:
        if stand.psql("postgres", "select count(*) from pg_database where datname = 'hotline_callback'") == "0":
            move("callback", MOVED, "postgres")
        for kind in ("statefulset", "service", "networkpolicy"):
            kubectl("delete", kind, MOVED)
        world.install()
        kube.settled(2)
    return f"away for {away:.0f} s, same epoch; meanwhile {said}; on the other server {calm}; and back"
