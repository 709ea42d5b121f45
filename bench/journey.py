"""The whole way through the pages, from the first one to the policy, by a guest who insures two (lines 6 and 7).

The limit is what the peers were held against: seven pages of twelve products (`template5`) and one purchase by plain models, taken beside
each way. Against it the slowest peer took 18 times as long and the quickest five times: three times as quick as the former is 0.17 of
the limit. A step is held against one such page, and from money to policy against one such purchase. Only our answers are timed: neither
what a browser does with them nor the vendors, who answer in this process.
"""

import re
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from statistics import median
from typing import Any

from django.test import Client

from bench import limits, pages, purchase
from bench.measuring import Line, Spent, both, processor_time
from bench.sizes import Sizes
from bench.vendors import Carrier
from tests import invented
from tests.jobs import run_due_jobs
from tests.portal.applicant import NAMES, Applicant, Values, fields

PAGES_OF_A_PEER = 7
ISSUING = "from money to policy"
STEPS = {  # Where it is, and must and aim in pages of the limit: half of pretix's step, and oscar's; such a page took 8.5 ms there.
    "the product's page": (r"GET /products/[a-z-]+/", 6.8, 4.5),
    "the page for the people": (r"GET .*/people/", 6.4, 3.6),
    "the people, sent": (r"POST .*/people/", 4.8, 2.8),
    "everything once more, to be signed": (r"GET .*/confirmation/", 4.6, 3.5),
    "the page to pay": (r"GET .*/payment/", 3.9, 2.7),
}
ISSUED_WITHIN = (7.9, 6.4)  # A third of pretix's 418 ms and twice oscar's 56, where a purchase by plain models took 17.6.


def lines(sizes: Sizes) -> Iterator[Line]:
    site = pages.ready()
    purchase.wire()
    weight = len(pages.body(site, "/products/outbound/"))
    limits.fill(weight)
    page = partial(pages.body, limits.handler(weight), "/template5/")
    rounds = [_Round.taken(page, number) for number in range(sizes.purchases + 1)][1:]  # The first one warms everything up.
    yield _whole(rounds)
    for step, (_where, must, aim) in STEPS.items():
        yield _step(step, rounds, "page", must, aim)
    yield _step(ISSUING, rounds, "purchase", *ISSUED_WITHIN)


@dataclass(frozen=True, slots=True)
class _Round:
    """One guest's way, and beside it the limits."""

    page: Spent
    purchase: Spent
    walked: "_Watch"

    @classmethod
    def taken(cls, page: Callable[[], object], number: int) -> "_Round":
        seven = both(lambda: [page() for _time in range(PAGES_OF_A_PEER)])
        one = Spent(seven.clock / PAGES_OF_A_PEER, seven.processor / PAGES_OF_A_PEER)
        return cls(one, both(purchase.plain_purchase), _Guest(number).walk())

    def whole(self, kind: str) -> tuple[float, float]:
        """Ours and the limit, of the clock or of the processor."""
        page, purchase = getattr(self.page, kind), getattr(self.purchase, kind)
        return sum(getattr(spent, kind) for spent in self.walked.all), PAGES_OF_A_PEER * page + purchase


def _whole(rounds: list[_Round]) -> Line:
    clock = [one.whole("clock") for one in rounds]
    return Line(
        "the whole way, as a rate of seven pages and a purchase of the limit",
        "ms",
        median(ours for ours, _limit in clock) * 1e3,
        median(limit for _ours, limit in clock) * 1e3,
        median(limit / ours for ours, limit in clock),
        median(limit / ours for ours, limit in (one.whole("processor") for one in rounds)),
        must=0.17,
        aim=0.28,
        at_least=True,
        note=f"{len(rounds[0].walked.all)} requests",
    )


def _step(step: str, rounds: list[_Round], of: str, must: float, aim: float) -> Line:
    ours = [median(spent.clock for spent in one.walked.parts[step]) for one in rounds]
    limit = [getattr(one, of).clock for one in rounds]
    ratio = median(mine / least for mine, least in zip(ours, limit, strict=True))
    return Line(step, "ms", median(ours) * 1e3, median(limit) * 1e3, ratio, must=must, aim=aim)


class _Watch:
    """What each request took, all of them and by the parts that have a name."""

    def __init__(self) -> None:
        self.all: list[Spent] = []
        self.parts: dict[str, list[Spent]] = defaultdict(list)

    def take(self, work: Callable[[], Any], what: str) -> Any:
        begin, used = time.perf_counter(), processor_time()
        answer = work()
        spent = Spent(time.perf_counter() - begin, processor_time() - used)
        self.all.append(spent)
        self.parts[what].append(spent)
        return answer


class _Browser(Client):
    """Of a place of its own: its waiting is timed, its reading is not."""

    def __init__(self, watch: _Watch, place: int) -> None:
        super().__init__(SERVER_NAME="localhost", REMOTE_ADDR=f"198.51.100.{place % 250 + 1}", headers={"accept-language": "zh-CN"})
        self._watch = watch

    def request(self, **request: Any) -> Any:
        said = f"{request['REQUEST_METHOD']} {request['PATH_INFO']}"
        step = next((name for name, (where, *_goals) in STEPS.items() if re.fullmatch(where, said)), "")
        return self._watch.take(lambda: super(_Browser, self).request(**request), step)


class _Guest(Applicant):
    """Somebody new, with a phone of their own and with people whom nobody insured before."""

    def __init__(self, number: int) -> None:
        self._watch = _Watch()
        super().__init__(_Browser(self._watch, number))
        self._number, self._phone = number, invented.phone(50_000 + number)

    def person(self, prefix: str, asked: Any, serial: int, kind: str, phone: str = "") -> Values:
        return super().person(prefix, asked, serial + self.people * self._number, kind, phone and self._phone)

    def walk(self) -> _Watch:
        trip = pages.trip()
        for page in ("/", f"/products/?{trip}", f"/products/{self.slug}/?{trip}"):
            self.client.get(page)
        self.consenting()
        order = self._sign()
        self.client.get(order)
        self.client.post(order, {"scene": "native"})
        self.client.get(order)
        self._watch.take(partial(self._be_paid, order.replace("payment", "status")), ISSUING)
        held = self.client.get(order.replace("payment/", ""))
        if "PDF" not in held.content.decode():
            raise AssertionError("somebody walked the whole way and holds no policy")
        return self._watch

    def _sign(self) -> str:
        self.page("confirmation")
        asked = self.client.post(f"{self.address}phone/")
        run_due_jobs()
        values = fields(self.client.get(asked["Location"])).values
        mine = {"code": Carrier.codes[f"+86{self._phone}"], "name": NAMES[self.people * self._number % len(NAMES)], "true": "on"}
        signed = self.client.post(f"{self.address}confirmation/", values | mine)
        if signed.status_code != 303:
            raise AssertionError("nothing could be signed")
        return str(signed["Location"])

    def _be_paid(self, status: str) -> None:
        self.client.get(status)
        run_due_jobs()
