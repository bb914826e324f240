"""A foreign client that asks for health: plain grpcio, bytes as grpc.health.v1 has them.

usage: serves.py SECONDS ADDRESS ...

Ends well when every address says SERVING within so many seconds.
"""

import sys
import time

import grpc

# HealthCheckResponse { status: SERVING }
SERVING = b"\x08\x01"


def main():
    until = time.monotonic() + float(sys.argv[1])
    left = {address: "not asked" for address in sys.argv[2:]}
    while left and time.monotonic() < until:
        for address in list(left):
            with grpc.insecure_channel(address) as channel:
                check = channel.unary_unary("/grpc.health.v1.Health/Check")
                try:
                    answer = check(b"", timeout=1)
                except grpc.RpcError as error:
                    left[address] = error.code().name
                else:
                    left[address] = repr(answer)
                    if answer == SERVING:
                        del left[address]
    if left:
        raise SystemExit(f"not serving: {left}")


if __name__ == "__main__":
    main()
