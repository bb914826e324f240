"""Prometheus, alerts and runbooks beside the running installation."""

import contextlib
import json
import os
import pathlib
import re
import secrets
import signal
import subprocess
import tempfile
import time
import urllib.parse

from . import kube, stand
from .kube import Failed, kubectl
from .page import blocks, commands
from .world import NotRun, scenario, spoke

RUNBOOKS = pathlib.Path("docs/runbooks")
PROMETHEUS = f"/api/v1/namespaces/{kube.NAMESPACE}/services/prometheus:9090/proxy"


def ask(path):
    return json.loads(kubectl("get", "--raw", f"{PROMETHEUS}/api/v1/{path}"))["data"]


# No label per person or order: a service has no more however long it runs.
MOST_SERIES = 2000


def most_series():
    """Series of the pod that exposes most."""
    found = ask("query?query=" + urllib.parse.quote('max(scrape_samples_scraped{job="hotline"})'))["result"]
    return int(found[0]["value"][1]) if found else 0


def alerts_that_are(*states):
    """Alerts in one of these states, by name; what is pending would ring if it went on."""
    return {alert["labels"]["alertname"]: alert for alert in ask("alerts")["alerts"] if alert["state"] in states}


def scraped(pods):
    """Whether Prometheus reads all of them."""
    return sum(target["health"] == "up" and target["labels"]["job"] == "hotline" for target in ask("targets")["activeTargets"]) == pods


@contextlib.contextmanager
def long_transaction():
    """Somebody with the service's own user leaves a transaction open in callback's database."""
    url = stand.stored("hotline-callback-database", "url").replace("@postgres:", "@127.0.0.1:")
    command = ["kubectl", "-n", kube.NAMESPACE, "exec", "postgres-0", "--", "psql", url, "-c", "set statement_timeout = 0", "-c", "select pg_sleep(600)"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as session:
        try:
            yield
        finally:
            stand.psql("postgres", "select pg_terminate_backend(pid) from pg_stat_activity where query like 'select pg_sleep(600)%'")
            session.wait(timeout=30)


@scenario("alerts are silent when all is well, and ring when it is not")
def alerts(world):
    world.stand.prometheus()
    with world.load() as load:
        kube.until("Prometheus reads all ten pods", lambda: scraped(10), 120, every=2)
        # Each rule is evaluated every 30 s, and some look at the change between two values.
        time.sleep(90)
        ringing = alerts_that_are("pending", "firing")
        series = most_series()
    said = f"at most {series} series a pod, {spoke(load.told)}"
    if not 0 < series <= MOST_SERIES:
        raise Failed(f"more than {MOST_SERIES} series: {said}")
    if ringing:
        raise Failed(f"pending or ringing though all is well: {sorted(ringing)}; {said}")
    # What can be caused here, and needs neither a quarter of an hour nor an hour's history; `make test` has all of them.
    caused = {"HotlineServiceDown", "HotlineEventLag", "HotlineDatabaseTransactionLong"}
    after, since = {}, time.monotonic()
    kube.scale("deployment", 0, "hotline-routing")
    try:
        with long_transaction():
            def all_ring():
                for name, alert in alerts_that_are("firing").items():
                    after.setdefault(name, (time.monotonic() - since, alert["annotations"]["runbook"]))
                return caused <= set(after)
            kube.until(f"{caused} ring", all_ring, 420, every=5)
    finally:
        kube.scale("deployment", 2, "hotline-routing")
    kube.settled(2)
    kube.until(f"{caused} fall silent", lambda: not caused & set(alerts_that_are("firing")), 300, every=5)
    missing = [page for _, page in after.values() if not pathlib.Path(page).exists()]
    if missing:
        raise Failed(f"no runbook: {missing}")
    others = f", and {', '.join(sorted(set(after) - caused))}" if set(after) - caused else ""
    rang = ", ".join(f"{name} after {seconds:.0f} s" for name, (seconds, _) in sorted(after.items()) if name in caused)
    return f"none of them even pending under load ({said}); then {rang}{others}; silent again once it was mended"


def not_here():
    """What this stand has not, by the words of a command that needs it."""
    missing = {"$JWKS_URL": "no identity provider"}
    if "certificates.cert-manager.io" not in kube.run("kubectl", "api-resources", "-o", "name"):
        missing |= {"get certificate": "no cert-manager"}
    if kube.run("kubectl", "get", "--raw", "/apis/metrics.k8s.io/v1beta1/pods", check=False).returncode != 0:
        missing |= {"k top ": "no metrics API"}
    return missing


# The words of the pages with the servers of the stand behind them; nothing of it is what is tried.
STAND_IN = """
psql() {{ kubectl -n "$NS" exec -i postgres-0 -- env "PGOPTIONS=$PGOPTIONS" psql "$@"; }}
helm() {{ "{helm}" "$@"; }}
redis-cli() {{ kubectl -n "$NS" exec -i redis-0 -- redis-cli --no-auth-warning "$@"; }}
hotline() {{ python3 -m driver.operator "${{@/@127.0.0.1/@postgres}}"; }}
export PATH={tools}:$PATH PYTHONPATH=tests/cluster
PROMETHEUS=http://127.0.0.1:{port}{path} READ_ONLY={read_only} REDIS={redis}
"""

# Runs one command and notes how each part of its last pipeline ended.
ONE = """
{{ {command}
printf '%s ' "${{PIPESTATUS[@]}}" >"{at}.ended"; }} >"{at}.out" 2>"{at}.err"
"""

PORT_IS_OPEN = "for i in $(seq 100); do (exec 3<>/dev/tcp/127.0.0.1/50051) 2>/dev/null && break; sleep 0.1; done\n"


def failed(command, at):
    """Why a command did not work; none when it did."""
    read = {end: pathlib.Path(f"{at}.{end}") for end in ("ended", "err")}
    if not read["ended"].exists():
        return f"{command}: the shell ended"
    error = read["err"].read_text(encoding="utf-8").strip()
    ended = read["ended"].read_text(encoding="utf-8").split()
    # grep finds nothing where nothing is wrong, and no container was restarted.
    if "| grep" in command and ended[-1] == "1":
        ended[-1] = "0"
    return f"{command}: {error[-300:]} ({' '.join(ended)})" if set(ended) != {"0"} or "command not found" in error else None


def tried(lines, setting, known, scratch):
    """Runs commands one after the other; the commands with real words, and what was wrong with them."""
    typed = []
    for line in lines:
        for word, real in known.items():
            line = line.replace(word, real)
        typed.append(line)
    script = setting
    for number, command in enumerate(typed):
        script += ONE.format(command=command, at=scratch / str(number))
        script += PORT_IS_OPEN if command.endswith("&") else ""
    # In a session of its own: port-forwards end with it.
    with subprocess.Popen(["bash", "-c", script], start_new_session=True, stdin=subprocess.DEVNULL) as shell:
        try:
            shell.wait(timeout=600)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(shell.pid, signal.SIGTERM)
    return typed, [fault for n, command in enumerate(typed) if (fault := failed(command, scratch / str(n)))]


@contextlib.contextmanager
def api():
    """A port of this machine behind which the cluster's API is, with this user's rights."""
    with subprocess.Popen(["kubectl", "proxy", "--port=0"], stdout=subprocess.PIPE, text=True) as proxy:
        try:
            yield int(re.search(r":(\d+)", proxy.stdout.readline()).group(1))
        finally:
            proxy.terminate()


@contextlib.contextmanager
def typist(world):
    """What somebody needs who types what the pages say: their words, servers, and a role that may only read."""
    if not pathlib.Path("target/tools/promtool").exists():
        raise NotRun("promtool is not installed: scripts/kube-tools")
    world.stand.prometheus()
    password = secrets.token_hex(16)
    databases = ", ".join(f"hotline_{service}" for service in kube.SERVICES)
    stand.psql("postgres", f"create role runbook_reader login password '{password}' in role pg_read_all_data, pg_monitor, pg_signal_backend; "
                           f"grant connect on database {databases} to runbook_reader")
    known = {
        "EVENT_ID": stand.psql("hotline_intake", "select event_id from log limit 1"),
        "'KEY'": "'" + stand.psql("hotline_routing", "select id from orders limit 1") + "'",
        "W240401-000123-7": stand.psql("hotline_routing", "select number from orders limit 1"),
    }
    try:
        with tempfile.TemporaryDirectory() as scratch, api() as port:
            setting = "\n".join(blocks(RUNBOOKS / "README.md", "Before you begin")[:1]) + STAND_IN.format(
                tools=pathlib.Path("target/tools").resolve(), helm=kube.HELM, port=port, path=PROMETHEUS,
                read_only=f"postgresql://runbook_reader:{password}@127.0.0.1",
                redis=stand.stored("hotline-redis", "url").replace("@redis:", "@127.0.0.1:"))
            yield setting, known, pathlib.Path(scratch)
    finally:
        stand.psql("postgres", f"revoke all on database {databases} from runbook_reader; drop role runbook_reader")


def pages():
    return sorted(page for page in RUNBOOKS.glob("*.md") if page.name != "README.md")


@scenario("runbooks, command by command")
def runbooks(world):
    """As somebody who was woken types them: what a page tells to look at has to work while nothing else is certain."""
    missing = not_here()
    ran, skipped, faults = 0, {}, []
    with typist(world) as (setting, known, scratch):
        for page in pages():
            lines = [line for block in blocks(page, "How to look") for line in block.strip().splitlines()]
            folder = scratch / page.stem
            folder.mkdir()
            typed, wrong = tried(lines, setting, known, folder)
            for command in typed:
                reason = next((reason for word, reason in missing.items() if word in command), None)
                skipped.update({reason: skipped.get(reason, 0) + 1} if reason else {})
                ran += reason is None
            faults += [f"{page.stem}: {fault}" for fault in wrong if not any(word in fault for word in missing)]
    if faults:
        raise Failed("; ".join(faults))
    if skipped:
        left = ", ".join(f"{count} with {reason}" for reason, count in skipped.items())
        world.left.append(("runbooks, commands for what is not here", left))
    return f"{ran} commands of {len(pages())} pages work as they are written"


# What pages tell to do that is tried elsewhere, or cannot be tried here.
ELSEWHERE = {
    'helm -n "$NS" rollback': "rolled back under load by its own scenario",
    "helm upgrade": "by its own scenario",
    "hotline events retry": "nothing is parked here; `make test` parks and retries",
    "for id in $(hotline events parked": "nothing is parked here; `make test` parks and retries",
    "hotline config check": "of a file; in `make test`",
    "hotline order show": "in How to look",
    "cmctl ": "no cert-manager",
    "k get grpcroute": "no Gateway API",
    "grpcurl -import-path": "no entry from outside",
    "chronyc ": "of the node",
    "k exec": "the page says that it is of no use",
    "k port-forward": "in How to look",
}


@scenario("runbooks, what to do, under load")
def mending(world):
    """What pages tell to do and to wait for, each command once, on an installation that is well: no call may fail by it."""
    lines = {command: page.stem for page in pages() for title in ("What to do", "Over when") for command in commands(page, title)}
    # Also what closes every incident.
    lines |= {command: "README" for command in commands(RUNBOOKS / "README.md", "For every incident")}
    bare = {"k top", "k describe pod", "hotline doctor", "hotline order show"}
    todo = [line for line in lines if line not in bare and not any(word in line for word in ELSEWHERE)]
    with typist(world) as (setting, known, scratch), long_transaction(), world.load() as load:
        session = kube.until("a transaction is open", lambda: stand.psql(
            "hotline_callback", "select pid from pg_stat_activity where query like 'select pg_sleep(600)%'"), 30)
        words = known | {"(PID)": f"({session})", "--replicas=N": "--replicas=3", "NAME": kube.name(kube.pods("intake")[0])}
        typed, faults = tried(todo, setting, words, scratch)
        kube.settled()
        still = stand.psql("hotline_callback", f"select count(*) from pg_stat_activity where pid = {session}")
    said = spoke(load.told)
    kube.scale("deployment", 2, *kube.deployments())
    kube.settled(2)
    if faults:
        raise Failed("; ".join(faults))
    if still != "0":
        raise Failed("the session that was to be ended goes on")
    return f"{len(typed)} commands of What to do and Over when work as they are written, {len(lines) - len(typed)} are tried elsewhere or not here; {said}"
