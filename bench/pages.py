"""What the pages of the shelf cost, against two limits of the same weight taken in the same round; the price while it changes; weights.

The WSGI application itself is called, in turn and on one thread, as a synchronous worker calls it: clients beyond the first only queue, and
no socket, no web server and no generator is in the figures. Threads of one process would measure how Python passes its lock from one to the
next, and not the pages. What is held against the bare page is asked for behind the web server, as the targets were taken: without one the
bare page costs a tenth of a millisecond, and a ratio to it would only say that we ask a database. Lines 1, 2, 3, 13 and 19 of the targets.
"""

import gzip
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import cycle, islice, repeat
from pathlib import Path
from statistics import quantiles
from typing import Any
from urllib.parse import urlencode
from wsgiref.util import setup_testing_defaults

from bench import served
from bench.measuring import Judged, Line, interleaved
from bench.sizes import Sizes

AGENT = {"HTTP_USER_AGENT": "bench", "HTTP_HOST": "localhost", "HTTP_ACCEPT_LANGUAGE": "zh-CN", "REMOTE_ADDR": "127.0.0.1"}
Application = Callable[..., Any]


def lines(sizes: Sizes) -> Iterator[Line]:
    site, asked = ready(), trip()
    product = f"/products/{_product()}/"
    yield from _against_limits(site, "the list for a trip", f"/products/?{asked}", sizes)
    yield from _against_limits(site, "a product's page", f"{product}?{asked}", sizes)
    yield from _served_again(site, f"/products/?{asked}", sizes)
    yield from _price_refresh(site, f"{product}quote/", sizes)
    yield from _weights(site, {"the list": f"/products/?{asked}", "a product's page": f"{product}?{asked}"})


def ready() -> Application:
    """The site as it is served: styles collected, the shelf full, connections kept."""
    from django.core.handlers.wsgi import WSGIHandler
    from django.core.management import call_command

    call_command("collectstatic", interactive=False, verbosity=0)
    _keep_connections()
    _stock_the_shelf()
    return WSGIHandler()


def _keep_connections() -> None:
    """As a site's pool does: a worker asks again on the connection it has."""
    from django.db import connections

    connections.close_all()
    for alias in connections:
        connections.settings[alias]["CONN_MAX_AGE"] = None


def _stock_the_shelf() -> None:
    from tests.catalogue.shelf import stocked

    stocked()


def _product() -> str:
    from besttrav.catalogue import queries
    from besttrav.kernel import clock

    return max(queries.on_shelf(clock.today()), key=lambda offer: (len(offer.areas), len(offer.plans))).slug


def trip(days: int = 8, ahead: int = 10) -> str:
    """What the home page asks, as an address carries it."""
    from besttrav.kernel import clock

    start = clock.today() + timedelta(days=ahead)
    return urlencode({"to": "JP", "start": start, "end": start + timedelta(days=days - 1), "adults": 2, "children": 1})


def _against_limits(site: Application, what: str, path: str, sizes: Sizes) -> Iterator[Line]:
    from bench import limits

    weight = len(body(site, path))
    limits.fill(weight)
    handler = limits.handler(weight)
    bare, template5 = (_visits(handler, repeat(limit), sizes.visits) for limit in ("/bare/", "/template5/"))
    anew = (f"{path.partition('?')[0]}?{trip(days, ahead)}" for ahead in range(11, 150) for days in range(2, 60))
    taken = interleaved(sizes.rounds, bare, template5, _visits(site, repeat(path), sizes.visits), _visits(site, anew, sizes.visits))
    for name, limit, asked, work, must, aim in (
        ("template5", 1, "", 2, 0.4, 0.6),
        ("template5", 1, " that nobody asked for yet", 3, 0.4, 0.6),
        ("bare", 0, "", 2, None, None),
    ):
        yield Line(
            f"{what}{asked} against {name}",
            "a second",
            sizes.visits / taken.seconds(work),
            sizes.visits / taken.seconds(limit),
            taken.ratio(limit, work),
            taken.processor_ratio(limit, work),
            must=must,
            aim=aim,
            at_least=True,
            note=f"{weight / 1000:.0f} kB",
        )


def _served_again(site: Application, path: str, sizes: Sizes) -> Iterator[Line]:
    """Behind the web server, where the target was taken and where a bare page costs what a connection costs."""
    weight = len(body(site, path))
    with served.connection_to("site") as browser, served.connection_to("limits", weight) as limit:
        _status, headers = browser.answer(path)
        held = {"Cookie": headers["set-cookie"].partition(";")[0], "If-None-Match": headers["etag"]}
        if browser.answer(path, held)[0] != 304:
            raise AssertionError("the page was sent again to a browser that holds it")
        works = [limit.visits("/bare/", sizes.visits), browser.visits(path, sizes.visits, held), browser.visits(path, sizes.visits)]
        taken = interleaved(sizes.rounds, *works)
        for work, what in enumerate(("to a browser that holds it", "to another browser"), start=1):
            yield Line(
                f"the list, served again {what}",
                "a second",
                sizes.visits / taken.seconds(work),
                sizes.visits / taken.seconds(0),
                taken.ratio(0, work),
                must=0.15,
                aim=0.3,
                at_least=True,
                note="behind the server, against bare",
            )


def _price_refresh(site: Application, path: str, sizes: Sizes) -> Iterator[Line]:
    from django.db import connections
    from django.test.utils import CaptureQueriesContext

    asked = [f"{path}?{trip(days)}" for days in islice(cycle(range(1, 60)), sizes.visits)]
    fragment = {"HTTP_HX_REQUEST": "true"}
    _answer(site, asked[0], fragment)
    spent = []
    for address in asked:
        begin = time.perf_counter()
        _answer(site, address, fragment)
        spent.append((time.perf_counter() - begin) * 1000)
    yield Line(
        "price refresh, p95", "ms", quantiles(spent, n=20)[-1], judged=Judged.MEASURED, must=10, aim=5, note="1 client, every trip another"
    )
    with CaptureQueriesContext(connections["default"]) as record, CaptureQueriesContext(connections["vault"]) as vault:
        _answer(site, asked[0], fragment)
    yield Line(
        "price refresh, queries", "", len(record) + len(vault), judged=Judged.MEASURED, must=3, aim=3, note="the access log's among them"
    )


def _weights(site: Application, pages: dict[str, str]) -> Iterator[Line]:
    from django.contrib.staticfiles.storage import staticfiles_storage

    named: Any = staticfiles_storage  # the manifest storage, which knows the names of its files
    files = [named.path(named.stored_name(f"ui/shell-portal.{kind}")) for kind in ("css", "js")]
    shell = sum(len(gzip.compress(Path(file).read_bytes())) for file in files)
    for name, path in pages.items():
        page = len(gzip.compress(body(site, path)))
        yield Line(
            f"weight of {name}", "kB", (page + shell) / 1000, judged=Judged.MEASURED, must=80, aim=40, note="HTML, CSS and JS, gzipped"
        )


def _visits(application: Application, paths: Iterator[str], count: int) -> Callable[[], None]:
    """So many visits to the next of these pages, one after the other."""

    def work() -> None:
        for path in islice(paths, count):
            _answer(application, path)

    return work


def body(application: Application, path: str) -> bytes:
    return _answer(application, path)[2]


def _answer(application: Application, path: str, headers: dict[str, str] | None = None) -> tuple[int, dict[str, str], bytes]:
    address, _mark, query = path.partition("?")
    environ: dict[str, Any] = {"PATH_INFO": address, "QUERY_STRING": query} | AGENT | (headers or {})
    setup_testing_defaults(environ)
    begun: list[tuple[str, dict[str, str]]] = []
    response = application(environ, lambda status, sent: begun.append((status, dict(sent))))
    body = b"".join(response)
    response.close()  # Ends the request: what waits for that is done.
    status, sent = begun[0]
    return int(status[:3]), sent, body
