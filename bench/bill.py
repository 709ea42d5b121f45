"""A statement and a channel's bill of many lines against our books, beside the same join said once in plain SQL."""

import tracemalloc
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection

from bench.measuring import Judged, Line, Medians, interleaved
from bench.sizes import Sizes
from besttrav import settings as site
from besttrav.books import operations as books
from besttrav.books.models import Statement
from besttrav.kernel import clock
from besttrav.kernel.actors import Actor
from besttrav.kernel.clock import BEIJING
from besttrav.kernel.ids import new_id
from besttrav.kernel.registry import forget_providers
from besttrav.payments import operations as paying
from besttrav.payments.models import BillReading, ChannelName
from besttrav.payments.port import Bill, BillLine, Standing

CLERK = Actor.staff(id=UUID("44444444-4444-7444-8444-444444444444"), number="0417", roles=frozenset({"finance"}))
PREMIUM, COMMISSION = 12_345, 3_086
ROUNDS = 3


class Told:
    """A channel that has the bill at hand."""

    lines: tuple[BillLine, ...] = ()

    def bill(self, day: date) -> Bill:
        return Bill(Standing.OPEN, self.lines)


def lines(sizes: Sizes) -> Iterator[Line]:
    # A day on which nobody bought in another bench.
    count, today = sizes.bill, clock.today() - timedelta(days=7)
    # The site's own insurer says how its statements are written; other benches have put one in its place that says nothing.
    settings.PROVIDERS = site.PROVIDERS | {"wechat": {"class": "bench.bill.Told"}}
    forget_providers()
    _fill(count, today)
    content = _file(count, today)
    text = content.decode("utf-8-sig").partition("\r\n")[2]

    def taken() -> None:
        statement = books.take_statement(insurer="heyan", first_day=today, last_day=today, content=content, actor=CLERK)
        _demand(statement.lines == count and statement.differences == 0, statement)

    times = _measured(taken, _STATEMENT, text, count)
    yield Line(
        f"a statement of {count:,} lines, against plain SQL",
        "s",
        times.seconds(1),
        times.seconds(0),
        times.ratio(1),
        times.processor_ratio(1),
        must=20,
        aim=12,
    )
    yield _memory("its memory", _forgetting(taken))

    Told.lines = tuple(BillLine(_number(place), "", PREMIUM, 74) for place in range(count))

    def compared() -> None:
        reading = paying.compare_bill(name=ChannelName.WECHAT, day=today)
        _demand(reading is not None and (reading.lines, reading.differences) == (count, 0), reading)

    bill = "".join(f"{line.number},{line.fen}\n" for line in Told.lines)
    times = _measured(compared, _BILL, bill, count)
    yield Line(
        f"a channel's bill of {count:,} lines, against plain SQL",
        "s",
        times.seconds(1),
        times.seconds(0),
        times.ratio(1),
        times.processor_ratio(1),
        must=20,
        aim=12,
    )
    yield _memory("its memory", _forgetting(compared))


def _measured(work: Callable[[], object], *plain: object) -> Medians:
    return interleaved(ROUNDS, lambda: _plain(*plain), _forgetting(work))  # type: ignore[arg-type]  # handed through


def _forgetting(work: Callable[[], object]) -> Callable[[], None]:
    """The work, and nothing left of it, so that the next round finds what this one found."""

    def done() -> None:
        work()
        with connection.cursor() as cursor:
            cursor.execute(
                "TRUNCATE books_statement, books_statementline, books_finding, payments_billreading, payments_difference CASCADE"
            )
            cursor.execute("TRUNCATE payments_line, payments_posting")

    return done


def _memory(what: str, work: Callable[[], None]) -> Line:
    """What the work holds at its highest, beyond what was held before; asked apart from the clock, since asking costs time."""
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    work()
    peak = tracemalloc.get_traced_memory()[1] - before
    tracemalloc.stop()
    return Line(what, "MB", peak / 1_048_576, judged=Judged.MEASURED, must=128, aim=96)


def _plain(join: str, text: str, count: int) -> None:
    """The limit: the database reads the lines and says where both sides differ."""
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS bench_line")
        cursor.execute("CREATE TEMPORARY TABLE bench_line (" + _COLUMNS[join] + ")")
        with cursor.copy("COPY bench_line FROM STDIN (FORMAT csv)") as copy:
            copy.write(text)
        cursor.execute(join)
        _demand(cursor.fetchone() == (count, 0), "the plain join finds something else")


_STATEMENT = """
SELECT count(*), count(*) FILTER (
         WHERE (l.premium * 100, l.commission * 100, l.day) IS DISTINCT FROM (e.premium_fen, e.commission_fen, e.day))
  FROM bench_line l FULL JOIN (
    SELECT p.number, e.premium_fen, e.commission_fen, e.day FROM books_entry e JOIN policies_policy p ON p.id = e.policy_id
     WHERE e.kind = 'issue' AND e.day = (SELECT min(day) FROM bench_line)) e ON e.number = l.number
"""
_BILL = """
SELECT count(*), count(*) FILTER (WHERE l.fen IS DISTINCT FROM p.captured_fen)
  FROM bench_line l FULL JOIN (SELECT number, captured_fen FROM payments_payment WHERE description = '') p USING (number)
"""
_COLUMNS = {
    _STATEMENT: "place int, number text, kind text, premium numeric, commission numeric, day date, printed date",
    _BILL: "number text, fen bigint",
}


def _fill(count: int, today: date) -> None:
    """So many policies with their entries, and so many payments, by the database itself."""
    noon = datetime(today.year, today.month, today.day, 12, tzinfo=BEIJING)
    values: dict[str, Any] = {
        "count": count,
        "today": today,
        "later": today + timedelta(days=7),
        "noon": noon,
        "id": new_id(),
        "premium": PREMIUM,
        "earned": COMMISSION,
    }
    with connection.cursor() as cursor:
        for statement in _FILLING:
            cursor.execute(statement, values)
        cursor.execute("ANALYZE")


_POLICY, _STEP, _ENTRY = (f"md5('{kind}' || n)::uuid" for kind in ("policy", "step", "entry"))
_FILLING = (
    "INSERT INTO catalogue_product (id, slug, state) VALUES (%(id)s, 'bench-of-bills', 'off')",
    "INSERT INTO catalogue_productversion (id, product_id, number, document, digest, loaded_at) VALUES (%(id)s,"
    " %(id)s, 1, '', '', %(noon)s)",
    "INSERT INTO books_rule (id, insurer, product, partner, first_day, last_day, points, rounding, state,"
    " proposed_at, proposed_by, confirmed_by)"
    " VALUES (%(id)s, 'heyan', '', '', %(today)s, %(today)s, 2500, 'half_up', 'in_force', %(noon)s, gen_random_uuid(), gen_random_uuid())",
    "INSERT INTO policies_policy (id, contract, subject, file, insurer, number, version_id, plan, area, first_day,"
    " last_day, premium_fen, state,"
    f" secret, code, issued_at) SELECT {_POLICY}, {_POLICY}, {_POLICY}, {_POLICY}, 'heyan', 'HA2026' ||"
    " lpad(n::text, 9, '0'), %(id)s, 'basic',"
    f" '', %(today)s, %(later)s, %(premium)s, 'stands', decode(md5(n::text), 'hex'), substr(md5('code' || n), 1, 16), %(noon)s"
    " FROM generate_series(0, %(count)s - 1) n",
    "INSERT INTO policies_policytransaction (id, policy_id, number, kind, premium_fen, changes, at)"
    f" SELECT {_STEP}, {_POLICY}, 1, 'issue', %(premium)s, '[]', %(noon)s FROM generate_series(0, %(count)s - 1) n",
    "INSERT INTO books_entry (id, transaction_id, policy_id, insurer, kind, day, premium_fen, rule_id,"
    " commission_fen, partner, passed_on_fen,"
    f" entered_at) SELECT {_ENTRY}, {_STEP}, {_POLICY}, 'heyan', 'issue', %(today)s, %(premium)s, %(id)s, %(earned)s, '', 0, %(noon)s"
    " FROM generate_series(0, %(count)s - 1) n",
    "INSERT INTO payments_payment (id, order_id, channel, scene, number, description, amount_fen, state, begun_at, expires_at, is_unwanted,"
    " address, asks, reference, paid_at, captured_fen, refunding_fen, refunded_fen) SELECT gen_random_uuid(), gen_random_uuid(), 'wechat',"
    " 'native', 'BTP' || lpad(n::text, 26, '0'), '', %(premium)s, 'captured', %(noon)s, %(noon)s, false, '', 0,"
    " '', %(noon)s, %(premium)s, 0, 0"
    " FROM generate_series(0, %(count)s - 1) n",
)


def _number(place: int) -> str:
    return f"BTP{place:026}"


def _file(count: int, today: date) -> bytes:
    """As heyan writes it."""
    rows = [f"{place + 1},HA2026{place:09},承保,123.45,30.86,{today},{today}" for place in range(count)]
    return "\r\n".join(["序号,保单号,业务类型,保费（元）,经纪费（元）,业务日期,出单日期", *rows, ""]).encode("utf-8-sig")


def _demand(holds: bool, what: Statement | BillReading | str | None) -> None:
    if not holds:
        raise RuntimeError(f"the books differ: {what}")
