"""A foreign client: plain grpcio over the published contracts, nothing of the product's own code.

usage: client.py PROTO_FOLDER INTAKE ROUTING ANALYTICS AGENT_TOKEN PLATFORM_TOKEN ANALYST_TOKEN OPERATOR_TOKEN CATEGORY REGION
                 ORDER

Registers an appeal, pushes a stream of five (one of them wrong, one of them twice), reads an order, reads the directory page
by page, asks in a stream of parts what one more unit would change, reads the bulletin, and prints what it got as JSON.
"""

import json
import sys
import tempfile
import uuid

import grpc

from grpc_tools import protoc


def compile_contracts(folder):
    import atexit
    import glob
    import os
    import shutil

    out = tempfile.mkdtemp(prefix="hotline-python-")
    atexit.register(shutil.rmtree, out, ignore_errors=True)

    import grpc_tools

    wellknown = os.path.join(os.path.dirname(grpc_tools.__file__), "_proto")
    files = glob.glob(os.path.join(folder, "hotline", "*", "v1", "*.proto"))
    files += glob.glob(os.path.join(folder, "google", "*", "*.proto"))
    code = protoc.main(
        ["protoc", f"-I{folder}", f"-I{wellknown}", f"--python_out={out}", f"--grpc_python_out={out}", *files]
    )
    if code != 0:
        raise SystemExit("the contracts do not compile")
    sys.path.insert(0, out)
    # protobuf's own package of this name was imported before, and looks for google.type in its own folders.
    import google

    google.__path__.append(os.path.join(out, "google"))


def main():
    folder, intake_url, routing_url, analytics_url, agent, platform, analyst, operator, category, region, order = sys.argv[1:]
    compile_contracts(folder)
    from google.type import date_pb2
    from hotline.analytics.v1 import analytics_pb2, analytics_pb2_grpc
    from hotline.common.v1 import publication_pb2, vocabulary_pb2
    from hotline.intake.v1 import intake_pb2, intake_pb2_grpc
    from hotline.routing.v1 import routing_pb2, routing_pb2_grpc

    def bearer(token):
        return [("authorization", f"Bearer {token}")]

    def draft(phone="13812345678", channel="phone"):
        return intake_pb2.AppealDraft(
            channel=channel,
            type=vocabulary_pb2.APPEAL_TYPE_HELP,
            category=category,
            region=region,
            appellant=intake_pb2.Appellant(name="王小明", phone=phone),
            title="小区停水",
            content="小区从昨晚开始停水。",
        )

    intake = intake_pb2_grpc.IntakeServiceStub(grpc.insecure_channel(intake_url))
    request = intake_pb2.RegisterAppealRequest(request_id=str(uuid.uuid4()), appeal=draft())
    registered = intake.RegisterAppeal(request, metadata=bearer(agent), timeout=10)
    again = intake.RegisterAppeal(request, metadata=bearer(agent), timeout=10)

    def items():
        for number, phone in [("P-1", "13812345678"), ("P-2", "13812345678"), ("P-3", ""), ("P-4", "13812345678"), ("P-1", "13812345678")]:
            yield intake_pb2.PushAppealsRequest(
                upstream_number=number, appeal=draft(phone, "provincial_transfer")
            )

    pushed = list(intake.PushAppeals(items(), metadata=bearer(platform), timeout=10))
    refused = ""
    try:
        intake.RegisterAppeal(
            intake_pb2.RegisterAppealRequest(request_id="x", appeal=draft("12")), metadata=bearer(agent), timeout=10
        )
    except grpc.RpcError as error:
        refused = error.code().name
    day = date_pb2.Date(year=2024, month=4, day=1)
    routing = routing_pb2_grpc.RoutingServiceStub(grpc.insecure_channel(routing_url))
    read = routing.GetOrder(routing_pb2.GetOrderRequest(order_id=order), metadata=bearer(analyst), timeout=10).order
    units, page_token, pages = [], "", 0
    while pages == 0 or page_token:
        page = routing.GetDirectory(
            routing_pb2.GetDirectoryRequest(day=day, page_size=20, page_token=page_token),
            metadata=bearer(analyst),
            timeout=10,
        )
        units.extend(page.units)
        page_token, pages = page.next_page_token, pages + 1

    def parts():
        rows = units + [routing_pb2.Unit(code="foreign", name="外来单位", kind="UNIT_KIND_BUREAU", level="UNIT_LEVEL_CITY")]
        for start in range(0, len(rows), 20):
            yield routing_pb2.PublishUnitsRequest(units=rows[start : start + 20])
        yield routing_pb2.PublishUnitsRequest(
            activate=publication_pb2.Activation(
                request_id=str(uuid.uuid4()), valid_from=day, row_count=len(rows), dry_run=True
            )
        )

    tried = routing.PublishUnits(parts(), metadata=bearer(operator), timeout=10)
    analytics = analytics_pb2_grpc.AnalyticsServiceStub(grpc.insecure_channel(analytics_url))
    bulletin = analytics.GetBulletin(
        analytics_pb2.GetBulletinRequest(from_day=day, to_day=day),
        metadata=bearer(analyst),
        timeout=10,
    )
    print(
        json.dumps(
            {
                "number": registered.number,
                "same": registered == again,
                "pushed": {
                    "answers": len(pushed),
                    "accepted": sorted({a.accepted.number for a in pushed if a.WhichOneof("result") == "accepted"}),
                    "violations": [v.field for a in pushed if a.WhichOneof("result") == "refused" for v in a.refused.violations],
                },
                "refused": refused,
                "order": {
                    "appeals": [linked.facts.category for linked in read.appeals],
                    "deadlines": [
                        [vocabulary_pb2.ClockKind.Name(deadline.kind), deadline.round] for deadline in read.deadlines
                    ],
                },
                "units": len(units),
                "pages": pages,
                "dry_run": {
                    "version": tried.version,
                    "counts": [tried.difference.added_count, tried.difference.changed_count, tried.difference.removed_count],
                    "rows": [[row.kind, row.key] for row in tried.difference.rows],
                },
                "figures": len(bulletin.figures),
            },
            ensure_ascii=False,
        )
    )


if __name__ == "__main__":
    main()
