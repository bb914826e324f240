"""Scenarios in which something is taken away or wrong: what stays, what recovers, and what the operator is told."""

import functools
import json
import re
import time

from . import kube, stand
from .kube import Failed, kubectl
from .world import NotRun, scenario, spoke

AWAY = 30


def taken_away(world, server):
    """Takes a server away for half a minute under load; the pods that were unready meanwhile, and the load."""
    unready = set()
    before = kube.restarts()
    with world.load() as load:
        time.sleep(5)
        kube.scale("statefulset", 0, server)
        try:
            kubectl("wait", f"pod/{server}-0", "--for=delete", "--timeout=60s")
            gone = time.monotonic()
            while time.monotonic() - gone < AWAY:
                unready |= {kube.component(pod) for pod in kube.pods() if not kube.ready(pod)}
                time.sleep(1)
        finally:
            kube.scale("statefulset", 1, server)
        kubectl("rollout", "status", f"statefulset/{server}", "--timeout=120s")
        back = time.monotonic()
        kube.settled()
        took = time.monotonic() - back
        time.sleep(15)
    if kube.restarts() != before:
        raise Failed(f"containers were restarted: {kube.restarts() - before}")
    return sorted(unready), took, load.told


@scenario("Postgres away for 30 s")
def postgres_away(world):
    unready, took, told = taken_away(world, "postgres")
    if len(unready) != 5:
        raise Failed(f"only {unready} said that they cannot serve")
    if told["failing_seconds"] > AWAY + 45:
        raise Failed(f"calls failed for {told['failing_seconds']:.0f} s")
    return f"all said NOT_SERVING, none restarted, ready {took:.0f} s after it was back; {spoke(told, may_fail=True)}"


@scenario("Redis away for 30 s")
def redis_away(world):
    unready, _, told = taken_away(world, "redis")
    if unready:
        raise Failed(f"{unready} became unready, though Redis is only a doorbell")
    since = time.monotonic()
    kube.until("every relay has Redis again", lambda: all(kube.gauge(kube.name(pod), "hotline_relay_redis_up") == 1 for pod in kube.pods()), 60, every=1)
    return f"every pod stayed ready; relays use it again {time.monotonic() - since:.0f} s later; {spoke(told)}"


# A volume with more room than this is not filled.
MOST_TO_FILL = 4 << 30


def filler(image):
    """Fills Postgres' volume to the last byte, beside it, and makes room again after a while."""
    script = "cat /dev/zero >/data/ballast; sync; sleep 20; rm -f /data/ballast"
    container = {
        "name": "filler", "image": image, "command": ["/bin/sh", "-c", script], "imagePullPolicy": "IfNotPresent",
        "securityContext": {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}},
        "resources": {"requests": {"cpu": "10m", "memory": "32Mi"}, "limits": {"memory": "128Mi"}},
        "volumeMounts": [{"name": "data", "mountPath": "/data"}],
    }
    beside = {"labelSelector": {"matchLabels": {"app.kubernetes.io/name": "postgres"}}, "topologyKey": "kubernetes.io/hostname"}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "filler"}, "spec": {
        "automountServiceAccountToken": False, "enableServiceLinks": False, "restartPolicy": "Never", "terminationGracePeriodSeconds": 1,
        "securityContext": {"runAsNonRoot": True, "runAsUser": 999, "runAsGroup": 999, "seccompProfile": {"type": "RuntimeDefault"}},
        "affinity": {"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [beside]}},
        "containers": [container],
        "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "data-postgres-0"}}]}}


@scenario("disk of Postgres full for 20 s")
def disk_full(world):
    free = int(kubectl("exec", "postgres-0", "--", "df", "--output=avail", "-B1", "/var/lib/postgresql/data").split()[-1])
    if free > MOST_TO_FILL:
        raise NotRun(f"the volume of Postgres has {free >> 30} GiB of room; none with more than {MOST_TO_FILL >> 30} GiB is filled")
    before = kube.restarts()
    with world.load() as load:
        time.sleep(3)
        kube.apply([filler(world.images["postgres"])])
        kube.until("the disk was full and has room again", lambda: kube.get("pod", "filler")["status"]["phase"] == "Succeeded", 120, every=1)
        kubectl("rollout", "status", "statefulset/postgres", "--timeout=180s")
        kube.settled()
        time.sleep(10)
    kubectl("delete", "pod", "filler")
    if kube.restarts() != before:
        raise Failed("services were restarted")
    if not load.told["failed"]:
        raise Failed("no call failed: the disk was not full")
    logs = kubectl("logs", "-l", "app.kubernetes.io/name=hotline", "--tail=-1", "--since=5m", check=False).stdout
    said = next((line for line in logs.splitlines() if "No space left on device" in line), None)
    if said is None:
        raise Failed("no service says that the disk is full")
    return f"\"…{said[-110:]}\"; no service was restarted; {spoke(load.told, may_fail=True)}"


@scenario("expired certificate")
def expired_certificate(world):
    """Somebody puts a certificate there that has ended: the last good pair is kept, and the file is named."""
    def failures():
        return [kube.counter(kube.name(pod), "hotline_tls_reload_failures_total") for pod in kube.pods("routing")]
    before = failures()
    with world.load() as load:
        time.sleep(2)
        world.stand.certificates(only=["routing"], expired=True)
        kube.until("every pod of routing has refused the certificate", lambda: all(now > was for now, was in zip(failures(), before)), 240, every=3)
        logs = kubectl("logs", "-l", "app.kubernetes.io/component=routing", "--tail=-1", "--since=5m")
        world.stand.certificates(only=["routing"])
        time.sleep(5)
    said = next((line for line in logs.splitlines() if "last good pair" in line), "")
    if "tls.certificate_file" not in said or "expired" not in said:
        raise Failed(f"the pods do not name the file: {said}")
    reason = json.loads(said)["reason"]
    return f"\"{reason}\"; {spoke(load.told)}"


@scenario("token of another issuer")
def stranger(_world):
    done = kubectl("exec", stand.CLIENT, "--", "/usr/bin/cluster-client", "check", "--config", "/etc/hotline/stranger.toml", "--ledgers", "/ledgers", check=False)
    if done.returncode == 0 or "Unauthenticated" not in done.stderr:
        raise Failed(f"the token was taken, or refused for something else: {done.stderr.strip()[-300:]}")
    logs = kubectl("logs", "-l", "app.kubernetes.io/component=intake", "--tail=-1", "--since=2m")
    said = next((line for line in logs.splitlines() if "auth.issuer" in line), None)
    if said is None:
        raise Failed("no pod says which setting refuses the token")
    return f"UNAUTHENTICATED; the pod says \"{json.loads(said)['reason']}\""


def refused(world, said_by, *settings, image=None, wait="60s"):
    """An upgrade that cannot succeed, under load: what the operator sees. The old pods stay and serve."""
    before = {kube.name(pod) for pod in kube.pods() if kube.ready(pod)}
    with world.load() as load:
        time.sleep(2)
        done = world.install(*settings, image=image, timeout=wait, check=False)
        if done.returncode == 0:
            raise Failed("the upgrade was taken as a success")
        said = said_by()
        still = {kube.name(pod) for pod in kube.pods() if kube.ready(pod)}
        time.sleep(2)
    if not before <= still:
        raise Failed(f"pods of the old version are gone: {before - still}")
    return said, spoke(load.told)


def mended(world):
    """Back to what was installed before, whatever became of the scenario."""
    world.install()
    kube.settled(2)


def then_mended(scenario_of):
    """The next scenario finds everything well."""
    @functools.wraps(scenario_of)
    def wrapped(world):
        try:
            return scenario_of(world)
        finally:
            mended(world)
    return wrapped


def job_says(service):
    """What the pod of a failed migration said."""
    found = kube.get("pods", "-l", "app.kubernetes.io/component=migration")["items"]
    for pod in found:
        if service in kube.name(pod):
            said = kubectl("logs", kube.name(pod), check=False).stdout.strip()
            if said:
                return said.splitlines()[-1]
    raise Failed(f"no pod of {service}'s migration is left to ask: {[kube.name(pod) for pod in found]}")


def broken_schema(world, words, harm, heal, meanwhile=lambda: None):
    stand.psql("hotline_routing", harm)
    try:
        said, load = refused(world, lambda: job_says("routing"), wait="5m")
        meanwhile()
    finally:
        stand.psql("hotline_routing", heal)
    for word in words:
        if word not in said:
            raise Failed(f"the migration does not say \"{word}\": {said}")
    return f"upgrade refused: \"{said}\"; the old version went on, {load}"


@scenario("half-migrated database")
@then_mended
def half_migrated(world):
    last = "(select max(version) from _sqlx_migrations)"
    return broken_schema(world, ["unfinished"], f"update _sqlx_migrations set success = false where version = {last}",
                         f"update _sqlx_migrations set success = true where version = {last}")


@scenario("database newer than the program")
@then_mended
def newer_schema(world):
    harm = ("insert into _sqlx_migrations (version, description, success, checksum, execution_time) "
            "values (29991231000000, 'of a later version', true, 'x', 0)")

    def another_pod():
        """In a roll-out a pod of the old program may have to start on the new schema."""
        gone = kube.name(kube.pods("routing")[0])
        kubectl("delete", "pod", gone, "--wait=false")
        kube.until("a pod of the program that is there starts on it",
                   lambda: kube.all_ready(2) and gone not in {kube.name(pod) for pod in kube.pods("routing")}, 90)
    said = broken_schema(world, ["newer"], harm, "delete from _sqlx_migrations where version = 29991231000000", another_pod)
    return f"{said}; a pod that starts again runs on it"


def newest_migration():
    """Description, checksum and version of routing's newest migration, and the statement that puts its row back."""
    row = stand.psql("hotline_routing", "select description, encode(checksum, 'hex'), version from _sqlx_migrations order by version desc limit 1")
    description, checksum, version = row.split("|")
    again = ("insert into _sqlx_migrations (version, description, success, checksum, execution_time) "
             f"values ({version}, '{description}', true, decode('{checksum}', 'hex'), 0) on conflict do nothing")
    return version, again


@scenario("database older than the program")
@then_mended
def older_schema(world):
    """Somebody upgraded without the migrations."""
    version, again = newest_migration()
    stand.psql("hotline_routing", f"delete from _sqlx_migrations where version = {version}")
    try:
        said, load = refused(world, new_pod_says, "--set", "migrations.enabled=false", "--set-string", "services.routing.podAnnotations.revision=older")
    finally:
        stand.psql("hotline_routing", again)
    if "hotline migrate" not in said:
        raise Failed(f"the pod does not say what to do: {said}")
    return f"\"{said[:200]}\"; the old version went on, {load}"


@scenario("migration that fails")
@then_mended
def failing_migration(world):
    harm = ("create function refuse() returns event_trigger language plpgsql as "
            "$$ begin raise exception 'disk quota exceeded'; end $$; "
            "create event trigger refuse on ddl_command_start execute function refuse()")
    version, again = newest_migration()
    stand.psql("hotline_routing", f"{harm}; delete from _sqlx_migrations where version = {version}")
    try:
        said, load = refused(world, lambda: job_says("routing"), wait="5m")
    finally:
        stand.psql("hotline_routing", f"drop event trigger refuse; drop function refuse(); {again}")
    if "disk quota exceeded" not in said:
        raise Failed(f"the migration does not say what Postgres refused: {said}")
    return f"upgrade refused: \"{said}\"; the old version went on, {load}"


def new_pod_says():
    """What a pod of the new version says of why it is not ready."""
    def look():
        for pod in kube.pods():
            if not kube.ready(pod):
                said = kube.message(pod)
                if said:
                    return said.splitlines()[-1]
        return None
    return kube.until("a pod says what is wrong", look, 60)


@scenario("image that does not exist")
@then_mended
def wrong_image(world):
    def said_by():
        # The migrations come first, so it is one of their pods.
        def look():
            said = [kube.waits_for(pod) for pod in kube.get("pods", "-l", "app.kubernetes.io/name=hotline")["items"]]
            return next((message for message in said if "that-is-not-there" in message), None)
        return kube.until("a pod names the image", look, 60)
    said, load = refused(world, said_by, image=f"{world.images['hotline']}-that-is-not-there")
    if "that-is-not-there" not in said:
        raise Failed(f"the pod does not name the image: {said}")
    return f"\"{said[:160]}\"; the old version went on, {load}"


@scenario("wrong password in a secret")
@then_mended
def wrong_password(world):
    url = "postgres://hotline_routing:wrong@postgres:5432/hotline_routing"
    kubectl("create", "secret", "generic", "wrong-database", f"--from-literal=url={url}")
    try:
        said, load = refused(world, new_pod_says, "--set", "services.routing.secrets.database.existingSecret=wrong-database")
    finally:
        kubectl("delete", "secret", "wrong-database", "--ignore-not-found")
    if "password" not in said or "wrong@" in said:
        raise Failed(f"the pod's message does not name the password, or shows it: {said}")
    return f"\"{said[:200]}\"; the old version went on, {load}"


@scenario("database that is not there")
@then_mended
def absent_database(world):
    url = "postgres://hotline_routing:wrong@nobody-made-this:5432/hotline_routing"
    kubectl("create", "secret", "generic", "wrong-database", f"--from-literal=url={url}")
    try:
        said, load = refused(world, new_pod_says, "--set", "services.routing.secrets.database.existingSecret=wrong-database")
    finally:
        kubectl("delete", "secret", "wrong-database", "--ignore-not-found")
    if "nobody-made-this" not in said or "wrong@" in said:
        raise Failed(f"the pod's message does not name the address, or shows the password: {said}")
    return f"\"{said[:200]}\"; the old version went on, {load}"


@scenario("secret that does not exist")
@then_mended
def missing_secret(world):
    def said_by():
        def look():
            events = kube.get("events", "--field-selector=reason=FailedMount")["items"]
            return next((event["message"] for event in events if "nobody-made-this" in event["message"]), None)
        return kube.until("the kubelet names the secret", look, 120)
    said, load = refused(world, said_by, "--set", "services.routing.secrets.sealing.existingSecret=nobody-made-this", wait="45s")
    return f"\"{said[:160]}\"; the old version went on, {load}"


@scenario("restricted namespace, admission policies")
def admission(world):
    # A site chooses these two; here they are for as long as they are looked at.
    here = {name.rpartition("/")[2] for name in stand.shared()}
    chosen = [f"--filename=k8s/components/{policy}/policy.yaml" for policy in ("replicas", "spread") if f"hotline-{policy}" not in here]
    try:
        if chosen:
            kube.run("kubectl", "apply", *chosen)
        done = kube.run("k8s/verify", "policies", check=False, timeout=900)
    finally:
        if chosen:
            kube.run("kubectl", "delete", "--ignore-not-found", *chosen, check=False)
    last = (done.stdout.strip().splitlines() or [done.stderr.strip()])[-1]
    if done.returncode != 0:
        failed = [line for line in done.stdout.splitlines() if line.startswith("FAIL")]
        raise Failed(f"{last}; {failed[:3]}")
    if "refuses a privileged pod" not in done.stdout:
        raise Failed("no privileged pod was tried")
    if not re.search(r"\b0 not run", last):
        world.left.append(("policies that are not applied", last))
    return f"k8s/verify policies: {last}"


@scenario("objects of k8s, as the API server takes them")
def objects(world):
    """Overlays, examples, what this cluster cannot run: by a strict dry run on the server, once the release is gone.

    What is rendered has the names of what Helm makes, and would be held against that.
    """
    # The stand's own servers have the names of those of k8s/development, with other images and volumes.
    kubectl("delete", "statefulsets", "--all", "--timeout=60s")
    done = kube.run("k8s/verify", "objects", check=False, timeout=900)
    last = (done.stdout.strip().splitlines() or [done.stderr.strip()])[-1]
    if done.returncode != 0:
        failed = [line for line in done.stdout.splitlines() if line.startswith("FAIL")]
        raise Failed(f"{last}; {failed[:3]}")
    unknown = sorted(set(re.findall(r'no matches for kind "(\w+)"', done.stdout)))
    if unknown:
        world.left.append(("objects of APIs that are not here", f"{last}: this cluster has no {', '.join(unknown)}"))
    return f"k8s/verify objects: {last}"


# Which service calls which, as ARCHITECTURE.md has it.
CALLS = {
    "intake": {"routing"},
    "routing": {"intake", "supervision", "callback"},
    "supervision": {"routing"},
    "callback": {"routing"},
    "analytics": {"intake", "routing", "supervision", "callback"},
}


def reached(pod, targets):
    """Which of the targets a pod can connect to."""
    pairs = [f"{target}={address}" for target, address in targets.items()]
    return json.loads(kubectl("exec", pod, "--", "/usr/bin/cluster-client", "reach", *pairs))


def probe(image, pod, service):
    """A pod that the policies take for one of a service."""
    labels = {"app.kubernetes.io/name": "hotline", "app.kubernetes.io/instance": kube.RELEASE, "app.kubernetes.io/component": service}
    container = {
        "name": "probe", "image": image, "args": ["wait"], "imagePullPolicy": "IfNotPresent",
        "securityContext": {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}},
        "resources": {"requests": {"cpu": "10m", "memory": "32Mi"}, "limits": {"memory": "64Mi"}},
        # Never ready for callers: it carries a service's labels, and is none.
        "readinessProbe": {"tcpSocket": {"port": 1}},
    }
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": pod, "labels": labels}, "spec": {
        "automountServiceAccountToken": False, "enableServiceLinks": False, "terminationGracePeriodSeconds": 1,
        "securityContext": {"runAsNonRoot": True, "runAsUser": 10001, "runAsGroup": 10001, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [container]}}


@scenario("NetworkPolicy matrix")
def network(world):
    """Real connections from a pod with each service's labels; first whether anything is enforced at all."""
    targets = {service: f"hotline-{service}:50051" for service in kube.SERVICES} | {"postgres": "postgres:5432", "redis": "redis:6379"}
    if "postgres" in reached(stand.CLIENT, targets):
        accepted = [kube.name(policy) for policy in kube.get("networkpolicies")["items"]]
        kube.run("kubectl", "apply", "--dry-run=server", "--validate=strict", "-k", "k8s/base")
        raise NotRun(f"this cluster enforces no NetworkPolicy: the caller, who may not, reached Postgres. "
                     f"{len(accepted)} policies were accepted by the API server; `make test` evaluates their matrix")
    wrong = []
    for service in kube.SERVICES:
        pod = f"probe-{service}"
        kube.apply([probe(world.images["client"], pod, service)])
        kubectl("wait", f"pod/{pod}", "--for=jsonpath={.status.phase}=Running", "--timeout=60s")
        found = reached(pod, {target: address for target, address in targets.items() if target != service})
        wrong += [f"{service} → {target}" for target in set(found) ^ {*CALLS[service], "postgres", "redis"}]
        kubectl("delete", "pod", pod, "--wait=false")
    if wrong:
        raise Failed(f"not as the chart says: {', '.join(wrong)}")
    return f"{len(kube.SERVICES) * (len(targets) - 1)} edges, allowed and denied, as the chart says"


@scenario("doctor finds nothing")
def doctor(world):
    world.install("--set", "doctor.enabled=true")
    kubectl("create", "job", "doctor-now", "--from=cronjob/hotline-doctor")
    try:
        kube.until("the doctor has looked", lambda: kube.get("job", "doctor-now")["status"].get("conditions"), 300, every=2)
        log = kubectl("logs", "job/doctor-now", check=False).stdout.strip()
        if not kube.get("job", "doctor-now")["status"].get("succeeded"):
            raise Failed(f"the doctor found something: {log[-800:]}")
    finally:
        kubectl("delete", "job", "doctor-now", "--ignore-not-found")
    world.install()
    return log.splitlines()[-1]


@scenario("uninstall leaves nothing", short=True)
def uninstall(_world):
    kube.helm("uninstall", kube.RELEASE, "--wait", "--timeout", "3m")
    kinds = kube.run("kubectl", "api-resources", "--namespaced", "--verbs=list", "-o", "name").split()
    kinds = [kind for kind in kinds if not kind.startswith(("events", "pods.metrics"))]

    def left():
        found = kube.get(",".join(kinds), "-l", "app.kubernetes.io/instance=hotline")["items"]
        return [f"{thing['kind']}/{kube.name(thing)}" for thing in found]
    kube.until("nothing of the release is left", lambda: not left(), 90, every=2)
    releases = kube.get("secrets", "-l", "owner=helm")["items"]
    if releases:
        raise Failed(f"Helm's own records stay: {[kube.name(secret) for secret in releases]}")
    return f"no object of the release among {len(kinds)} kinds; secrets, databases and the namespace are the site's and stay"
