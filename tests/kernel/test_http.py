"""Going out: to whom, for how long, how much, and what is known afterwards. Against real servers on the loopback."""

import logging
import ssl
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import httpcore
import httpx
import pytest
from pytest_django import Settings

from besttrav.kernel.errors import Unavailable
from besttrav.kernel.http import AddressRefused, Answer, Limits, Outgoing, look_up
from tests.kernel.servers import Server, answering, certificate_for, closed_port, saying, serving, silent, tarpit, trickling

QUICK = Limits(connect=1, silence=0.3, whole=1.2, size=1000)


class Recorder(httpcore.NetworkBackend):
    """A network that notes where it should have connected to, and never does."""

    def __init__(self) -> None:
        self.addresses: list[str] = []

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        self.addresses.append(host)
        raise httpcore.ConnectError


class AnyHost(set[str]):
    def __contains__(self, host: object) -> bool:
        return True


@pytest.fixture(autouse=True)
def nothing_is_allowed(settings: Settings) -> None:
    settings.OUTGOING_ALLOWED = []


def calling(server: Server, settings: Settings, **options: Any) -> Outgoing:
    settings.OUTGOING_ALLOWED = [server.named]
    return Outgoing("insurer", server.origin, **{"limits": QUICK, **options})


# What is sent and what comes back.


def test_a_request_arrives_as_written_and_its_answer_comes_back_whole(settings: Settings) -> None:
    with serving(answering("201 Created", b'{"state": "ok"}', "X-Number: 7")) as server:
        insurer = calling(server, settings)
        answer = insurer.send(
            "POST", "/orders/{number}", values={"number": "A/1 保"}, query={"day": "2026-05-01"}, headers={"X-Sign": "s"}, content=b"body"
        )
    assert (answer.status, answer.content, answer.headers["x-number"]) == (201, b'{"state": "ok"}', "7")
    assert server.requests[0].startswith(b"POST /orders/A%2F1%20%E4%BF%9D?day=2026-05-01 HTTP/1.1\r\n")
    assert server.requests[0].endswith(b"\r\n\r\nbody")
    for line in (f"Host: {server.named}", "X-Sign: s", "Content-Length: 4", "Accept-Encoding: identity", "Connection: close"):
        assert line.encode() in server.requests[0]


def test_the_path_of_the_origin_stands_before_that_of_the_call(settings: Settings) -> None:
    with serving(answering()) as server:
        settings.OUTGOING_ALLOWED = [server.named]
        Outgoing("insurer", f"{server.origin}/gateway/", limits=QUICK).send("GET", "/orders")
    assert server.requests[0].startswith(b"GET /gateway/orders HTTP/1.1\r\n")


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 Temporary Redirect", "308 Permanent Redirect"])
def test_a_redirect_is_an_answer_and_is_not_followed(settings: Settings, status: str) -> None:
    with serving(answering()) as trap, serving(answering(status, b"", f"Location: {trap.origin}/")) as server:
        settings.OUTGOING_ALLOWED = [server.named, trap.named]
        answer = Outgoing("insurer", server.origin, limits=QUICK).send("GET", "/")
    assert answer.status == int(status[:3])
    assert trap.connections == 0


def test_an_answer_shows_its_status_and_nothing_of_its_content() -> None:
    answer = Answer(200, httpx.Headers({"X-Name": "Zhang San"}), b"Zhang San")
    assert repr(answer) == "Answer(status=200)"


@pytest.mark.parametrize("value", ["", ".", ".."])
def test_a_value_that_could_climb_the_path_is_a_fault_of_ours(value: str) -> None:
    with pytest.raises(ValueError, match="value in a path"):
        Outgoing("insurer", "https://insurer.test").send("GET", "/orders/{number}", values={"number": value})


@pytest.mark.parametrize("path", ["orders", "/orders?name=x", "/orders#x", ""])
def test_a_query_does_not_hide_in_the_path_where_the_log_would_show_it(path: str) -> None:
    with pytest.raises(ValueError, match="leaves the query"):
        Outgoing("insurer", "https://insurer.test").send("GET", path)


def test_a_header_that_would_smuggle_another_is_not_sent_and_not_repeated(settings: Settings) -> None:
    with serving(answering()) as server, pytest.raises(ValueError, match="cannot be written as HTTP") as refused:
        calling(server, settings).send("GET", "/", headers={"X-Name": "canary\r\nX-Role: admin"})
    assert server.requests in ([], [b""])
    assert "canary" not in str(refused.value)
    assert refused.value.__suppress_context__


# What is known when it fails.


def failure(server_or_origin: Server | str, settings: Settings, **options: Any) -> Unavailable:
    origin = server_or_origin if isinstance(server_or_origin, str) else server_or_origin.origin
    settings.OUTGOING_ALLOWED = [origin.removeprefix("http://")]
    with pytest.raises(Unavailable) as unavailable:
        Outgoing("insurer", origin, **{"limits": QUICK, **options}).send("POST", "/pay", content=b"canary")
    assert "canary" not in str(unavailable.value)
    return unavailable.value


def test_nothing_left_when_nobody_listens(settings: Settings) -> None:
    error = failure(f"http://127.0.0.1:{closed_port()}", settings)
    assert error.name == "insurer"
    assert not error.may_have_arrived


def test_nothing_left_when_the_name_is_unknown(settings: Settings) -> None:
    def unknown(_host: str, _port: int) -> list[str]:
        raise OSError("no such name")

    assert not failure("http://insurer.test:80", settings, resolver=unknown).may_have_arrived


def test_nothing_left_when_the_look_up_takes_too_long(settings: Settings) -> None:
    given_up, answered = threading.Event(), threading.Event()

    def slow(_host: str, _port: int) -> list[str]:
        given_up.wait(30)
        answered.set()
        return ["127.0.0.1"]

    assert not failure("http://insurer.test:80", settings, resolver=slow, limits=Limits(connect=0.2)).may_have_arrived
    assert not answered.is_set(), "it waited for the answer"
    given_up.set()


@pytest.mark.parametrize("status", ["500 Internal Server Error", "502 Bad Gateway", "503 Service Unavailable", "504 Gateway Timeout"])
def test_a_server_that_breaks_may_have_done_it_first(settings: Settings, status: str) -> None:
    with serving(answering(status)) as server:
        error = failure(server, settings)
    assert error.may_have_arrived
    assert status[:3] in str(error)


@pytest.mark.parametrize("status", ["400 Bad Request", "404 Not Found", "409 Conflict", "429 Too Many Requests"])
def test_a_refusal_of_the_other_side_is_an_answer(settings: Settings, status: str) -> None:
    with serving(answering(status)) as server:
        assert calling(server, settings).send("POST", "/pay").status == int(status[:3])


@pytest.mark.parametrize(
    ("raw", "what"),
    [
        (b"", "hangs up"),
        (b"HTTP/1.1 200 OK\r\nContent-Le", "hangs up in its headers"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", "hangs up in its answer"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "does not speak HTTP"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: nine\r\n\r\n", "cannot count"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n", "cannot count in hexadecimal either"),
    ],
)
def test_it_may_have_arrived_when_the_answer_is_broken(settings: Settings, raw: bytes, what: str) -> None:
    with serving(saying(raw)) as server:
        assert failure(server, settings).may_have_arrived, what


def test_it_may_have_arrived_when_the_other_side_stays_silent(settings: Settings) -> None:
    with serving(silent) as server:
        error = failure(server, settings)
    assert error.may_have_arrived
    assert "silent for too long" in str(error), "and not the limit for everything together"


@pytest.mark.parametrize(
    "raw", [b"HTTP/1.1 200 OK\r\nX-Slow: " + b"a" * 500, b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n" + b"a" * 500]
)
def test_an_answer_that_trickles_is_cut_off_as_a_whole(settings: Settings, raw: bytes) -> None:
    with serving(trickling(raw, pause=0.05)) as server:
        error = failure(server, settings)
    assert error.may_have_arrived
    assert "no whole answer in time" in str(error)


@pytest.mark.parametrize(
    "raw",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n" + b"a" * 1001,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"10\r\n0123456789abcdef\r\n" * 100,
        b"HTTP/1.1 200 OK\r\n\r\n" + b"a" * 5000,
    ],
)
def test_an_answer_beyond_the_size_is_not_read_to_its_end(settings: Settings, raw: bytes) -> None:
    with serving(saying(raw)) as server:
        error = failure(server, settings)
    assert error.may_have_arrived
    assert "larger than 1000 bytes" in str(error)


def test_an_answer_of_exactly_the_size_is_read(settings: Settings) -> None:
    with serving(answering(content=b"a" * 1000)) as server:
        assert len(calling(server, settings).send("GET", "/").content) == 1000


def test_a_compressed_answer_is_refused_before_it_can_swell(settings: Settings) -> None:
    with serving(answering("200 OK", b"\x1f\x8b", "Content-Encoding: gzip")) as server:
        assert "encoding" in str(failure(server, settings))


def test_the_next_address_is_tried_while_nothing_has_left(settings: Settings) -> None:
    with serving(answering()) as server:
        settings.OUTGOING_ALLOWED = [f"insurer.test:{server.port}"]
        insurer = Outgoing(
            "insurer", f"http://insurer.test:{server.port}", limits=QUICK, resolver=lambda _host, _port: ["::1", "127.0.0.1"]
        )
        assert insurer.send("GET", "/").status == 200
    assert server.connections == 1


# Whom we call.

NASTY = [
    # Ourselves and our neighbours, in every spelling that resolvers accept.
    "https://127.0.0.1/",
    "https://127.1/",
    "https://127.0.0.53/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0x7f.1/",
    "https://0177.0.0.1/",
    "https://017700000001/",
    "https://0/",
    "https://0.0.0.0/",
    "https://10.0.0.1/",
    "https://10.1/",
    "https://012.0.0.1/",
    "https://172.16.5.4/",
    "https://192.168.1.1/",
    "https://192.168.257/",
    "https://3232235777/",
    "https://100.64.0.1/",
    "https://100.100.100.200/latest/meta-data/",
    "https://169.254.169.254/latest/meta-data/",
    "https://0xa9fea9fe/latest/meta-data/",
    "https://2852039166/",
    "https://168.63.129.16/",
    "https://198.18.0.1/",
    "https://224.0.0.1/",
    "https://255.255.255.255/",
    "https://[::]/",
    "https://[::1]/",
    "https://[0:0:0:0:0:0:0:1]/",
    "https://[::127.0.0.1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:7f00:1]/",
    "https://[::ffff:169.254.169.254]/",
    "https://[64:ff9b::127.0.0.1]/",
    "https://[64:ff9b::a9fe:a9fe]/",
    "https://[64:ff9b:1::10.0.0.1]/",
    "https://[2002:7f00:1::]/",
    "https://[2001:0:7f00:1::]/",
    "https://[fc00::1]/",
    "https://[fd00:ec2::254]/",
    "https://[fe80::1]/",
    "https://[fe80::1%25lo]/",
    "https://[ff02::1]/",
    "https://localhost/",
    "https://localhost./",
    "https://LOCALHOST/",
    "https://①②⑦.0.0.1/",
    "https://127。0。0。1/",
    # Other ways of talking, and ports other than the standard one.
    "http://1.1.1.1/",
    "http://1.1.1.1:443/",
    "https://1.1.1.1:80/",
    "https://1.1.1.1:22/",
    "https://1.1.1.1:8443/",
    "ftp://1.1.1.1/",
    "file:///etc/passwd",
    "gopher://127.0.0.1:6379/_FLUSHALL",
    "dict://127.0.0.1:11211/",
    "//1.1.1.1/",
    "1.1.1.1",
    "",
    "/etc/passwd",
    "javascript:alert(1)",
    "data:text/html,x",
    # Something in front of the host, or in it.
    "https://user@1.1.1.1/",
    "https://user:password@1.1.1.1/",
    "https://1.1.1.1:443@127.0.0.1/",
    "https://1.1.1.1\\@127.0.0.1/",
    "https://1.1.1.1 @127.0.0.1/",
    "https://127.0.0.1#@1.1.1.1/",
    "https://127.0.0.1?@1.1.1.1/",
    "https://1.1.1.1\r\nHost: 127.0.0.1/",
    "https://1.1.1.1:99999/",
    "https://1.1.1.1:-1/",
    "https://[1.1.1.1/",
    "https:///etc/passwd",
]


@pytest.mark.parametrize("url", NASTY)
def test_a_nasty_address_is_refused_before_anything_is_connected(url: str) -> None:
    network = Recorder()
    with pytest.raises(AddressRefused):
        Outgoing("insurer", "https://insurer.test", network=network).fetch(url, hosts=AnyHost())
    assert network.addresses == []


def test_there_are_enough_nasty_addresses() -> None:
    assert len(set(NASTY)) >= 60


@pytest.mark.parametrize(
    "answer",
    [["127.0.0.1"], ["1.1.1.1", "10.0.0.1"], ["10.0.0.1", "1.1.1.1"], ["::1"], ["fe80::1%eth0"], ["64:ff9b::7f00:1"], ["not an address"]],
)
def test_a_name_is_refused_when_any_of_its_addresses_is_inside(answer: list[str]) -> None:
    network = Recorder()
    with pytest.raises(AddressRefused):
        Outgoing("insurer", "https://insurer.test", network=network, resolver=lambda _host, _port: answer).send("GET", "/")
    assert network.addresses == []


def test_a_name_that_is_rebound_between_two_look_ups_is_looked_up_once() -> None:
    answers = [["1.1.1.1"], ["127.0.0.1"], ["127.0.0.1"]]
    asked: list[tuple[str, int]] = []

    def rebinding(host: str, port: int) -> list[str]:
        asked.append((host, port))
        return answers[len(asked) - 1]

    network = Recorder()
    insurer = Outgoing("insurer", "https://insurer.test", network=network, resolver=rebinding)
    with pytest.raises(Unavailable):
        insurer.send("GET", "/")
    assert network.addresses == ["1.1.1.1"], "the address that was judged is the one that is used"
    assert asked == [("insurer.test", 443)]
    with pytest.raises(AddressRefused):
        insurer.send("GET", "/")
    assert network.addresses == ["1.1.1.1"]


def test_a_proxy_of_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    with serving(answering()) as proxy, serving(answering()) as server:
        for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.origin)
        assert calling(server, settings).send("GET", "/").status == 200
    assert proxy.connections == 0


def test_the_loopback_is_called_only_where_settings_name_its_port(settings: Settings) -> None:
    with serving(answering()) as named, serving(answering()) as other:
        settings.OUTGOING_ALLOWED = [named.named]
        assert Outgoing("insurer", named.origin, limits=QUICK).send("GET", "/").status == 200
        with pytest.raises(AddressRefused):
            Outgoing("insurer", other.origin, limits=QUICK).send("GET", "/")
    assert other.connections == 0


def test_a_document_is_fetched_from_the_listed_hosts_only(settings: Settings) -> None:
    with serving(answering(content=b"%PDF")) as server:
        insurer = calling(server, settings)
        assert insurer.fetch(f"{server.origin}/policy.pdf?token=t", hosts={"127.0.0.1"}).content == b"%PDF"
        assert server.requests[0].startswith(b"GET /policy.pdf?token=t HTTP/1.1\r\n")
        for hosts in (set[str](), {"files.insurer.test"}, {"27.0.0.1"}):
            with pytest.raises(AddressRefused):
                insurer.fetch(f"{server.origin}/policy.pdf", hosts=hosts)
    assert server.connections == 1


def test_a_port_from_our_own_settings_may_be_another_than_the_standard_one() -> None:
    network = Recorder()
    with pytest.raises(Unavailable):
        Outgoing("insurer", "https://insurer.test:8443", network=network, resolver=lambda _host, _port: ["1.1.1.1"]).send("GET", "/")
    assert network.addresses == ["1.1.1.1"]


def test_the_system_looks_up_numbers_without_asking_anybody() -> None:
    assert look_up("127.0.0.1", 443) == ["127.0.0.1"]


# TLS.


def test_host_and_certificate_keep_the_name_while_the_connection_goes_to_the_address(tmp_path: Path, settings: Settings) -> None:
    server_side, trusting = certificate_for("api.insurer.test", tmp_path)
    with serving(answering(), tls=server_side) as server:
        settings.OUTGOING_ALLOWED = [f"api.insurer.test:{server.port}"]
        origin = f"https://api.insurer.test:{server.port}"
        insurer = Outgoing("insurer", origin, limits=QUICK, tls=trusting, resolver=lambda _host, _port: ["127.0.0.1"])
        assert insurer.send("GET", "/").status == 200
    assert server.names == ["api.insurer.test"]
    assert f"Host: api.insurer.test:{server.port}".encode() in server.requests[0]


@pytest.mark.parametrize(("certified", "trusted"), [("api.other.test", True), ("api.insurer.test", False)])
def test_nothing_is_said_to_a_server_that_cannot_prove_its_name(tmp_path: Path, settings: Settings, certified: str, trusted: bool) -> None:
    server_side, trusting = certificate_for(certified, tmp_path)
    with serving(answering(), tls=server_side) as server:
        settings.OUTGOING_ALLOWED = [f"api.insurer.test:{server.port}"]
        error = failure_of_tls(server, trusting if trusted else None)
    assert not error.may_have_arrived
    assert server.requests == []


def failure_of_tls(server: Server, trust: ssl.SSLContext | None) -> Unavailable:
    origin = f"https://api.insurer.test:{server.port}"
    insurer = Outgoing("insurer", origin, limits=QUICK, tls=trust, resolver=lambda _host, _port: ["127.0.0.1"])
    with pytest.raises(Unavailable) as unavailable:
        insurer.send("POST", "/pay", content=b"canary")
    return unavailable.value


def test_a_handshake_that_never_ends_is_cut_off(settings: Settings) -> None:
    """The server answers the greeting byte by byte: each soon enough, the whole never."""
    with tarpit() as port:
        settings.OUTGOING_ALLOWED = [f"127.0.0.1:{port}"]
        with pytest.raises(Unavailable, match="in time") as unavailable:
            Outgoing("insurer", f"https://127.0.0.1:{port}", limits=QUICK).send("GET", "/")
    assert not unavailable.value.may_have_arrived


# What the log says.


def test_the_log_shows_who_was_called_and_how_it_went_and_nothing_else(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with serving(answering("200 OK", b"canary-content", "X-Back: canary-header")) as server:
        insurer = calling(server, settings)
        insurer.send(
            "POST",
            "/orders/{number}",
            values={"number": "canary-value"},
            query={"name": "canary-query"},
            headers={"Authorization": "canary-key"},
            content=b"canary-body",
        )
        insurer.fetch(f"{server.origin}/canary-path?token=canary-token", hosts={"127.0.0.1"})
    shown = [record.getMessage() for record in caplog.records]
    assert "canary" not in "".join(shown)
    assert [line.rsplit(",")[0] for line in shown] == [
        "insurer: POST 127.0.0.1/orders/{number} -> 200",
        "insurer: GET 127.0.0.1/... -> 200",
    ]
    assert all(line.endswith(" ms") for line in shown)


def test_the_log_tells_whether_a_lost_request_may_have_arrived(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with serving(saying(b"canary is not HTTP\r\n\r\n")) as server:
        failure(server, settings)
    failure(f"http://127.0.0.1:{closed_port()}", settings)
    lost, refused = (record.getMessage() for record in caplog.records)
    assert "may have arrived" in lost
    assert "nothing left" in refused
    assert "canary" not in lost
