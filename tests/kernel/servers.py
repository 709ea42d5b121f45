"""Real servers on the loopback that answer, stall, trickle or hang up as a test tells them."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

Behaviour = Callable[[socket.socket], None]


@dataclass
class Server:
    """What a server on `port` was sent: one entry per connection, and the name asked for in the TLS handshake."""

    port: int
    requests: list[bytes] = field(default_factory=list)
    names: list[str | None] = field(default_factory=list)
    connections: int = 0

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def named(self) -> str:
        return f"127.0.0.1:{self.port}"


@contextlib.contextmanager
def serving(behave: Behaviour, *, tls: ssl.SSLContext | None = None) -> Iterator[Server]:
    """A server that reads one whole request per connection and then behaves."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = Server(listener.getsockname()[1])
    threads: list[threading.Thread] = []
    closing = threading.Event()
    if tls:
        tls.sni_callback = lambda _connection, name, _context: server.names.append(name)

    def serve(connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            connection.settimeout(10)
            line = tls.wrap_socket(connection, server_side=True) if tls else connection
            with line:
                server.requests.append(_request_from(line))
                behave(line)

    def accept() -> None:
        while not closing.is_set():
            try:
                connection, _address = listener.accept()
            except OSError:
                return
            server.connections += 1
            threads.append(threading.Thread(target=serve, args=(connection,)))
            threads[-1].start()

    accepting = threading.Thread(target=accept)
    accepting.start()
    try:
        yield server
    finally:
        closing.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for thread in [accepting, *threads]:
            thread.join(timeout=15)


def answering(status: str = "200 OK", content: bytes = b"fine", *headers: str) -> Behaviour:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(content)}", *headers]
    return saying("\r\n".join(lines).encode() + b"\r\n\r\n" + content)


def saying(raw: bytes) -> Behaviour:
    return lambda line: line.sendall(raw)


def silent(line: socket.socket) -> None:
    """Says nothing until the caller gives up."""
    line.recv(1)


def trickling(raw: bytes, pause: float) -> Behaviour:
    """One byte at a time, each soon enough to keep the caller waiting for the next."""

    def trickle(line: socket.socket) -> None:
        rest = threading.Event()
        for byte in raw:
            line.sendall(bytes([byte]))
            rest.wait(pause)

    return trickle


@contextlib.contextmanager
def tarpit() -> Iterator[int]:
    """A port where a TLS handshake is begun and never finished: one byte of a long record at a time."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def drip() -> None:
            connection, _address = listener.accept()
            with contextlib.suppress(OSError), connection:
                trickling(b"\x16\x03\x03\x3f\xff" + b"\x02" * 200, pause=0.05)(connection)

        thread = threading.Thread(target=drip)
        thread.start()
        yield int(listener.getsockname()[1])
        thread.join(timeout=15)


def closed_port() -> int:
    """A port on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def certificate_for(name: str, folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's context with a fresh certificate for `name`, and a client's that trusts exactly this one."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    chain = folder / "chain.pem"
    unencrypted = serialization.NoEncryption()
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, unencrypted)
    chain.write_bytes(pem + certificate.public_bytes(serialization.Encoding.PEM))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(chain)
    return server, ssl.create_default_context(cadata=certificate.public_bytes(serialization.Encoding.PEM).decode())


def _request_from(line: socket.socket) -> bytes:
    request = b""
    while b"\r\n\r\n" not in request:
        if not (piece := line.recv(65536)):
            return request
        request += piece
    head, _blank, body = request.partition(b"\r\n\r\n")
    lengths = [int(row.split(b":")[1]) for row in head.split(b"\r\n") if row.lower().startswith(b"content-length:")]
    while lengths and len(body) < lengths[0]:
        body += line.recv(65536)
    return head + b"\r\n\r\n" + body
