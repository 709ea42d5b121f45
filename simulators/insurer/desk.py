"""The counter: takes calls, fires scripted faults, decides, answers in its insurer's dialect and calls back. Nothing is logged."""

import json
import re
import socket
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

from simulators import paper
from simulators.insurer import filings
from simulators.insurer.books import CANCELLED, DECLINED, ISSUED, Books, Conflict, Event, Policy
from simulators.insurer.faults import CALLBACKS, IN_THE_BOOKS, Fault, Firing, Script
from simulators.insurer.statement import Stated, stated
from simulators.insurer.underwriting import Rules, reason_to_decline

BEIJING = ZoneInfo("Asia/Shanghai")
SURRENDERS = {"not_left", "visa_refused", "other"}  # what the broker has checked: for these a policy ends by wire after it has begun


@dataclass(frozen=True)
class Answer:
    """What goes back over the wire."""

    status: int
    body: bytes
    content_type: str
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Call:
    """A verified call in our own words: `action` is submit, query, cancel or document."""

    action: str
    account: str
    number: str
    values: dict[str, Any] = field(default_factory=dict)


class Rejected(Exception):
    """A call that was not even read: bad signature, bad form. Carries its answer."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        super().__init__(str(answer.status))


class Desk:
    """One insurer's counter. A dialect says how calls are read, answers written and callbacks signed."""

    def __init__(self, *, books: Books, folder: Path, rules: Mapping[str, Rules]) -> None:
        self.books = books
        self.folder = folder
        self.rules = rules
        self.script = Script()
        self.decide_in = 0.0
        self._ticking = threading.Lock()

    # A dialect's part

    def read(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Call:
        """Verify and understand a call. Raises Rejected."""
        raise NotImplementedError

    def write_policy(self, call: Call, policy: Policy, firing: Firing) -> Answer:
        raise NotImplementedError

    def write_failure(self, call: Call, code: str, firing: Firing) -> Answer:
        """`code` is absent, conflict, not_ready, or a reason to decline."""
        raise NotImplementedError

    def write_document(self, call: Call, content: bytes, firing: Firing) -> Answer:
        raise NotImplementedError

    def callback(self, event: Event) -> tuple[dict[str, str], bytes]:
        """Headers and body of a callback, signed as the event's fault says."""
        raise NotImplementedError

    def download(self, path: str) -> Answer | None:
        """What a link of ours leads to."""
        return None

    def write_statement(self, lines: list[Stated]) -> bytes:
        """A statement of our books as this insurer writes it."""
        raise NotImplementedError

    # What all insurers do

    def statement(self, path: str) -> Answer | None:
        """`/statements/<account>.csv?from=2026-11-01&to=2026-11-30`, for somebody with a browser."""
        asked = urlsplit(path)
        account, wanted = asked.path.removeprefix("/statements/").removesuffix(".csv"), parse_qs(asked.query)
        if asked.path != f"/statements/{account}.csv" or account not in self.rules:
            return None
        try:
            first, last = (date.fromisoformat(wanted.get(name, [self.today().isoformat()])[0]) for name in ("from", "to"))
        except ValueError:
            return _json(400, {"error": "from and to are days"})
        lines = list(stated(self.books, account, self.rules[account].commission, first, last))
        name = f"{account}-{first:%Y%m%d}-{last:%Y%m%d}.csv"
        return Answer(200, self.write_statement(lines), "text/csv", {"Content-Disposition": f'attachment; filename="{name}"'})

    def perform(self, call: Call, firing: Firing) -> Answer:
        match call.action:
            case "submit":
                return self._submit(call, firing)
            case "query":
                policy = None if "hidden" in firing else self.books.policy(call.account, call.number)
                return self.write_policy(call, policy, firing) if policy else self.write_failure(call, "absent", firing)
            case "cancel":
                return self._cancel(call, firing)
            case _:
                return self._document(call, firing)

    def papers(self, insurer: str) -> Path:
        """The folder with the keys of one insurer's papers."""
        return self.folder / "papers" / insurer

    def today(self) -> date:
        return datetime.fromtimestamp(self.books.now(), BEIJING).date()

    def echo(self, policy: Policy) -> dict[str, Any]:
        """The application as this insurer understood it, which a script can make wrong."""
        return twisted(policy.content, policy.twists)

    def tick(self) -> None:
        """Decide what is ready, and send the callbacks that are due."""
        with self._ticking:
            for policy in self.books.undecided():
                if "never_answers" not in policy.twists:
                    self._decide(policy)
            for event in self.books.announcements():
                self.books.announced(event, taken=event.fault == "lost_callback" or self._deliver(event))

    def forget(self) -> None:
        """Empty the books, once no callback of what stood in them is on its way any more."""
        with self._ticking:
            self.books.forget()

    def _submit(self, call: Call, firing: Firing) -> Answer:
        twists = firing.names(IN_THE_BOOKS | CALLBACKS)
        hidden_for = firing.seconds("absent")
        try:
            policy, is_new = self.books.take(
                account=call.account,
                number=call.number,
                content=call.values["application"],
                notify=call.values["notify"],
                decide_in=self.decide_in,
                hidden_for=hidden_for,
                twists=twists,
            )
        except Conflict:
            return self.write_failure(call, "conflict", firing)
        if is_new and not self.decide_in and "never_answers" not in twists:
            policy = self._decide(policy)
        return self.write_policy(call, policy, firing)

    def _decide(self, policy: Policy) -> Policy:
        if "decline" in policy.twists:
            code = "scripted"
        else:
            code = reason_to_decline(policy.content, policy.account, self.rules[policy.account], self.books, self.today())
        decided = self.books.decide(policy, code)
        if decided.state in (ISSUED, DECLINED):
            faults = [twist for twist in policy.twists if twist in CALLBACKS]
            self.books.announce(decided, faults[0] if faults else "")
        return decided

    def _cancel(self, call: Call, firing: Firing) -> Answer:
        policy = self.books.policy(call.account, call.values["submission"])
        if policy is None:
            return self.write_failure(call, "absent", firing)
        if policy.state == DECLINED:
            return self.write_failure(call, "nothing_to_cancel", firing)
        on, reason = date.fromisoformat(call.values["on"]), call.values["reason"]
        start, end = (date.fromisoformat(policy.content[name][:10]) for name in ("start", "end"))
        if "refused" in firing or (policy.state != CANCELLED and start <= on and reason not in SURRENDERS):
            return self.write_failure(call, "in_force", firing)
        filed = filings.Filing(policy.content["product"]).surrender()
        gives_back = surrender_value(policy.content["premium"], start, end, on, reason, filed) + ("wrong_refund" in firing)
        refund = gives_back if policy.state == ISSUED else 0
        cancelled = self.books.cancel(account=call.account, number=call.number, submission=policy.number, refund=refund)
        return self.write_policy(call, cancelled or policy, firing)

    def _document(self, call: Call, firing: Firing) -> Answer:
        policy = self.books.policy(call.account, call.number)
        if policy is None or policy.state != ISSUED:
            return self.write_failure(call, "absent", firing)
        if "not_ready" in firing:
            return self.write_failure(call, "not_ready", firing)
        return self.write_document(call, self.document(policy, firing), firing)

    def document(self, policy: Policy, firing: Firing | None = None) -> bytes:
        """The e-policy of a policy, kept so that it is the same at every download."""
        if firing and "web_page" in firing:
            return b"<html><body>Service temporarily unavailable</body></html>"
        fault = firing.paper if firing else ""
        file = self.folder / "documents" / f"{'-'.join([policy.policy_no, *policy.twists, fault])}.pdf"
        if not file.exists():
            file.parent.mkdir(parents=True, exist_ok=True)
            written = file.with_suffix(f".{threading.get_ident()}")
            written.write_bytes(paper.epolicy(self._printed(policy), self.papers(policy.account), fault=fault))
            written.replace(file)
        content = file.read_bytes()
        return content[: len(content) // 2] if firing and "broken_document" in firing else content

    def _printed(self, policy: Policy) -> dict[str, Any]:
        echo = self.echo(policy)
        last = date.fromisoformat(echo["end"][:10]) - timedelta(days=1)
        filed = filings.Filing(echo["product"])
        sums = sorted(_highest(echo["insured"]).items(), key=lambda one: filed.place(one[0]))
        beneficiaries = [_person("beneficiary", other) for one in echo["insured"] for other in one["beneficiaries"]]
        return {
            "number": policy.policy_no,
            "insurer": filings.insurer(policy.account, self.rules[policy.account].name),
            "product": filed.product(),
            "plan": filed.named("plans", echo["plan"]),
            "area": filed.named("areas", echo["area"]),
            "period": {"start": echo["start"][:10], "end": last.isoformat()},
            "premium_fen": echo["premium"],
            "people": [_person("holder", echo["holder"]), *(_person("insured", one) for one in echo["insured"]), *beneficiaries],
            "benefits": [filed.named("coverages", code) | {"sum": fen} for code, fen in sums],
            "issued_at": datetime.fromtimestamp(policy.decide_at, BEIJING).isoformat(timespec="seconds"),
        }

    def _deliver(self, event: Event) -> bool:
        headers, body = self.callback(event)
        if event.fault == "duplicate_callback":
            self._post(event.url, headers, body)
        return self._post(event.url, headers, body)

    def _post(self, url: str, headers: dict[str, str], body: bytes) -> bool:
        if not url.startswith(("http://127.0.0.1:", "http://localhost:")):
            return False  # A simulator calls nobody but the machine it runs on.
        request = urllib.request.Request(url, body, headers, method="POST")  # noqa: S310 - one of the two above
        try:
            with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=5) as answer:
                return 200 <= int(answer.status) < 300
        except (OSError, ValueError):
            return False


def surrender_value(premium: int, start: date, end: date, on: date, reason: str, filed: Mapping[str, Any]) -> int:
    """What a policy is worth that ends with the day before `on`, as the insurer has filed it: fen, rounded half up."""
    days, gone = (end - start).days, max(0, (on - start).days)
    if not gone or (reason == "visa_refused" and filed.get("visa_refused_returns_all")):
        return premium
    if filed.get("only_before_start"):
        return 0
    worth = premium * max(0, days - gone) * (100 - int(filed.get("fee_percent", 0)))
    return (2 * worth + days * 100) // (2 * days * 100)


def twisted(content: dict[str, Any], twists: list[str]) -> dict[str, Any]:
    """A copy in which one value of each scripted kind is another."""
    echo: dict[str, Any] = json.loads(json.dumps(content))
    first = echo["insured"][0]
    wrong: dict[str, Callable[[], object]] = {
        "wrong_name": lambda: first.update(name=first["name"] + "某"),
        "wrong_identity": lambda: first["identity"].update(number=first["identity"]["number"][::-1]),
        "wrong_birth_date": lambda: first.update(birth_date="1901-02-03"),
        "wrong_date": lambda: echo.update(start=_day_before(echo["start"])),
        "wrong_plan": lambda: echo.update(plan="OTHER"),
        "wrong_area": lambda: echo.update(area="OTHER"),
        "wrong_product": lambda: echo.update(product="OTHER"),
        "wrong_sum": lambda: first["sums"].update({code: fen // 2 + 1 for code, fen in first["sums"].items()}),
        "wrong_premium": lambda: echo.update(premium=echo["premium"] + 1),
        "missing_person": lambda: echo["insured"].pop(),
    }
    for twist in twists:
        if twist in wrong:
            wrong[twist]()
    return echo


def _highest(people: list[dict[str, Any]]) -> dict[str, int]:
    """The sum of each coverage: the highest that anybody has."""
    sums: dict[str, int] = {}
    for one in people:
        for code, fen in one["sums"].items():
            sums[code] = max(fen, sums.get(code, 0))
    return sums


def _person(role: str, one: dict[str, Any]) -> dict[str, str]:
    return {
        "role": role,
        "name": one["name"],
        "name_latin": one["passport_name"],
        "document": DOCUMENTS.get(one["identity"]["kind"], one["identity"]["kind"]),
        "number": one["identity"]["number"],
        "birth_date": one["birth_date"],
        "sex": {"male": "M", "female": "F"}.get(one["sex"], ""),
        "relation": RELATIONS.get(one.get("relation", "").lower(), one.get("relation", "")),
    }


# What papers call by its name; a code that stands in neither is printed as it is.
DOCUMENTS = {
    "id_card": "居民身份证 ID card",
    "passport": "护照 Passport",
    "hk_macao_permit": "港澳居民来往内地通行证 HK/Macao permit",
    "taiwan_permit": "台湾居民来往大陆通行证 Taiwan permit",
    "residence_permit": "港澳台居民居住证 Residence permit",
    "foreign_residence_card": "外国人永久居留身份证 Residence card",
    "birth_certificate": "出生医学证明 Birth certificate",
    "credit_code": "统一社会信用代码 Credit code",
}
RELATIONS = {
    "self": "本人",
    "spouse": "配偶",
    "child": "子女",
    "parent": "父母",
    "dependant": "被抚养人",
    "employee": "雇员",
    "participant": "参加者",
    "other": "其他",
}


def _day_before(moment: str) -> str:
    return (datetime.fromisoformat(moment) - timedelta(days=1)).isoformat()[: len(moment)]


class Server:
    """A running insurer: `run()` blocks, `stop()` ends it from a signal or another thread."""

    def __init__(self, desk: Desk, *, host: str, port: int) -> None:
        handler = type("BoundHandler", (Handler,), {"desk": desk})
        self._http = ThreadingHTTPServer((host, port), handler)
        self._http.daemon_threads = True
        self._desk = desk
        self._ends = threading.Event()
        self.port: int = self._http.server_address[1]

    def run(self) -> None:
        clock = threading.Thread(target=self._tick, name="insurer-clock", daemon=True)
        clock.start()
        self._http.serve_forever(poll_interval=0.1)
        self._http.server_close()
        clock.join(10)

    def stop(self) -> None:
        self._ends.set()
        threading.Thread(target=self._http.shutdown, daemon=True).start()

    def _tick(self) -> None:
        while not self._ends.wait(0.1):
            self._desk.tick()


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    desk: Desk
    protocol_version = "HTTP/1.1"
    server_version = "insurer-simulator"

    def log_message(self, format: str, *arguments: Any) -> None:
        """Say nothing: requests are about people."""

    def do_GET(self) -> None:
        if self.path == "/":
            self._send(Answer(200, _page(self.desk).encode(), "text/html; charset=utf-8"))
        elif self.path == "/policies.json":
            listed = [
                {"number": p.number, "account": p.account, "policy_no": p.policy_no, "state": p.state, "code": p.code}
                for p in self.desk.books.policies()
            ]
            self._send(_json(200, listed))
        else:
            self._send(self.desk.statement(self.path) or self.desk.download(self.path) or _json(404, {"error": "not found"}))

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        if self.path.startswith("/control/"):
            self._control(self.path.removeprefix("/control/"), body)
        else:
            self._call(body)

    def _control(self, order: str, body: bytes) -> None:
        books = self.desk.books
        orders: dict[str, Callable[[Any], object]] = {
            "faults": lambda content: self.desk.script.write([Fault(**fault) for fault in content]),
            "clock": lambda content: books.move_clock(float(content["seconds"])),
            "correct": lambda content: books.put_right(content["number"]),
            "forget": lambda _content: self.desk.forget(),
            "tick": lambda _content: self.desk.tick(),
        }
        try:
            orders[order](json.loads(body))
        except (TypeError, ValueError, KeyError) as error:
            self._send(_json(400, {"error": type(error).__name__}))
        else:
            self._send(_json(200, {"ok": True}))

    def _call(self, body: bytes) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        try:
            call = self.desk.read("POST", self.path, headers, body)
        except Rejected as rejected:
            self._send(rejected.answer)
            return
        firing = self.desk.script.at(call.action, call.number)
        time.sleep(firing.seconds("slow"))
        if "drop_before" in firing:
            self._drop()
        elif "status" in firing:
            self._send(_json(firing.status, {"error": "scripted"}))
        else:
            answer = self.desk.perform(call, firing)
            if "drop_after" in firing:
                self._drop()
            else:
                self._send(answer, half="truncated" in firing)

    def _drop(self) -> None:
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def _send(self, answer: Answer, *, half: bool = False) -> None:
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(answer.body)))
        self.send_header("Cache-Control", "no-store")
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.body[: len(answer.body) // 2] if half else answer.body)
        if half:
            self.wfile.flush()
            self._drop()


def _json(status: int, content: Any) -> Answer:
    return Answer(status, json.dumps(content, ensure_ascii=False).encode(), "application/json; charset=utf-8")


def _page(desk: Desk) -> str:
    """What a person sees who opens the simulator: numbers and states, nobody's name."""
    rows = "".join(
        f"<tr><td>{escape(desk.rules[p.account].name)}<td>{escape(p.policy_no or '-')}<td>{escape(p.state)}<td>{escape(p.number)}</tr>"
        for p in reversed(desk.books.policies())
    )
    title = escape(" · ".join(rules.name for rules in desk.rules.values()))
    month, today = desk.today().replace(day=1), desk.today()
    statements = " · ".join(
        f'<a href="/statements/{code}.csv?from={month}&amp;to={today}">{escape(rules.name)} 本月对账单 Statement of this month</a>'
        for code, rules in desk.rules.items()
    )
    return (
        f'<!doctype html><html lang="zh-Hans"><head><meta charset="utf-8"><title>{title}</title></head><body><h1>{title}</h1>'
        f"<p>模拟保险公司，不承保任何风险 · A simulated insurer; nobody is insured here.</p>"
        f"<p>{statements}</p><table><tr><th>保险公司<th>保单号<th>状态<th>投保单号</tr>{rows}</table></body></html>"
    )


NUMBER = re.compile(r"[A-Z0-9]{8,32}")
