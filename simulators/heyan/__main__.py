"""The command line: `python -m simulators.heyan --port N --state DIR`."""

import argparse
import json
import signal
from pathlib import Path

from simulators.heyan.protocol import Account, OpenInterface
from simulators.insurer.books import Books
from simulators.insurer.desk import Server


def main() -> None:
    parser = argparse.ArgumentParser(prog="simulators.heyan", description="Two simulated insurers with one JSON interface.")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--state", type=Path, required=True, help="the folder of its books, with accounts.json in it")
    options = parser.parse_args()
    server = serve(host=options.host, port=options.port, state=options.state)
    signal.signal(signal.SIGTERM, lambda *_: server.stop())
    print(f"heyan simulator on http://{options.host}:{server.port}/", flush=True)
    try:
        server.run()
    except KeyboardInterrupt:
        server.stop()


def serve(*, host: str, port: int, state: Path) -> Server:
    """Bind the port now and answer when `run()` is called; port 0 takes a free one."""
    accounts = {name: Account(**account) for name, account in json.loads((state / "accounts.json").read_text(encoding="utf-8")).items()}
    desk = OpenInterface(books=Books(state / "insurer.sqlite3", prefix="HA"), folder=state, accounts=accounts)
    return Server(desk, host=host, port=port)


if __name__ == "__main__":
    main()
