"""The one way out: every outgoing call of the house and of its vendors goes through `Outgoing`.

It promises that a call ends in time and within a size; that it reaches the host it names, at a public address that was looked up once,
over TLS, and is led nowhere else; that the log says who was called and how it went, and nothing of what was said; and that a caller
always knows whether the request may have arrived. Simulators and other exceptions are named in `settings.OUTGOING_ALLOWED`.

Every call opens its own connection. One kept open may have been closed by the other side in the meantime, and then nobody can say
whether a payment sent into it has arrived.
"""

import contextlib
import logging
import queue
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from urllib.parse import quote

import httpcore
import httpx
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from besttrav.kernel.addresses import is_public
from besttrav.kernel.errors import Refusal, Unavailable

Resolver = Callable[[str, int], list[str]]

log = logging.getLogger("besttrav.outgoing")

# Below warnings, the engine underneath writes targets, headers and answers to its log.
logging.getLogger("httpcore").setLevel(logging.WARNING)

_HTTPS = 443
_HOST = re.compile(r"[a-z0-9._:-]+")
_ADDRESSES_TRIED = 4
_SAID_FOR_US = {"Accept-Encoding": "identity", "Connection": "close", "User-Agent": "Besttrav"}


class AddressRefused(Refusal):
    """The address is not one we call: not https, not an expected host or port, or leading into our own or a private network."""

    code = "address_refused"
    message = _("This address may not be called from here.")
    way_out = _("Use a public https address on the standard port.")


@dataclass(frozen=True, slots=True)
class Limits:
    """How long and how much: seconds to connect, of silence and for everything together; bytes of an answer."""

    connect: float = 5
    silence: float = 15
    whole: float = 30
    size: int = 2 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, read to its end. Shown by its status alone: headers and content may be about somebody."""

    status: int
    headers: httpx.Headers = field(repr=False)
    content: bytes = field(repr=False)


def look_up(host: str, port: int) -> list[str]:
    """The addresses of a host, in the order in which the system would try them."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_kind, address in found))


class Outgoing:
    """Calls to one party outside, whose `origin` is an address from our own settings: https://api.example.com or with a path behind it.

    Raises Unavailable, and says whether the request may have arrived, for everything after which the effect is not known: no
    connection, no whole answer, an answer too large, a status of 500 and above. Other answers are the caller's to read; redirects are
    answers too, and never followed.
    """

    def __init__(
        self,
        name: str,
        origin: str,
        *,
        limits: Limits | None = None,
        tls: ssl.SSLContext | None = None,
        resolver: Resolver = look_up,
        network: httpcore.NetworkBackend | None = None,
    ) -> None:
        self.name = name
        self.origin = httpx.URL(origin.rstrip("/"))
        self.limits = limits or Limits()
        self._tls = tls
        self._resolver = resolver
        self._network = network or httpcore.SyncBackend()

    def send(
        self,
        method: str,
        path: str,
        *,
        values: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        content: bytes = b"",
    ) -> Answer:
        """One request. `path` is a template, /orders/{number}, filled from `values`: the log shows the template only."""
        url = f"{self.origin}{_filled(path, values or {})}"
        return self._exchange(httpx.Request(method, url, params=query, headers=headers, content=content), path)

    def fetch(self, url: str, *, hosts: Collection[str], headers: Mapping[str, str] | None = None) -> Answer:
        """Get a document whose address the other side named: accepted on the listed hosts and the standard port only."""
        try:
            request = httpx.Request("GET", url, headers=headers)
        except (httpx.InvalidURL, UnicodeError, TypeError):
            raise AddressRefused from None
        if _host_of(request.url) not in hosts or _port_of(request.url) not in {_HTTPS, *_ports_named(_host_of(request.url))}:
            raise AddressRefused
        return self._exchange(request, "/...")

    def _exchange(self, request: httpx.Request, template: str) -> Answer:
        started, outcome = time.monotonic(), "refused"
        try:
            answer = self._answer_to(request)
            outcome = str(answer.status)
        except Unavailable as error:
            outcome = f"{error}, {'may have arrived' if error.may_have_arrived else 'nothing left'}"
            raise
        finally:
            elapsed = (time.monotonic() - started) * 1000
            log.info("%s: %s %s%s -> %s, %d ms", self.name, request.method, _host_of(request.url), template, outcome, elapsed)
        if answer.status >= 500:
            raise Unavailable(self.name, f"it answered {answer.status}")
        return answer

    def _answer_to(self, request: httpx.Request) -> Answer:
        line = _Line(self._network, self._addresses_for(request.url))
        try:
            with line.cut_after(self.limits.whole), self._connection(line) as connection:
                return self._read(connection, request)
        except _UnfitAnswer as unfit:
            raise Unavailable(self.name, str(unfit)) from None
        except (httpcore.LocalProtocolError, httpcore.UnsupportedProtocol):
            # Nothing is chained: the texts of the engine quote headers and answers.
            raise ValueError(f"this request to {self.name} cannot be written as HTTP") from None
        except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError) as error:
            because = "no whole answer in time" if line.was_cut else _REASONS.get(type(error), "the connection broke")
            raise Unavailable(self.name, because, may_have_arrived=line.was_written) from None

    def _addresses_for(self, url: httpx.URL) -> list[str]:
        """Where to connect: looked up once, so that the address that was judged is the address that is used."""
        host, port = _host_of(url), _port_of(url)
        named = port in _ports_named(host)
        if url.userinfo or not _HOST.fullmatch(host) or (url.scheme != "https" and not named):
            raise AddressRefused
        addresses = self._looked_up(host, port)
        if not named and not all(is_public(address) for address in addresses):
            raise AddressRefused
        return addresses[:_ADDRESSES_TRIED]

    def _looked_up(self, host: str, port: int) -> list[str]:
        """In a thread of its own, because the system's look-up knows no time limit and cannot be stopped."""
        outcomes: queue.SimpleQueue[list[str]] = queue.SimpleQueue()

        def look() -> None:
            try:
                outcomes.put(self._resolver(host, port))
            except (OSError, UnicodeError):
                outcomes.put([])

        threading.Thread(target=look, name="besttrav-look-up", daemon=True).start()
        try:
            addresses = outcomes.get(timeout=self.limits.connect)
        except queue.Empty:
            addresses = []
        if not addresses:
            raise Unavailable(self.name, "its name could not be looked up", may_have_arrived=False)
        return addresses

    def _connection(self, line: "_Line") -> httpcore.ConnectionPool:
        return httpcore.ConnectionPool(
            ssl_context=self._tls or _everybodys_trust(), network_backend=line, max_connections=1, max_keepalive_connections=0
        )

    def _read(self, connection: httpcore.ConnectionPool, request: httpx.Request) -> Answer:
        url = request.url
        timeout = {"connect": self.limits.connect, "read": self.limits.silence, "write": self.limits.silence}
        with connection.stream(
            request.method,
            httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
            headers=_headers_of(request),
            content=request.read(),
            extensions={"timeout": timeout},
        ) as response:
            headers = httpx.Headers(response.headers)
            if headers.get("content-encoding", "identity") != "identity":
                raise _UnfitAnswer("it answered in an encoding nobody asked for")
            return Answer(response.status, headers, _whole(response.iter_stream(), self.limits.size))


class _UnfitAnswer(Exception):
    """An answer came, but not one we read to its end."""


class _Line(httpcore.NetworkBackend):
    """One connection to one of the judged addresses, whatever name the request carries: Host, SNI and the certificate keep the name.

    Knows whether any byte of a request was handed to the network, and can be cut off from outside.
    """

    def __init__(self, network: httpcore.NetworkBackend, addresses: list[str]) -> None:
        self._network = network
        self._addresses = addresses
        self._plug: socket.socket | None = None
        self.was_written = False
        self.was_cut = False

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        failure: Exception = httpcore.ConnectTimeout()
        for address in self._addresses:
            if self.was_cut:
                break
            try:
                return self._plugged(self._network.connect_tcp(address, port, timeout, local_address, socket_options))
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure

    @contextlib.contextmanager
    def cut_after(self, seconds: float) -> Iterator[None]:
        """Whatever is going on, a handshake or an answer that trickles, ends after so many seconds."""
        timer = threading.Timer(seconds, self._cut)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            if self._plug:
                self._plug.close()

    def _plugged(self, stream: httpcore.NetworkStream) -> httpcore.NetworkStream:
        # A second handle on the same connection: TLS takes the first one away from us.
        if connected := stream.get_extra_info("socket"):
            self._plug = connected.dup()
        if self.was_cut:
            self._cut()
        return _Watched(stream, self)

    def _cut(self) -> None:
        self.was_cut = True
        try:
            if self._plug:
                self._plug.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # The call ended at the same moment.


class _Watched(httpcore.NetworkStream):
    """A stream that tells its line of the first byte written. The TLS handshake runs beneath it and does not count."""

    def __init__(self, stream: httpcore.NetworkStream, line: _Line) -> None:
        self._stream = stream
        self._line = line

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, timeout)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._line.was_written = self._line.was_written or bool(buffer)
        self._stream.write(buffer, timeout)

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _Watched(self._stream.start_tls(ssl_context, server_hostname, timeout), self._line)

    def get_extra_info(self, info: str) -> object:
        return self._stream.get_extra_info(info)


_REASONS: dict[type[Exception], str] = {
    httpcore.ConnectTimeout: "it did not connect in time",
    httpcore.ConnectError: "it could not be connected to, or not be trusted",
    httpcore.ReadTimeout: "it was silent for too long",
    httpcore.WriteTimeout: "it stopped listening",
    httpcore.RemoteProtocolError: "it did not answer in HTTP",
}


@cache
def _everybodys_trust() -> ssl.SSLContext:
    """Trust in the public authorities: reading them takes 20 ms, and every party can have the same."""
    return httpx.create_ssl_context(trust_env=False)


def _filled(path: str, values: Mapping[str, str]) -> str:
    """The template with its values, each of which stays one segment: a value that could climb the path is a fault of ours."""
    if not path.startswith("/") or "?" in path or "#" in path:
        raise ValueError("a path starts with / and leaves the query to `query`")
    if any(value in {"", ".", ".."} for value in values.values()):
        raise ValueError("a value in a path is not empty and no dots")
    return re.sub(r"{(\w+)}", lambda name: quote(values[name[1]], safe=""), path)


def _host_of(url: httpx.URL) -> str:
    return url.raw_host.decode("ascii").lower().rstrip(".")


def _port_of(url: httpx.URL) -> int:
    return url.port or (80 if url.scheme == "http" else _HTTPS)


def _ports_named(host: str) -> set[int]:
    """The ports of this host that settings allow to be called at any address and without TLS."""
    named = (entry.rpartition(":") for entry in settings.OUTGOING_ALLOWED)
    return {int(port) for name, _colon, port in named if name.strip("[]").lower() == host}


def _headers_of(request: httpx.Request) -> list[tuple[bytes, bytes]]:
    ours = [(name.encode(), value.encode()) for name, value in _SAID_FOR_US.items() if name not in request.headers]
    return [*request.headers.raw, *ours]


def _whole(chunks: Iterable[bytes], size: int) -> bytes:
    content = bytearray()
    for chunk in chunks:
        content += chunk
        if len(content) > size:
            raise _UnfitAnswer(f"its answer is larger than {size} bytes")
    return bytes(content)
