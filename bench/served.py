"""Both programs behind the web server that a site runs, each in a process of its own, and a browser's one connection to each.

`python -m bench.served PROGRAM PORT WEIGHT` serves one of the two.
"""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from dev.postgres import free_port

PATIENCE = 60.0


@contextmanager
def connection_to(program: str, weight: int = 0) -> "Iterator[Connection]":
    """A connection to `site` or `limits` while the block runs."""
    port = free_port()
    process = subprocess.Popen([sys.executable, "-m", "bench.served", program, str(port), str(weight)], env=os.environ)
    try:
        yield Connection(_connected(port))
    finally:
        process.terminate()
        process.wait()


class Connection:
    """Asks again and again on one socket, for next to nothing: what is measured is the server."""

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected

    def visits(self, path: str, count: int, headers: Mapping[str, str] | None = None) -> Callable[[], None]:
        """So many visits, one after the other."""
        asked = _request(path, headers or {})

        def work() -> None:
            for _visit in range(count):
                self._ask(asked)

        return work

    def answer(self, path: str, headers: Mapping[str, str] | None = None) -> tuple[int, dict[str, str]]:
        """Status and headers of one visit."""
        first, *rest = self._ask(_request(path, headers or {})).decode("latin-1").split("\r\n")
        return int(first.split()[1]), {name.lower(): value for name, _colon, value in (line.partition(": ") for line in rest)}

    def _ask(self, asked: bytes) -> bytes:
        self._socket.sendall(asked)
        received = b""
        while b"\r\n\r\n" not in received:
            received += self._received()
        head, _blank, body = received.partition(b"\r\n\r\n")
        missing = _length(head) - len(body)
        while missing > 0:
            missing -= len(self._received())
        return head

    def _received(self) -> bytes:
        if not (received := self._socket.recv(1 << 16)):
            raise ConnectionError("the server hung up")
        return received


def _request(path: str, headers: Mapping[str, str]) -> bytes:
    lines = [f"GET {path} HTTP/1.1", "Host: localhost", "User-Agent: bench", "Accept-Language: zh-CN"]
    return "\r\n".join([*lines, *(f"{name}: {value}" for name, value in headers.items()), "", ""]).encode()


def _length(head: bytes) -> int:
    name = b"\r\ncontent-length: "
    place = head.lower().find(name)
    return int(head[place + len(name) :].partition(b"\r\n")[0]) if place >= 0 else 0


def _connected(port: int) -> socket.socket:
    begin = time.monotonic()
    while True:
        try:
            connected = socket.create_connection(("127.0.0.1", port), timeout=10)
        except OSError:
            if time.monotonic() - begin > PATIENCE:
                raise
            time.sleep(0.1)
        else:
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return connected


def main() -> None:
    from granian.constants import Interfaces
    from granian.server import Server

    program, port, _weight = sys.argv[1:]
    Server(
        f"bench.served:{program}",
        port=int(port),
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=1,
        websockets=False,
        log_enabled=False,
        factory=True,
    ).serve()


def site() -> Callable[..., object]:
    """Our own pages, on connections that are kept as a site's pool keeps them."""
    from bench.ground import begin_django

    begin_django()
    from django.core.handlers.wsgi import WSGIHandler
    from django.db import connections

    for alias in connections:
        connections.settings[alias]["CONN_MAX_AGE"] = None
    return WSGIHandler()


def limits() -> Callable[..., object]:
    """The limit pages, as heavy as was asked for."""
    from bench.ground import begin_django

    begin_django()
    from bench.limits import handler

    return handler(int(sys.argv[3]))


if __name__ == "__main__":
    main()
