"""One run: the installation under test, what was measured, and a line for each scenario."""

import dataclasses
import json
import pathlib
import sys
import time
import traceback

from . import kube, stand
from .kube import Failed, helm, run

CHART = "helm/hotline"
VALUES = "tests/cluster/values.yaml"


class NotRun(Exception):
    """This cluster cannot show it: why not."""


@dataclasses.dataclass
class World:
    images: dict
    rate: int
    stand: stand.Stand
    number: int = 0
    # Parts of the scenario that this cluster cannot show: name and reason.
    left: list = dataclasses.field(default_factory=list)

    def install(self, *settings, image=None, timeout="5m", check=True):
        """Installs or upgrades, and waits as an operator does."""
        repository, _, tag = (image or self.images["hotline"]).rpartition(":")
        return helm("upgrade", "--install", kube.RELEASE, CHART, "--values", VALUES, "--wait", "--timeout", timeout,
                    "--set", f"image.repository={repository}", "--set", f"image.tag={tag}", *settings, check=check, timeout=900)

    def load(self, rate=None):
        self.number += 1
        return stand.Load(f"load-{self.number}", rate or self.rate)


# How a call may fail while something is away.
AWAY = ("Unavailable", "DeadlineExceeded")
# What was acknowledged elsewhere may be late this often: the objective of events.
LATE = 0.01


def spoke(told, may_fail=False):
    """A load in a few words; a failed call is a failure, unless the scenario takes something away: then others may not fail otherwise."""
    failures = ", ".join(f"{kind} {failed['count']} ({failed['first']})" for kind, failed in told["failures"].items())
    if told["repeated_wrongly"] or told["unsettled"]:
        raise Failed(f"{told['repeated_wrongly']} repeated requests made another appeal, {told['unsettled']} writes were never accepted")
    if (told["failed"] or told["held"]) and not may_fail:
        raise Failed(f"{told['failed']} of {told['calls']} calls failed, {told['held']} were held back: {failures}")
    if not told["calls"] or told["seconds"] < told["within"] - 2:
        raise Failed(f"the load ran for {told['seconds']:.0f} s of {told['within']:.0f}, with {told['calls']} calls")
    # Where something is away the last calls wait long for their end.
    if told["calls"] < 0.9 * told["rate"] * (told["seconds"] - 2) and not may_fail:
        raise Failed(f"{told['calls']} calls in {told['seconds']:.0f} s are not {told['rate']} a second")
    if told["late"] > max(1, LATE * told["awaited"]) and not may_fail:
        raise Failed(f"{told['late']} of {told['awaited']} times what was acknowledged elsewhere had not arrived after 5 s")
    wrongly = [kind for kind in told["failures"] if not kind.endswith(AWAY)]
    if wrongly:
        raise Failed(f"calls failed otherwise than by what is away: {failures}")
    words = f"{told['calls']} calls ({told['calls'] / max(told['seconds'], 1):.0f}/s), {told['failed']} failed"
    if told["failed"]:
        words += f" and {told['held']} held back within {told['failing_seconds']:.0f} s ({failures}), {told['settled']} writes accepted afterwards"
    if told["late"]:
        words += f", {told['late']} of {told['awaited']} events late"
    if told["broken_streams"]:
        words += f", {told['broken_streams']} push streams went on as another"
    return words + f", p50 {told['p50']:.0f} ms, p99 {told['p99']:.0f} ms"


SCENARIOS = []


def scenario(name, short=False):
    """Registers a scenario: what it shows. It returns what it measured as a sentence, and raises when it is not so."""
    def register(function):
        SCENARIOS.append((name, short, function))
        return function
    return register


def revision():
    """The commit that the chart and this test are of; marked when something else lies here. Empty without a repository."""
    done = run("git", "describe", "--always", "--abbrev=40", "--exclude=*", "--dirty", check=False)
    return done.stdout.strip()


class Report:
    """What is whole stands in report.json; a part of it never takes that place."""

    def __init__(self, cluster, world, selection):
        self.lines = []
        self.path = pathlib.Path("target/cluster") / ("report.json" if selection == "whole" else "report-part.json")
        self.head = {"cluster": cluster, "images": dict(world.images), "rate": world.rate, "selection": selection, "revision": revision(),
                     "started": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}

    def run(self, name, function, world):
        print(f"…        {name}", file=sys.stderr, flush=True)
        since = time.monotonic()
        try:
            result, said = "PASS", function(world)
        except NotRun as reason:
            result, said = "NOT RUN", str(reason)
        except Failed as failed:
            result, said = "FAIL", str(failed)
        except Exception as broken:  # pylint: disable=broad-exception-caught
            # The scenario itself broke; the ones after it can still say something.
            traceback.print_exc()
            result, said = "FAIL", f"{type(broken).__name__}: {broken}"
        self.note(name, result, said, since)
        for part, reason in world.left:
            self.not_run(part, reason)
        world.left.clear()
        return result != "FAIL"

    def not_run(self, name, reason):
        self.note(name, "NOT RUN", reason, time.monotonic())

    def note(self, name, result, said, since):
        seconds = round(time.monotonic() - since, 1)
        self.lines.append({"scenario": name, "result": result, "seconds": seconds, "said": said})
        print(f"{result:<8} {name:<34} {seconds:>6} s  {said}", flush=True)
        self.write()

    def write(self):
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text(json.dumps({**self.head, "scenarios": self.lines}, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")

    def count(self, result):
        return sum(line["result"] == result for line in self.lines)
