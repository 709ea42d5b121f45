"""The command line: `python -m simulators.sms --port N --state DIR`."""

import argparse
import signal
from pathlib import Path

from simulators.sms.books import Books
from simulators.sms.server import serve


def main() -> None:
    parser = argparse.ArgumentParser(prog="simulators.sms", description="A simulated text message carrier.")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--state", type=Path, required=True, help="the folder of its books")
    parser.add_argument("--key-id", default="demo-key", help="the one access key it knows")
    parser.add_argument("--key-secret", default="demo-secret")
    options = parser.parse_args()
    server = serve(
        host=options.host, port=options.port, books=Books(options.state / "sms.sqlite3"), keys={options.key_id: options.key_secret}
    )
    signal.signal(signal.SIGTERM, lambda *_: server.stop())
    print(f"sms simulator on http://{options.host}:{server.port}/", flush=True)
    try:
        server.run()
    except KeyboardInterrupt:
        server.stop()


if __name__ == "__main__":
    main()
