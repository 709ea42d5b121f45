"""The command line: `python -m simulators.invoices --port N --state DIR`."""

import argparse
import json
import signal
from pathlib import Path

from simulators.invoices.books import Books
from simulators.invoices.protocol import Account, Platform
from simulators.invoices.server import Server


def main() -> None:
    parser = argparse.ArgumentParser(prog="simulators.invoices", description="A simulated platform that issues invoices.")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--state", type=Path, required=True, help="the folder of its books, with accounts.json in it")
    parser.add_argument("--done-in", type=float, default=4, help="seconds that issuing an invoice takes")
    options = parser.parse_args()
    server = serve(host=options.host, port=options.port, state=options.state, done_in=options.done_in)
    signal.signal(signal.SIGTERM, lambda *_: server.stop())
    print(f"invoice simulator on http://{options.host}:{server.port}/", flush=True)
    try:
        server.run()
    except KeyboardInterrupt:
        server.stop()


def serve(*, host: str, port: int, state: Path, done_in: float = 0) -> Server:
    """Bind the port now and answer when `run()` is called; port 0 takes a free one."""
    accounts = {name: Account(**account) for name, account in json.loads((state / "accounts.json").read_text(encoding="utf-8")).items()}
    return Server(Platform(books=Books(state / "invoices.sqlite3"), accounts=accounts, done_in=done_in), host=host, port=port)


if __name__ == "__main__":
    main()
