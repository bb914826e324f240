"""A foreign client that pushes as fast as it can: plain grpcio, several streams of one connection, nothing throttled.

usage: push.py PROTO_FOLDER INTAKE PLATFORM_TOKEN CATEGORY REGION STREAMS ACCEPTED BYTES:COUNT …

For each BYTES:COUNT it opens STREAMS streams at once. Each sends ACCEPTED right appeals, which the service has to store,
and behind them COUNT messages of exactly so many bytes, which are refused one by one. Prints as JSON how many of each
were sent and answered, how long it took, and how a stream ended that did not end well.
"""

import json
import sys
import threading
import time

import grpc

from client import compile_contracts


def main():
    folder, intake_url, token, category, region, streams, accepted, *rounds = sys.argv[1:]
    compile_contracts(folder)
    from hotline.common.v1 import vocabulary_pb2
    from hotline.intake.v1 import intake_pb2

    channel = grpc.insecure_channel(intake_url)
    # Messages are made beforehand, so that nothing slows the sender down.
    push = channel.stream_stream(
        "/hotline.intake.v1.IntakeService/PushAppeals",
        request_serializer=lambda message: message,
        response_deserializer=intake_pb2.PushAppealsResponse.FromString,
    )

    def right(number):
        draft = intake_pb2.AppealDraft(
            channel="provincial_transfer",
            type=vocabulary_pb2.APPEAL_TYPE_HELP,
            category=category,
            region=region,
            appellant=intake_pb2.Appellant(name="王小明", phone="13812345678"),
            title="小区停水",
            content="小区从昨晚开始停水。",
        )
        return intake_pb2.PushAppealsRequest(upstream_number=number, appeal=draft).SerializeToString()

    def lacking(number, size):
        """A message of `size` bytes with a content, and nothing else that an appeal needs."""
        for length in range(size):
            draft = intake_pb2.AppealDraft(content="x" * length)
            message = intake_pb2.PushAppealsRequest(upstream_number=number, appeal=draft).SerializeToString()
            if len(message) >= size:
                break
        # Where a length takes one byte more, no content fits: one more character of the number does.
        return message if len(message) == size else lacking(number + "x", size)

    class Stream(threading.Thread):
        def __init__(self, name, size, count):
            super().__init__()
            self.sent, self.accepted, self.refused, self.ended = 0, 0, 0, ""
            mass = lacking(name, size)
            self.messages = [right(f"{name}-{size}-{n}") for n in range(int(accepted))] + [mass] * count

        def send(self):
            for message in self.messages:
                self.sent += 1
                yield message

        def run(self):
            try:
                for answer in push(self.send(), metadata=[("authorization", f"Bearer {token}")]):
                    if answer.WhichOneof("result") == "accepted":
                        self.accepted += 1
                    else:
                        self.refused += 1
            except grpc.RpcError as error:
                self.ended = f"{error.code().name}: {error.details()}"

    report = []
    for size, count in (map(int, pair.split(":")) for pair in rounds):
        pushing = [Stream(f"S{n}", size, count) for n in range(int(streams))]
        began = time.monotonic()
        for stream in pushing:
            stream.start()
        for stream in pushing:
            stream.join()
        report.append(
            {
                "bytes": size,
                "sent": sum(stream.sent for stream in pushing),
                "accepted": sum(stream.accepted for stream in pushing),
                "refused": sum(stream.refused for stream in pushing),
                "ended": sorted({stream.ended for stream in pushing} - {""}),
                "seconds": round(time.monotonic() - began, 1),
            }
        )
    print(json.dumps(report))


if __name__ == "__main__":
    main()
