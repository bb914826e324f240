"""Scenarios in which pods come and go, and no call fails."""

import contextlib
import json
import re
import secrets
import threading
import time

from . import kube, operator, stand
from .kube import Failed, kubectl, run
from .world import NotRun, scenario, spoke

# Promised, in seconds: how long an upgrade takes at most, and within what a killed pod's successor serves.
LONGEST_ROLLOUT = 90
LONGEST_RETURN = 5


def arrived():
    """Appeals that intake has, and orders that routing has."""
    return [int(stand.psql(f"hotline_{service}", f"select count(*) from {table}")) for service, table in (("intake", "appeal"), ("routing", "orders"))]


@scenario("install, ready, helm test", short=True)
def install(world):
    since = time.monotonic()
    world.install()
    kube.settled(2)
    took = time.monotonic() - since
    # As a site does it.
    loaded = run("env", f"HELM={kube.HELM}", f"RELEASE={kube.RELEASE}", f"NAMESPACE={kube.NAMESPACE}",
                 "k8s/load", "services/replay/scenarios/city.toml")
    if "loaded " not in loaded:
        raise Failed(f"k8s/load: {loaded.strip()[-300:]}")
    world.stand.client()
    before = arrived()
    log = kube.helm("test", kube.RELEASE, "--timeout", "3m")
    if not re.search(r"hotline-smoke\n(.*\n){1,3}Phase:\s+Succeeded", log):
        raise Failed(f"helm test did not run its pod: {log[-600:]}")
    appeals, orders = (now - then for now, then in zip(arrived(), before))
    if (appeals, orders) != (1, 1):
        raise Failed(f"helm test made {appeals} appeals and {orders} orders, not one of each: {log[-600:]}")
    image = kube.pods()[0]["status"]["containerStatuses"][0]["imageID"]
    return f"ready after {took:.0f} s; helm test followed an order through the services; image {image}"


@scenario("same values restart nothing")
def same_values(world):
    def standing():
        return sorted(pod["metadata"]["uid"] for pod in kube.pods())
    before, restarts = standing(), kube.restarts()
    world.install()
    time.sleep(3)
    if standing() != before or kube.restarts() != restarts:
        raise Failed("pods were replaced")
    return f"{len(before)} pods stayed"


def rolled(world, change):
    """Seconds that a roll-out took under load, in which every pod was replaced."""
    before = {kube.name(pod) for pod in kube.pods()}
    with world.load() as load:
        time.sleep(5)
        since = time.monotonic()
        change()
        kube.settled()
        took = time.monotonic() - since
        time.sleep(3)
    said = spoke(load.told)
    stayed = before & {kube.name(pod) for pod in kube.pods()}
    if stayed:
        raise Failed(f"nothing was rolled: {sorted(stayed)} stayed; {said}")
    if took > LONGEST_ROLLOUT:
        raise Failed(f"took {took:.0f} s, more than {LONGEST_ROLLOUT} s; {said}")
    return f"{took:.0f} s; {said}"


@scenario("rolling upgrade under load", short=True)
def upgrade(world):
    if world.images["next"]:
        return rolled(world, lambda: world.install(image=world.images["next"]))
    world.left.append(("upgrade from one program to another", "no HOTLINE_NEXT_IMAGE: the same image went into new pods"))
    return rolled(world, lambda: world.install("--set-string", "default.podAnnotations.revision=next"))


@scenario("rollback under load")
def rollback(world):
    said = rolled(world, lambda: kube.helm("rollback", kube.RELEASE, "--wait", "--timeout", "5m"))
    if not world.images["next"]:
        return said
    # Its migrations stay: what comes after installs the newer one, for the older one's jobs would stop at them.
    world.images["hotline"] = world.images["next"]
    world.install()
    kube.settled()
    return f"{said}; then forward again"


NODES = "hotline-test-nodes"

# Ends the processes of one container as the kernel does when memory is gone: none of them hears of it.
KILL = ('for process in /proc/[0-9]*; do read -r group <"$process/cgroup" && '
        'case $group in *"$0"*) kill -9 "${process#/proc/}" ;; esac; done 2>/dev/null; true')


@contextlib.contextmanager
def killers(world):
    """On each node that carries a pod of ours somebody who sees its processes, in a namespace that may have that."""
    labels = {"pod-security.kubernetes.io/enforce": "privileged"}
    kube.apply([{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NODES, "labels": labels}}])
    nodes = sorted({pod["spec"]["nodeName"] for pod in kube.pods()})
    at = {node: f"killer-{number}" for number, node in enumerate(nodes)}
    try:
        for node, name in at.items():
            container = {"name": "killer", "image": world.images["postgres"], "imagePullPolicy": "IfNotPresent",
                         "command": ["/bin/sh", "-c", "sleep 600"], "securityContext": {"runAsUser": 0}}
            pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": NODES}, "spec": {
                "nodeName": node, "hostPID": True, "terminationGracePeriodSeconds": 0, "automountServiceAccountToken": False,
                "containers": [container]}}
            run("kubectl", "apply", "-f", "-", text=json.dumps(pod))
        for name in at.values():
            run("kubectl", "-n", NODES, "wait", f"pod/{name}", "--for=condition=Ready", "--timeout=60s")

        def kill(pod):
            container = pod["status"]["containerStatuses"][0]["containerID"].split("//")[1]
            run("kubectl", "-n", NODES, "exec", at[pod["spec"]["nodeName"]], "--", "/bin/sh", "-c", KILL, container)
        yield kill
    finally:
        run("kubectl", "delete", "namespace", NODES, "--timeout=60s", check=False)


def one_by_one(world, end):
    """Ends a pod of each service under load; `end` gives what its return looks like. How long the slowest took."""
    slowest = (0, "")
    with world.load() as load:
        time.sleep(5)
        for service in kube.SERVICES:
            since = time.monotonic()
            is_back = end(service)
            kube.until(f"{service} has its pods again", is_back, 60, every=0.1)
            slowest = max(slowest, (time.monotonic() - since, service))
            time.sleep(2)
    said = f"SERVING again after at most {slowest[0]:.1f} s ({slowest[1]}); {spoke(load.told)}"
    if slowest[0] > LONGEST_RETURN:
        raise Failed(f"more than {LONGEST_RETURN} s: {said}")
    return said


@scenario("processes killed (-9) under load")
def shot(world):
    with killers(world) as kill:
        def end(service):
            pod = kube.pods(service)[0]
            before = kube.restarts([pod])
            kill(pod)

            def again():
                found = kube.get("pod", kube.name(pod))
                return kube.restarts([found]) == before + 1 and kube.ready(found)
            return again
        return one_by_one(world, end)


@scenario("pods deleted by force under load")
def deleted(world):
    def end(service):
        before = [kube.name(pod) for pod in kube.pods(service)]
        kubectl("delete", "pod", before[0], "--grace-period=0", "--force", "--wait=false")
        return lambda: sum(kube.ready(pod) for pod in kube.pods(service) if kube.name(pod) != before[0]) == len(before)
    return one_by_one(world, end)


@scenario("scale 1, 3, 1 under load")
def scaling(world):
    with world.load() as load:
        for count in (1, 3, 1, 2):
            time.sleep(4)
            kube.scale("deployment", count, *kube.deployments())
            kube.settled(count)
    return spoke(load.told)


@scenario("eviction keeps the budget, under load")
def eviction(world):
    def evict(pod):
        body = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": pod, "namespace": kube.NAMESPACE}}
        path = f"/api/v1/namespaces/{kube.NAMESPACE}/pods/{pod}/eviction"
        return kubectl("create", "--raw", path, "-f", "-", text=json.dumps(body), check=False)

    refused = 0
    with world.load() as load:
        time.sleep(3)
        for service in kube.SERVICES:
            first, second = (kube.name(pod) for pod in kube.pods(service))
            if evict(first).returncode != 0:
                raise Failed(f"{service}: the first eviction was refused")
            answer = evict(second)
            if answer.returncode == 0:
                raise Failed(f"{service}: both pods were evicted at once")
            if "disruption budget" not in answer.stderr:
                raise Failed(f"{service}: {answer.stderr.strip()}")
            refused += 1
            kube.until(f"{service} has two pods again", lambda service=service: kube.all_ready() or None, 120)
    kube.settled(2)
    return f"a second eviction was refused {refused} times; {spoke(load.told)}"


def taken(change):
    """Seconds until every pod shows the certificate that `change` put into its Secret."""
    def expiries():
        return {kube.name(pod): kube.gauge(kube.name(pod), "hotline_tls_certificate_expiry_timestamp_seconds") for pod in kube.pods()}
    before, restarts, since = expiries(), kube.restarts(), time.monotonic()
    change()
    # The kubelet brings changed Secrets within a minute or two; the program looks every ten seconds.
    kube.until("every pod shows its new certificate", lambda: all(later > before[pod] for pod, later in expiries().items()), 240, every=3)
    took = time.monotonic() - since
    if set(expiries()) != set(before) or kube.restarts() != restarts:
        raise Failed("pods were restarted")
    return took


def handshakes(world):
    """Connections of before last ten minutes and show nothing of what was rotated: a new caller, and routing, which calls all others
    and is called by them, shake hands anew."""
    with world.load() as load:
        time.sleep(3)
        restarted("routing")
        time.sleep(3)
    return f"with new connections {spoke(load.told)}"


@scenario("connections ended for their age, under load")
def aged(world):
    """By default a connection lives for ten minutes; with ten seconds more of them end in a minute than else in an hour."""
    world.install("--set", "default.config.server.max_connection_age_seconds=10")
    kube.settled(2)
    with world.load() as load:
        time.sleep(60)
    world.install()
    kube.settled(2)
    return f"connections of 9 to 11 s: {spoke(load.told)}"


@scenario("certificates rotated under load")
def rotation(world):
    with world.load() as load:
        time.sleep(3)
        took = taken(world.stand.certificates)
        time.sleep(5)
    return f"all pods show new ones after {took:.0f} s, none restarted; {spoke(load.told)}; {handshakes(world)}"


# An operator's certificate that the authority of before signed.
FORMER = "former-certificate"


@scenario("authority rotated under load")
def authority(world):
    """As docs/operate.md has it: both are trusted, certificates of the new one, the old one is trusted no longer."""
    # The caller's pod is brought its own within the same time as the others, and looks as often.
    callers = 30
    old, new = world.stand.next_authority()
    with world.load() as load:
        steps = [taken(lambda: world.stand.certificates(trusted=old + new))]
        time.sleep(callers)
        world.stand.take_next_authority()
        steps.append(taken(lambda: world.stand.certificates(trusted=old + new)))
        time.sleep(callers)
        world.stand.former_certificate(FORMER)
        trusted, said = operator.ran(["events", "parked"], certificate=FORMER)
        if not trusted:
            raise Failed(f"while both are trusted, a certificate of the old one is refused: {said.strip()[-300:]}")
        steps.append(taken(world.stand.certificates))
        time.sleep(callers)
    trusted, said = operator.ran(["events", "parked"], certificate=FORMER)
    kubectl("delete", "secret", FORMER)
    logs = kubectl("logs", "-l", "app.kubernetes.io/name=hotline", "--tail=-1", "--since=2m")
    if trusted or "a peer introduced itself wrongly" not in logs:
        raise Failed(f"a certificate of the old one is not refused at the end: {said.strip()[-300:]}")
    return (f"in three steps of {', '.join(f'{step:.0f}' for step in steps)} s, none restarted, and the old one's certificates are refused; "
            f"{spoke(load.told)}; {handshakes(world)}")


def signing_pair():
    """Private and public PEM of a new Ed25519 key."""
    private = run("openssl", "genpkey", "-algorithm", "ed25519")
    return private, run("openssl", "pkey", "-pubout", text=private)


def restarted(*services):
    """As `kubectl rollout restart` does it, pod by pod."""
    kubectl("rollout", "restart", *[f"deployment/hotline-{service}" for service in services])
    kube.settled()


@scenario("keys and passwords rotated under load")
def keys(world):
    """The services' own key in three roll-outs, and the password of a database role, as docs/operate.md has it."""
    kept = stand.stored("hotline-service-key", "public.pem")
    private, public = signing_pair()
    password = secrets.token_hex(24)
    url = stand.stored("hotline-routing-database", "url")
    with world.load() as load:
        time.sleep(3)
        since = time.monotonic()
        for change in ({"public.pem": kept + public}, {"private.pem": private}, {"public.pem": public}):
            stand.store("hotline-service-key", change)
            restarted(*kube.SERVICES)
        took = time.monotonic() - since
    said = spoke(load.told)
    with world.load() as load:
        time.sleep(3)
        stand.psql("postgres", f"alter role hotline_routing password '{password}'")
        stand.store("hotline-routing-database", {"url": re.sub(r"(//hotline_routing:)[^@]*@", rf"\g<1>{password}@", url)})
        restarted("routing")
        time.sleep(5)
    return f"the services' key in {took:.0f} s: {said}; a database password: {spoke(load.told)}; {redis_password(world)}"


def redis_password(world):
    """Redis knows both passwords, then services the new one, then Redis that alone. It has no administrator: it is restarted."""
    users, new = stand.stored("hotline-redis-users", "users.acl"), secrets.token_hex(24)
    old = re.search(r"^user hotline on >(\S+)", users, flags=re.MULTILINE).group(1)
    with world.load() as load:
        time.sleep(3)
        for passwords in (f">{old} >{new}", f">{new}"):
            stand.store("hotline-redis-users", {"users.acl": users.replace(f">{old}", passwords), "password": new})
            kubectl("rollout", "restart", "statefulset/redis")
            kubectl("rollout", "status", "statefulset/redis", "--timeout=120s")
            if passwords == f">{new}":
                break
            stand.store("hotline-redis", {"url": stand.stored("hotline-redis", "url").replace(old, new)})
            restarted(*kube.SERVICES)
        kube.until("every relay has Redis again", lambda: all(kube.gauge(kube.name(pod), "hotline_relay_redis_up") == 1 for pod in kube.pods()), 60, every=1)
    return f"Redis' password: {spoke(load.told)}"


# Calls per second of a quiet hour.
QUIET = 10
# Percent of a pod's request that it never uses.
TOO_MUCH = 1000


def hpa(service, **settings):
    """What Helm is told for an HPA."""
    return [part for key, value in settings.items() for part in ("--set", f"services.{service}.hpa.{key}={value}")]


def scaled(world, target):
    world.install(*hpa("intake", enabled="true", minReplicas=2, maxReplicas=3, scaleDownWindowSeconds=15, cpuUtilization=target))


def ready_replicas():
    return kube.get("deployment", "hotline-intake")["status"].get("readyReplicas", 0)


def used():
    """The least and the most, in percent of its request, that the HPA sees a pod of intake use under the load that has just begun."""
    # It looks back by a minute.
    time.sleep(60)
    seen = []
    for _ in range(10):
        metrics = kube.get("hpa", "hotline-intake")["status"].get("currentMetrics") or []
        seen += [metric["resource"]["current"]["averageUtilization"] for metric in metrics if metric["resource"].get("current")]
        time.sleep(3)
    if not seen:
        raise Failed("the HPA sees no metric of intake")
    return min(seen), max(seen)


@scenario("HPA up and down under load")
def autoscaling(world):
    """What a pod uses at rest and under load is the machine's: the HPA's target is put between what it sees of the two."""
    needs_metrics()
    before = {kube.name(pod) for pod in kube.pods()}
    with world.load(QUIET) as quiet:
        scaled(world, TOO_MUCH)
        gone = before - {kube.name(pod) for pod in kube.pods()}
        if gone:
            raise Failed(f"turning the HPA on took pods away: {sorted(gone)}")
        _, at_rest = used()
    with world.load() as load:
        busy, _ = used()
        # Two are enough at rest, for the HPA with a tenth to spare, and under load they are not.
        enough, little = 1.65 * max(1, at_rest), busy / 1.2
        if enough > little:
            raise Failed(f"{busy} % of its request under {world.rate} calls/s, {at_rest} % under {QUIET}: no target lies between them")
        target = round((enough * little) ** 0.5)
        since = time.monotonic()
        scaled(world, target)
        kube.until("the HPA adds a replica of intake", lambda: ready_replicas() == 3, 240, every=1)
        up = time.monotonic() - since
        time.sleep(5)
    with world.load(QUIET) as less:
        since = time.monotonic()
        kube.until("the HPA takes it away again", lambda: ready_replicas() == 2, 300, every=1)
        down = time.monotonic() - since
        # The pod goes on ending for a while.
        time.sleep(15)
    world.install()
    kube.settled(2)
    return (f"a target of {target} % between {at_rest} and {busy}: third replica after {up:.0f} s of load, gone {down:.0f} s after it; "
            f"at rest {spoke(quiet.told)}; up {spoke(load.told)}; down {spoke(less.told)}")


@contextlib.contextmanager
def replicas_told(service):
    """The numbers of pods that a deployment is told to have meanwhile."""
    told, over = [], threading.Event()

    def look():
        while not over.wait(0.5):
            told.append(kube.get("deployment", f"hotline-{service}")["spec"]["replicas"])
    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        yield told
    finally:
        over.set()
        watcher.join()


@scenario("HPA from the first day, upgraded and rolled back")
def scaled_from_the_start(world):
    needs_metrics()
    settings = hpa("analytics", enabled="true", minReplicas=3, maxReplicas=4)
    # What is not there is installed as on the first day.
    kubectl("delete", "deployment", "hotline-analytics", "--wait")
    world.install(*settings)
    kube.until("the HPA gives it three replicas", lambda: kube.get("deployment", "hotline-analytics")["spec"]["replicas"] == 3, 120)
    kube.settled()
    with replicas_told("analytics") as told:
        world.install(*settings, "--set-string", "services.analytics.podAnnotations.revision=second")
        kube.helm("rollback", kube.RELEASE, "--wait", "--timeout", "5m")
        time.sleep(2)
    if set(told) != {3}:
        raise Failed(f"an upgrade and a rollback told it to have {sorted(set(told))} replicas")
    world.install()
    kube.settled(2)
    return f"3 replicas throughout an upgrade and a rollback, looked at {len(told)} times"


def needs_metrics():
    if kube.run("kubectl", "get", "--raw", "/apis/metrics.k8s.io/v1beta1/pods", check=False).returncode != 0:
        raise NotRun("this cluster has no metrics API (metrics-server)")


@scenario("memory of one replica each, under load")
def memory(world):
    needs_metrics()
    kube.scale("deployment", 1, *kube.deployments())
    kube.settled(1)
    highest, busiest = {}, {}
    with world.load() as load:
        for _ in range(12):
            time.sleep(5)
            for line in kubectl("top", "pods", "--no-headers", check=False).stdout.splitlines():
                pod, cores, used = line.split()
                service = pod.removeprefix("hotline-").split("-")[0]
                busiest[service] = max(busiest.get(service, 0), int(cores.removesuffix("m")))
                if service in kube.SERVICES:
                    highest[service] = max(highest.get(service, 0), int(used.removesuffix("Mi")))
    killed_by = [kube.name(pod) for pod in kube.pods() if "OOMKilled" in json.dumps(pod["status"])]
    kube.scale("deployment", 2, *kube.deployments())
    kube.settled(2)
    each = ", ".join(f"{service} {highest.get(service, 0)}" for service in kube.SERVICES)
    cores = ", ".join(f"{name} {busiest.get(name, 0)}" for name in (*kube.SERVICES, "postgres", "redis"))
    said = f"{sum(highest.values())} MiB in all ({each}), limit 256 each; thousandths of a core: {cores}; {spoke(load.told)}"
    if killed_by or len(highest) != 5 or sum(highest.values()) * 1.048576 > 400:
        raise Failed(f"{said}; ended for want of memory: {killed_by}")
    return said


@scenario("nothing lost, nothing doubled", short=True)
def whole(world):
    if not world.number:
        raise NotRun("no load ran: nothing was acknowledged")
    found = stand.check()
    said = (f"{found['acknowledged']} acknowledged appeals: {found['lost']} lost, {found['doubled']} doubled; "
            f"{found['forwarded']} orders: {found['orders_lost']} lost, {found['orders_doubled']} doubled; "
            f"{found['steps']} steps of people with them: {found['steps_lost']} lost, {found['steps_doubled']} doubled")
    wrong = [kind for kind, number in found.items() if kind.endswith(("lost", "doubled")) and number]
    if wrong or not found["acknowledged"] or not found["steps"]:
        raise Failed(f"{said}: {'; '.join(found['examples'])}")
    return said
