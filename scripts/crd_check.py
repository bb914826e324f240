#!/usr/bin/env python3
"""Checks objects of other projects' kinds against the schemas of their CustomResourceDefinitions, in target/crds.

    crd_check.py FILE...        prints one line per fault; fails on a fault, and on a kind without a schema
"""

import sys
from pathlib import Path

import jsonschema
import yaml

CRDS = Path(__file__).resolve().parent.parent / "target/crds"


def strict(schema):
    """Like the API server with --validate=strict: a field outside the schema is a fault."""
    if isinstance(schema, list):
        return [strict(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: strict(part) for key, part in schema.items()}
    if made.get("x-kubernetes-int-or-string"):
        made.pop("type", None)
    open_ended = made.get("x-kubernetes-preserve-unknown-fields") or "additionalProperties" in made
    if made.get("type") == "object" and "properties" in made and not open_ended:
        made["additionalProperties"] = False
    return made


def schemas():
    found = {}
    for path in sorted(CRDS.glob("*.yaml")):
        for crd in yaml.safe_load_all(path.read_text(encoding="utf-8")):
            spec = crd["spec"]
            for version in spec["versions"]:
                schema = strict(version["schema"]["openAPIV3Schema"])
                # Kubernetes itself checks the metadata of every object.
                schema["properties"]["metadata"] = {"type": "object"}
                found[f"{spec['group']}/{version['name']}", spec["names"]["kind"]] = schema
    return found


def main(files):
    known, faults, judged = schemas(), [], 0
    for file in files:
        for thing in yaml.safe_load_all(Path(file).read_text(encoding="utf-8")):
            named = f"{thing['kind']}/{thing['metadata']['name']}"
            schema = known.get((thing["apiVersion"], thing["kind"]))
            if schema is None:
                faults.append(f"{named}: no schema of {thing['apiVersion']} {thing['kind']} in {CRDS}")
                continue
            judged += 1
            for error in jsonschema.Draft7Validator(schema).iter_errors(thing):
                faults.append(f"{named}: {error.json_path}: {error.message}")
    print("\n".join(faults) if faults else f"{judged} objects")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
