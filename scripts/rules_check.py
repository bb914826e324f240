#!/usr/bin/env python3
"""Checks Prometheus rules, dashboards and runbooks against each other and against docs/metrics.md.

promtool checks PromQL and runs the tests. This script checks relations between our files. Every alert needs a page, a
test in which it fires, and a test in which it stays quiet. Every query may use only existing metrics and labels.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RULES = sorted((ROOT / "helm/hotline/files/rules").glob("*.yaml"))
TESTS = sorted((ROOT / "tests/observability/rules").glob("*.test.yaml"))
DASHBOARDS = sorted((ROOT / "helm/hotline/files/dashboards").glob("*.json"))
RUNBOOKS = ROOT / "docs/runbooks"
METRICS = ROOT / "docs/metrics.md"

# Labels that the scrape adds to every series, and the label of all our series.
TARGET = {"namespace", "pod", "instance", "job", "service_name"}
# Made by Prometheus itself.
BUILT_IN = {"ALERTS": {"alertname", "alertstate", "severity", "burn", "slo"} | TARGET, "up": TARGET - {"service_name"}}
WORDS = {"and", "or", "unless", "offset", "bool", "inf", "nan"}
GROUPING = r"\b(by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)"

faults = []


def fault(where, what):
    faults.append(f"{where.relative_to(ROOT) if isinstance(where, Path) else where}: {what}")


def known():
    """Every series name with its labels, from the tables of docs/metrics.md."""
    series = dict(BUILT_IN)
    row = re.compile(r"^\| `([a-z_:0-9A-Z]+)` \| (histogram|counter|gauge) \|([^|]*)\|")
    for line in METRICS.read_text().splitlines():
        if not (found := row.match(line)):
            continue
        name, kind, labels = found.groups()
        # A recorded series has no labels of pods and services.
        labels = set(re.findall(r"`(\w+)`", labels)) | ({"namespace"} if ":" in name else TARGET)
        if kind == "histogram":
            series |= {f"{name}_bucket": labels | {"le"}, f"{name}_sum": labels, f"{name}_count": labels}
        else:
            series[name] = labels
    return series


def selectors(expr):
    """Every (series, labels in its braces) of a query, and the labels that it groups by. A rough scan; promtool parses."""
    text = re.sub(r'"(?:\\.|[^"\\])*"', '""', expr)
    text = re.sub(r"\[[^\]]*\]", "", text)
    grouped = {label for _, inner in re.findall(GROUPING, text) for label in re.findall(r"\w+", inner)}
    text = re.sub(GROUPING, " ", text)
    found = []
    for name, after in re.findall(r"(?<![\w.:$])([a-zA-Z_:][\w:]*)?\s*(\{[^}]*\}|\()?", text):
        if after.startswith("{"):
            found.append((name, set(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", after))))
        elif name and after != "(" and name.lower() not in WORDS:
            found.append((name, set()))
    return found, grouped


def check_query(where, expr, series):
    found, grouped = selectors(expr)
    if not found:
        fault(where, f"no metric in {expr!r}")
    have = set()
    for name, labels in found:
        if name not in series:
            fault(where, f"{name or '{…}'} is not in docs/metrics.md")
            continue
        have |= series[name]
        if wrong := labels - series[name]:
            fault(where, f"{name} has no label {', '.join(sorted(wrong))}")
    if wrong := grouped - have:
        fault(where, f"groups by {', '.join(sorted(wrong))}, which nothing in {expr.strip()!r} has")


def rules_of(path):
    """The rules of a file in our own layout. A comparison with promtool's count finds a missed rule."""
    rules = []
    for block in re.split(r"^      - (?=alert:|record:)", path.read_text(), flags=re.M)[1:]:
        block = re.sub(r"^\s*#.*$", "", block, flags=re.M)
        value = lambda key: (m := re.search(rf'^\s*{key}: "?([^"\n]*)"?$', block, re.M)) and m[1]
        expr = re.search(r"^        expr: (?:\|\n((?:          .*\n|\s*\n)+)|(.*))", block + "\n", re.M)
        rules.append({
            "alert": value("alert"), "record": value("record"), "expr": (expr[1] or expr[2]) if expr else "",
            "labels": {key: value(key) for key in ("severity", "burn") if value(key)}, "runbook": value("runbook"),
        })
    return rules


def promtool(*arguments):
    tool = ROOT / "target/tools/promtool"
    tool = str(tool) if os.access(tool, os.X_OK) else shutil.which("promtool")
    if not tool:
        sys.exit("rules_check: promtool is missing; run `make setup`")
    arguments = [str(one.relative_to(ROOT)) if isinstance(one, Path) and one.is_relative_to(ROOT) else str(one) for one in arguments]
    done = subprocess.run([tool, *arguments], capture_output=True, text=True, cwd=ROOT)
    return done.returncode == 0, done.stdout + done.stderr


def check_rules(series):
    ok, said = promtool("check", "rules", *RULES)
    print(said, end="")
    if not ok or not RULES:
        fault("promtool check rules", "failed" if RULES else "there are no rules")
    counted = sum(int(count) for count in re.findall(r"SUCCESS: (\d+) rules found", said))
    rules = [(path, rule) for path in RULES for rule in rules_of(path)]
    if counted != len(rules):
        fault("rules", f"promtool found {counted} rules, this script {len(rules)}: is one laid out differently?")
    for path, rule in rules:
        name = rule["alert"] or rule["record"]
        if "{{" in rule["expr"]:
            fault(path, f"{name}: a template in a query")
        check_query(path, rule["expr"], series)
        if rule["record"] and rule["record"] not in series:
            fault(path, f"{name} is not in docs/metrics.md")
        if rule["alert"] and "severity" not in rule["labels"]:
            fault(path, f"{name} has no severity")
    recorded = {rule["record"] for _, rule in rules}
    for name in series:
        if ":" in name and name not in recorded:
            fault(METRICS, f"{name} is recorded by no rule")
    return [rule for _, rule in rules]


def check_tests(rules):
    ok, said = promtool("test", "rules", *TESTS)
    print(said, end="")
    if not ok or not TESTS:
        fault("promtool test rules", "failed" if TESTS else "there are no tests")
    text = "\n".join(path.read_text() for path in TESTS)
    checks = re.split(r"^\s+alertname: ", text, flags=re.M)[1:]
    quiet = {check.split("\n")[0] for check in checks if "exp_alerts: []" in check.split("\n")[1]}
    fired = []
    for check in checks:
        for labels in re.findall(r"exp_labels: \{(.*)\}", check.split("- name:")[0]):
            fired.append((check.split("\n")[0], dict(re.findall(r'(\w+): "?([^",]*)"?', labels))))
    for rule in (rule for rule in rules if rule["alert"]):
        name, labels = rule["alert"], rule["labels"]
        if not any(name == alert and labels.items() <= expected.items() for alert, expected in fired):
            fault("tests", f"no test has {name} {labels} fire")
        if name not in quiet:
            fault("tests", f"no test has {name} quiet")
    for name in {rule["record"] for rule in rules if rule["record"]}:
        if not re.search(rf"- expr: .*{name}\b", text):
            fault("tests", f"no test looks at {name}")
    print(f"{len(fired)} alerts expected, {len(checks)} looks at alerts, {text.count('- expr: ')} at recorded series\n")


def kebab(name):
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", name).lower()


def check_runbooks(rules, series):
    """Returns the queries of the pages, as (where, query)."""
    alerts = {rule["alert"] for rule in rules if rule["alert"]}
    pages = {path.stem: path for path in RUNBOOKS.glob("*.md") if path.name != "README.md"}
    index = (RUNBOOKS / "README.md").read_text()
    queries = []
    for rule in (rule for rule in rules if rule["alert"]):
        page = kebab(rule["alert"])
        if page not in pages:
            fault(RUNBOOKS, f"{rule['alert']} has no page {page}.md")
        if rule["runbook"] != f"docs/runbooks/{page}.md":
            fault("rules", f"{rule['alert']}: runbook is {rule['runbook']}, should be docs/runbooks/{page}.md")
    for page, path in pages.items():
        text = path.read_text()
        name = text.split("\n")[0].removeprefix("# ").split(" ")[0]
        if name not in alerts or kebab(name) != page:
            fault(path, f"is about {name}, which is no alert of that name")
        if f"({page}.md)" not in index:
            fault(RUNBOOKS / "README.md", f"does not list {page}.md")
        queries += [(path, query) for query in re.findall(r"(?:^|`)q '([^']*)'", text, re.M)]
    for page in re.findall(r"\]\(([a-z-]+)\.md\)", index):
        if page not in pages:
            fault(RUNBOOKS / "README.md", f"lists {page}.md, which is not there")
    for path, query in queries:
        check_query(path, query, series)
    return queries


def check_dashboards(series):
    """Returns the queries of the panels, as (where, query)."""
    queries = []
    if not DASHBOARDS:
        fault("dashboards", "there are none")
    for path in DASHBOARDS:
        board = json.loads(path.read_text())
        if board["schemaVersion"] < 39:
            fault(path, f"schemaVersion is {board['schemaVersion']}")
        panels = [panel for panel in board["panels"] if panel["type"] != "row"]
        if len({panel["id"] for panel in board["panels"]}) != len(board["panels"]):
            fault(path, "two panels have one id")
        for panel in panels:
            title = panel["title"]
            if not re.search(r"[\u4e00-\u9fff].*\([^)]+\)$", title):
                fault(path, f"{title!r} has no Chinese title with a unit in ()")
            if not panel.get("description"):
                fault(path, f"{title!r} does not say what it answers")
            if panel["datasource"]["uid"] != "${datasource}" or not panel["targets"]:
                fault(path, f"{title!r} does not ask the chosen data source")
            queries += [(path, target["expr"]) for target in panel["targets"]]
        queries += [(path, annotation["expr"]) for annotation in board["annotations"]["list"]]
        for variable in board["templating"]["list"]:
            if variable["type"] != "query":
                continue
            named = re.fullmatch(r"label_values\((\w+), (\w+)\)", variable["query"]["query"])
            if not named or named[2] not in series.get(named[1], ()):
                fault(path, f"variable {variable['name']} asks {variable['query']['query']!r}")
    for path, query in queries:
        check_query(path, query, series)
    return queries


def check_syntax(queries):
    """Lets promtool parse the queries outside rule files, with Grafana's variables filled in."""
    def plain(query):
        query = re.sub(r"\$__(rate_interval|interval|range)", "5m", query)
        return re.sub(r"\$\{?\w+(:\w+)?\}?", "x", query)

    rules = [{"record": f"query:{at}", "expr": plain(query)} for at, (_, query) in enumerate(queries)]
    with tempfile.TemporaryDirectory() as scratch:
        file = Path(scratch) / "queries.yaml"  # JSON is YAML
        file.write_text(json.dumps({"groups": [{"name": "queries", "rules": rules}]}))
        ok, said = promtool("check", "rules", file)
    if not ok:
        fault("queries of dashboards and runbooks", said)
        for at in {int(number) for number in re.findall(r'"query:(\d+)"', said)}:
            fault(queries[at][0], queries[at][1])
    return len(queries)


def main():
    series = known()
    rules = check_rules(series)
    check_tests(rules)
    queries = check_runbooks(rules, series) + check_dashboards(series)
    asked = check_syntax(queries)
    alerts = {rule["alert"] for rule in rules if rule["alert"]}
    print(f"{len(rules)} rules, {len(alerts)} alerts, {len(DASHBOARDS)} dashboards, {asked} queries outside of rules")
    for one in faults:
        print(f"rules_check: {one}", file=sys.stderr)
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
