"""The command line: `python -m simulators.yunhang --port N --state DIR`."""

import argparse
import signal
from pathlib import Path

from simulators.insurer.books import Books
from simulators.insurer.desk import Server
from simulators.yunhang.protocol import Gateway


def main() -> None:
    parser = argparse.ArgumentParser(prog="simulators.yunhang", description="A simulated insurer with an XML gateway.")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--state", type=Path, required=True, help="the folder of its books and keys")
    parser.add_argument("--channel", default="BT0001", help="the broker's channel number")
    parser.add_argument("--decide-in", type=float, default=2.0, help="seconds from taking to deciding")
    options = parser.parse_args()
    server = serve(host=options.host, port=options.port, state=options.state, channel=options.channel, decide_in=options.decide_in)
    signal.signal(signal.SIGTERM, lambda *_: server.stop())
    print(f"yunhang simulator on http://{options.host}:{server.port}/", flush=True)
    try:
        server.run()
    except KeyboardInterrupt:
        server.stop()


def serve(*, host: str, port: int, state: Path, channel: str, decide_in: float) -> Server:
    """Bind the port now and answer when `run()` is called; port 0 takes a free one."""
    books = Books(state / "insurer.sqlite3", prefix="YH")
    return Server(Gateway(books=books, folder=state, channel=channel, decide_in=decide_in), host=host, port=port)


if __name__ == "__main__":
    main()
