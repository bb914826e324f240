"""All five databases go back to one instant, as docs/restore.md says; one moves to another server, as docs/operate.md says."""

import copy
import pathlib
import tempfile
import time

from . import faults, kube, stand
from .kube import Failed, kubectl, run
from .page import blocks
from .world import scenario, spoke

DUMPS = "/var/lib/postgresql/data/dumps"


def in_postgres(*command):
    return kubectl("exec", "postgres-0", "--", *command)


def steps(folder):
    """The shell blocks of the page's section on all five, word by word, as functions that give what was printed."""
    # The page has the namespace set for good; that would change what is not ours.
    begin = (f'set -euo pipefail; cd {folder}; kubectl() {{ command kubectl --namespace {kube.NAMESPACE} "$@"; }}; '
             f'helm() {{ command {kube.HELM} "$@"; }}\n')
    page = blocks(pathlib.Path("docs/restore.md"), "All five to one instant")
    return [lambda block=block: run("bash", "-c", begin + block, timeout=900) for block in page]


def orders():
    return int(in_postgres("psql", "-U", "postgres", "-d", "hotline_routing", "-Atc", "select count(*) from orders").strip())


def dump():
    """The five databases of the stopped services: one instant."""
    in_postgres("mkdir", "-p", DUMPS)
    for service in kube.SERVICES:
        in_postgres("pg_dump", "-U", "postgres", "--format=custom", f"--file={DUMPS}/{service}", f"hotline_{service}")


def undump():
    for service in kube.SERVICES:
        in_postgres("psql", "-U", "postgres", "-qc", f"drop database hotline_{service} with (force)")
        in_postgres("pg_restore", "-U", "postgres", "--create", "--exit-on-error", "--dbname=postgres", f"{DUMPS}/{service}")
    in_postgres("rm", "-r", DUMPS)


@scenario("all five restored to one instant")
def restored(world):
    with tempfile.TemporaryDirectory() as folder:
        stop, migrate, draw, wait, start = steps(folder)
        stop()
        dump()
        backed_up = orders()
        start()
        kube.settled(2)
        # Not by the load: what it was acknowledged is looked for at the end of the run.
        kube.helm("test", kube.RELEASE, "--timeout", "3m")
        if orders() <= backed_up:
            raise Failed("no order came after the backup: nothing would be undone")
        former = {service: epoch("postgres", service) for service in kube.SERVICES}
        since = time.monotonic()
        stop()
        undump()
        if orders() != backed_up:
            raise Failed("the backup was not restored")
        migrated, drawn, log = migrate(), draw(), wait()
        if migrated.count("job.batch/") < 5 or drawn.count("job.batch/") < 5 or log.count(": start it") != 5:
            raise Failed(f"the page's steps do something else: {migrated} {drawn} {log}")
        same = [service for service in kube.SERVICES if epoch("postgres", service) == former[service]]
        if same:
            raise Failed(f"{same} have their former epochs: readers would take new events for old ones")
        start()
        kube.settled(2)
        took = time.monotonic() - since
    with world.load() as load:
        time.sleep(10)
    said = spoke(load.told)
    return f"away for {took:.0f} s, five new epochs, Redis as it was; afterwards {said}; doctor: {faults.doctor(world)}"


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
