"""The command line that all simulated channels share."""

import argparse
import signal
from collections.abc import Callable
from pathlib import Path

from simulators.cashier.server import serve
from simulators.cashier.vendor import Vendor


def run(name: str, vendor: Callable[[Path], Vendor]) -> None:
    """Serve until SIGTERM or Ctrl-C. A restart finds everything in the state folder."""
    parser = argparse.ArgumentParser(prog=f"simulators.{name}", description="A simulated payment channel.")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--state", type=Path, required=True, help="the folder of its books and keys")
    parser.add_argument("--time-scale", type=float, default=0, help="how many times faster it waits, between notices for example")
    options = parser.parse_args()
    channel = vendor(options.state)
    if options.time_scale:
        channel.books.set("time_scale", str(options.time_scale))
    server = serve(host=options.host, port=options.port, vendor=channel)
    signal.signal(signal.SIGTERM, lambda *_: server.stop())
    print(f"{name} simulator on http://{options.host}:{server.port}/", flush=True)
    try:
        server.run()
    except KeyboardInterrupt:
        server.stop()
