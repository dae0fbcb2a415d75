"""Starts one stand-in: `python -m standin --kind openai --name ward --log FILE`; prints where it listens, as JSON."""

import argparse
import json

from standin.server import StandIn, listen


def main() -> None:
    parser = argparse.ArgumentParser(prog="standin", description=__doc__)
    parser.add_argument("--kind", choices=["openai", "anthropic"], required=True)
    parser.add_argument("--name", required=True, help="announced in every answer and in the `server` header")
    parser.add_argument("--log", required=True, help="receives one JSON object per request, bodies included")
    parser.add_argument("--key", help="the only credential that is accepted; without it none may be sent at all")
    parser.add_argument("--port", type=int, default=0)
    given = parser.parse_args()
    server = listen(StandIn(kind=given.kind, name=given.name, key=given.key, log=given.log), given.port)
    print(json.dumps({"name": given.name, "kind": given.kind, "url": f"http://127.0.0.1:{server.server_port}"}), flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
