"""Ask for an invoice, have it issued and fetched, and have it taken back when the premium goes back.

Nothing is sent inside a transaction. What may have arrived is asked about before it is repeated, and repeated only when the issuer has
said, often and late enough, that it never heard of our number. What may have left is never given up: it may be an invoice, so the clock
goes on asking, and after a day a human is shown it. Any number of workers may call `work` for one invoice at once.
"""

import base64
import logging
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from django.db import transaction
from django.db.models import F, Max
from django.utils.translation import gettext_lazy as _

from besttrav.invoices import actions, checking, queries
from besttrav.invoices.checking import Asked
from besttrav.invoices.limits import ASKING, PAPER, REQUEST
from besttrav.invoices.models import (
    FORGOTTEN,
    RUNNING,
    THERE,
    InNameOf,
    Invoice,
    InvoicePaper,
    InvoiceRequest,
    InvoiceState,
    Kind,
    number_of,
)
from besttrav.invoices.port import (
    Absent,
    Command,
    Declined,
    Document,
    Invoicing,
    Issue,
    Issued,
    Outcome,
    Reverse,
    Unknown,
    Waiting,
)
from besttrav.journal.operations import MoveRefused, move, record, together
from besttrav.kernel import clock, organisations
from besttrav.kernel.actors import Actor
from besttrav.kernel.crash import crashpoint
from besttrav.kernel.errors import Refusal
from besttrav.kernel.money import ZERO, Money
from besttrav.kernel.pdf import UnreadablePdf, text_of
from besttrav.kernel.statements import insert_once, lock
from besttrav.policies.models import Party, Policy, PolicyState
from besttrav.policies.purposes import INVOICE
from besttrav.privacy import consents, files
from besttrav.privacy.consent_codes import Consent
from besttrav.privacy.gate import Closed, Opened, reveal_one
from besttrav.privacy.keeping import Keep
from besttrav.privacy.purposes import OWN_ACCESS
from besttrav.privacy.sealing import SheetClosed
from besttrav.privacy.sharing import Part, Recipient, share

ISSUER = Actor.job("invoices.issue")
SURRENDERED = "surrendered"
IN_ONE_RUN = 200

_log = logging.getLogger(__name__)
_S = InvoiceState


class NotIssuedHere(Refusal):
    """Nobody issues this insurer's invoices through us."""

    code = "not_issued_here"
    message = _("This insurer issues its invoices by itself.")
    way_out = _("Call the insurer's hotline and name the policy number.")


class HolderOnly(Refusal):
    code = "holder_only"
    message = _("This insurer issues invoices in the name of the policyholder only.")
    way_out = _("Ask for it in the policyholder's name, or call the insurer's hotline.")


class NameMissing(Refusal):
    code = "name_missing"
    message = _("Enter the name of the organisation")


class NotPermitted(Refusal):
    """The consent to give this insurer their data was withdrawn."""

    code = "not_permitted"
    message = _("You withdrew the consent to give your data to this insurer, so nothing can be sent to it.")
    way_out = _("Call the insurer's hotline and name the policy number.")


class TooManyRequests(Refusal):
    code = "too_many_requests"
    message = _("An invoice was asked for too often today.")
    way_out = _("Compare name and tax number once more and ask again tomorrow, or call us.")


class AlreadyRequested(Refusal):
    code = "already_requested"
    message = _("The premium of this policy is invoiced already.")
    way_out = _("Each yuan is invoiced once. Should the invoice say something wrong, call us: then it is taken back first.")


class PolicySurrendered(Refusal):
    code = "policy_surrendered"
    message = _("This policy was surrendered, so its premium is not invoiced any more.")


class NothingToInvoice(Refusal):
    code = "nothing_to_invoice"
    message = _("No premium stands here that could be invoiced.")


class NoInvoiceYet(Refusal):
    code = "no_invoice_yet"
    message = _("The invoice is not ready yet.")
    way_out = _("You will find it here, usually within minutes.")


class NothingToLookAt(Refusal):
    """Asked to look again at what has come to its end."""

    code = "invoice_settled"
    message = _("This has been settled in the meantime.")
    way_out = _("Reload the page to see where it stands now.")


class NoAnswer(Refusal):
    code = "invoice_no_answer"
    message = _("Whoever issues the invoice did not say what it has. Nothing was changed.")
    way_out = _("Try again in a minute, or call the insurer.")


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Wish:
    """What somebody typed. Name and tax number count for an organisation only; the policyholder's stand in the contract."""

    in_name_of: InNameOf = InNameOf.HOLDER
    title: str = ""
    tax_number: str = ""
    email: str = ""

    def __repr__(self) -> str:
        return "Wish()"


# What the rooms above call


def request(*, policy: Policy, wish: Wish, actor: Actor) -> Invoice:
    """Write down that the premium is to be invoiced: all of it that stands. A job has it issued.

    Raises NotIssuedHere, HolderOnly, NameMissing, CreditCodeRefused, NotPermitted, PolicySurrendered, AlreadyRequested, NothingToInvoice or
    TooManyRequests.
    """
    issuer = _issuer_of(policy)
    is_organisation = wish.in_name_of == InNameOf.ORGANISATION
    if is_organisation and not issuer.capabilities.any_title:
        raise HolderOnly
    if is_organisation and not wish.title.strip():
        raise NameMissing
    tax_number = organisations.check(wish.tax_number) if is_organisation else ""
    if not consents.is_given(policy.subject, Consent.K05, policy.insurer):
        raise NotPermitted
    with together():
        policy = _held(policy)
        if queries.living_of(policy):
            raise AlreadyRequested
        if policy.invoice_requests.filter(created_at__gt=clock.now() - timedelta(days=1)).count() >= REQUEST.a_day:
            raise TooManyRequests
        premium = queries.standing_premium(policy)
        if not premium:
            raise PolicySurrendered if policy.state == PolicyState.CANCELLED else NothingToInvoice
        typed = {"title": wish.title.strip() if is_organisation else "", "tax_number": tax_number, "email": wish.email.strip()}
        asked = InvoiceRequest.objects.create(
            policy=policy,
            buyer=files.open_sheet(keep=Keep.INVOICE, subject=policy.subject).id,
            in_name_of=wish.in_name_of,
            **{name: text for name, text in typed.items() if text},
        )
        record(actions.REQUESTED, about=asked, actor=actor, subject=policy.subject, fen=premium.fen, in_name_of=asked.in_name_of)
        invoice = _plan(asked, Kind.BLUE, premium, actor=actor)
    crashpoint("invoices.requested")
    return invoice


def reverse(*, policy: Policy, actor: Actor) -> None:
    """Take back what is invoiced beyond the premium that still stands: whole, by a red invoice; what stands is then invoiced anew.

    Safe to call at any time and any number of times: where nothing is too much, nothing happens. What is just being issued is taken back
    once it is there.
    """
    with together():
        policy = _held(policy)
        standing, living = queries.standing_premium(policy), queries.living_of(policy)
        if sum((blue.amount for blue in living), ZERO) <= standing:
            return
        for blue in living:
            _take_back(blue, actor)
        _invoice_the_rest(policy, actor)
    crashpoint("invoices.reversed")


def take_back(*, invoice: Invoice, actor: Actor) -> None:
    """Have an invoice taken back whose premium stands, as when a name on it is wrong: whoever asked for it may ask anew then.

    Raises NothingToLookAt where it is not there, or is taken back already.
    """
    with together():
        _held(invoice.request.policy)
        invoice.refresh_from_db()
        if not queries.may_be_taken_back(invoice):
            raise NothingToLookAt
        _plan(invoice.request, Kind.RED, invoice.amount, actor=actor, of=invoice)


def work(*, invoice: Invoice) -> None:
    """Send it, ask what became of it, or fetch its paper, as its state demands. Outside a transaction; safe to run any number of times."""
    invoice.refresh_from_db()
    with suppress(MoveRefused):  # Another worker was there first.
        if invoice.state == _S.PLANNED:
            _send(invoice)
        elif invoice.state == _S.ISSUED:
            _fetch(invoice)
        elif invoice.state in RUNNING and not _may_be_under_way(invoice):
            _settle(invoice, _issuer_of(invoice.request.policy).ask(invoice.number))
            crashpoint("invoices.asked")


def settle(*, invoice: Invoice) -> None:
    """An invoice is there: a blue one may be too much by now, and after a red one what is left of the premium is invoiced anew."""
    policy = invoice.request.policy
    if invoice.kind == Kind.BLUE:
        reverse(policy=policy, actor=ISSUER)
        return
    with together():
        policy = _held(policy)
        if queries.standing_premium(policy) < invoice.amount:  # Else somebody had it taken back for what it said, and asks anew.
            _invoice_the_rest(policy, ISSUER)


def look_again(*, invoice: Invoice, actor: Actor) -> None:
    """What a human does about an invoice: have it looked after now, ask about one that differed, or try a refused red one anew.

    Raises NothingToLookAt or NoAnswer.
    """
    invoice.refresh_from_db()
    if invoice.state in RUNNING:
        work(invoice=invoice)
    elif invoice.state == _S.DIFFERS:
        outcome = _issuer_of(invoice.request.policy).ask(invoice.number)
        if not isinstance(outcome, Issued | Declined):
            raise NoAnswer
        _settle(invoice, outcome, actor=actor)
    elif invoice.of and invoice.state == _S.REJECTED:
        take_back(invoice=invoice.of, actor=actor)
    else:
        raise NothingToLookAt


def hand_over(*, invoice: Invoice, actor: Actor) -> bytes:
    """The paper's bytes for whoever asked for it: opened as their own, and written down. Raises NoInvoiceYet."""
    if not invoice.has_paper:
        raise NoInvoiceYet
    opened = reveal_one(invoice.paper, "content", purpose=OWN_ACCESS, actor=actor)
    with transaction.atomic():
        record(actions.SERVED, about=invoice, actor=actor, subject=invoice.request.policy.subject, kind=invoice.kind)
    return base64.b64decode(opened.content)


def recover() -> int:
    """Call for everything whose time has come, the longest waiting first. Returns how much there was."""
    now = clock.now()
    due = list(Invoice.objects.filter(state__in=RUNNING, next_try_at__lte=now).order_by("next_try_at")[:IN_ONE_RUN])
    for invoice in due:
        with transaction.atomic():
            same = Invoice.objects.filter(id=invoice.id, state=invoice.state, next_try_at=invoice.next_try_at)
            # Once a round, and less often each time: the jobs of rounds before may still stand in a long queue.
            if same.update(next_try_at=now + ASKING.wait(invoice.asked + 1), asked=F("asked") + 1):
                record(actions.DUE, about=invoice, actor=ISSUER, kind=invoice.kind)
    return len(due)


# Planning


def _held(policy: Policy) -> Policy:
    """The policy as it is now, held until the transaction ends: of two who invoice it, the second sees what the first left."""
    return Policy.objects.select_for_update().get(pk=policy.pk)


def _issuer_of(policy: Policy) -> Invoicing:
    issuer = queries.issuer(policy.insurer)
    if issuer is None:
        raise NotIssuedHere
    return issuer


def _plan(asked: InvoiceRequest, kind: Kind, amount: Money, *, actor: Actor, of: Invoice | None = None) -> Invoice:
    """One more invoice of a request, whose policy is held. Its number is made of what it is and never again."""
    serial = (asked.invoices.aggregate(last=Max("serial"))["last"] or 0) + 1
    invoice = Invoice(
        request=asked,
        serial=serial,
        kind=kind,
        of=of,
        number=number_of(kind, asked.id, serial),
        amount_fen=amount.fen,
        next_try_at=clock.now() + ASKING.wait(0),
    )
    if not insert_once(invoice):
        raise RuntimeError("the policy of a request was not held")
    record(actions.DUE, about=invoice, actor=actor, kind=kind.value)
    return invoice


def _take_back(blue: Invoice, actor: Actor) -> None:
    """What never left is given up; what is there gets its red one, once; what may be on its way is waited for: see `settle`.

    What the issuer says it never heard of is repeated all the same: books that lag more than they say may have it, and then it is one.
    """
    if blue.state == _S.PLANNED and blue.left_at is None:
        move(blue, _S.GIVEN_UP, actor=actor, because=SURRENDERED, **_ended(SURRENDERED))
    elif blue.state in THERE and not blue.reversals.exists():
        _plan(blue.request, Kind.RED, blue.amount, actor=actor, of=blue)


def _invoice_the_rest(policy: Policy, actor: Actor) -> None:
    """Whoever had the whole premium invoiced has the rest of it invoiced. The policy is held."""
    standing = queries.standing_premium(policy)
    if standing and not queries.living_of(policy):
        last = InvoiceRequest.objects.filter(policy=policy).latest("created_at")
        _plan(last, Kind.BLUE, standing, actor=actor)


# Sending


def _send(invoice: Invoice) -> None:
    issuer, before = _issuer_of(invoice.request.policy), invoice.left_at
    if not _begin(invoice):
        return
    crashpoint("invoices.begun")
    try:
        command = _command(invoice)
    except Refusal as refusal:
        with transaction.atomic():
            move(invoice, _S.GIVEN_UP, actor=ISSUER, because=refusal.code, left_at=before, **_ended(refusal.code))
        return
    except Exception:
        _unsend(invoice, because="not_built", left_before=before)
        raise
    crashpoint("invoices.built")
    outcome = issuer.perform(command)
    crashpoint("invoices.answered")
    if isinstance(outcome, Unknown) and outcome.surely_unsent:
        _unsend(invoice, because="not_connected", left_before=before)
    else:
        _settle(invoice, outcome)
    crashpoint("invoices.settled")


def _begin(invoice: Invoice) -> bool:
    """The one gate through which a command leaves; false where the premium has gone back meanwhile, and nothing is to leave."""
    now = clock.now()
    with together(durable=True):
        policy = _held(invoice.request.policy)
        if invoice.kind == Kind.BLUE and invoice.left_at is None and invoice.amount > queries.standing_premium(policy):
            lock(invoice)
            _take_back(invoice, ISSUER)
            _invoice_the_rest(policy, ISSUER)
            return False
        longest = now + timedelta(seconds=ASKING.longest_call)
        sent: dict[str, Any] = {"tries": invoice.tries + 1, "left_at": now, "absent_answers": 0, "next_try_at": longest}
        move(invoice, _S.SENDING, actor=ISSUER, because="due", **sent)
    return True


def _unsend(invoice: Invoice, *, because: str, left_before: datetime | None) -> None:
    """Not a byte has left this time: it is as it was before."""
    with transaction.atomic():
        move(invoice, _S.PLANNED, actor=ISSUER, because=because, left_at=left_before, next_try_at=_next_try(invoice))


def _command(invoice: Invoice) -> Command:
    """What leaves. A blue one takes its permit here; a red one says nothing of anybody but two numbers and an amount."""
    policy = invoice.request.policy
    if invoice.of:
        of = invoice.of
        return Reverse(number=invoice.number, blue=of.number, official_number=of.official_number, amount=invoice.amount)
    buyer = _permitted(invoice)
    return Issue(
        number=invoice.number,
        policy_number=policy.number,
        amount=invoice.amount,
        title=buyer.title,
        tax_number=buyer.tax_number,
        email=buyer.email,
    )


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class _Buyer:
    """Whose name the invoice carries, opened for one moment."""

    title: str
    tax_number: str
    email: str = ""


_OF_HOLDER = ("name", "passport_name")
_OF_REQUEST = ("title", "tax_number")


def _permitted(invoice: Invoice) -> _Buyer:
    """Take the permit and open what leaves. Everything that refuses gives the invoice up: then nothing leaves."""
    asked = invoice.request
    rows: Party | InvoiceRequest = asked if asked.in_name_of == InNameOf.ORGANISATION else _holder_of(asked.policy)
    parts = [Part([rows], _names_of(rows), INVOICE), Part([asked], ["email"], INVOICE)]
    (buyer,), (mail,) = share(parts, to=Recipient("insurer", asked.policy.insurer, Consent.K05), about=invoice.id, actor=ISSUER)
    return _buyer(rows, buyer, mail.email)


def _opened_again(invoice: Invoice) -> _Buyer:
    """The same, to compare what came back: nothing leaves, so no permit is taken. Raises Closed."""
    asked = invoice.request
    rows: Party | InvoiceRequest = asked if asked.in_name_of == InNameOf.ORGANISATION else _holder_of(asked.policy)
    return _buyer(rows, reveal_one(rows, *_names_of(rows), purpose=INVOICE, actor=ISSUER, case=invoice.id))


def _names_of(rows: Party | InvoiceRequest) -> tuple[str, ...]:
    """Of a private policyholder the name and no number: nobody needs one on an invoice of their own."""
    if isinstance(rows, InvoiceRequest):
        return _OF_REQUEST
    return ("name", "identity_number") if rows.is_organisation else _OF_HOLDER


def _buyer(rows: Party | InvoiceRequest, opened: Opened, email: str = "") -> _Buyer:
    if isinstance(rows, InvoiceRequest):
        return _Buyer(title=opened.title, tax_number=opened.tax_number, email=email)
    if rows.is_organisation:
        return _Buyer(title=opened.name, tax_number=opened.identity_number, email=email)
    return _Buyer(title=opened.name or opened.passport_name.replace("/", " "), tax_number="", email=email)


def _holder_of(policy: Policy) -> Party:
    return cast(Party, Party.objects.get(contract=policy.contract, is_holder=True))


# Asking


def _may_be_under_way(invoice: Invoice) -> bool:
    """Whether the worker that sent it may still be at it: asking about what has not arrived yet proves nothing."""
    is_recent = invoice.left_at is not None and clock.now() - invoice.left_at < timedelta(seconds=ASKING.longest_call)
    return invoice.state == _S.SENDING and is_recent


def _settle(invoice: Invoice, outcome: Outcome, *, actor: Actor = ISSUER) -> None:
    """Write down what is known now; what is not, is asked about again."""
    match outcome:
        case Issued():
            _adopt(invoice, outcome, actor)
        case Declined(code=code):
            with transaction.atomic():
                move(invoice, _S.REJECTED, actor=actor, because=code, **_ended(code))
        case Waiting():
            _stay(invoice, _S.WAITING, because="undecided")
        case Absent():
            _count_absence(invoice)
        case Unknown(code=code):
            _stay(invoice, invoice.state if invoice.state == _S.WAITING else _S.UNKNOWN, because=code)


def _adopt(invoice: Invoice, issued: Issued, actor: Actor) -> None:
    """Call it issued if it is what was asked for; else leave it to a human, with the names of what differs."""
    different = checking.differences(_asked_for(invoice), issued)
    known = Invoice.objects.filter(official_number=issued.official_number, state__in=THERE).exclude(id=invoice.id)
    if issued.official_number and known.exists():
        different.append("official_number")
    with together():
        found: dict[str, Any] = {"official_number": issued.official_number, "differences": different}
        if not different:
            now = clock.now()
            found |= {"next_try_at": now + ASKING.wait(0), "asked": 0, "wrong_papers": 0, "reason": ""}
            move(invoice, _S.ISSUED, actor=actor, because="issued", **found)
            record(actions.DUE, about=invoice, actor=actor, kind=invoice.kind)
        elif invoice.state == _S.DIFFERS:
            lock(invoice)
            _write(invoice, **found)
        else:
            _differ(invoice, different, actor, official_number=issued.official_number)


def _asked_for(invoice: Invoice) -> Asked:
    """What the invoice has to say; not whose it is, where that may be opened no more."""
    reverses = invoice.of.official_number if invoice.of else ""
    try:
        buyer = _opened_again(invoice)
    except Closed:
        return Asked(amount=invoice.amount, reverses=reverses)
    return Asked(amount=invoice.amount, title=buyer.title, tax_number=buyer.tax_number, reverses=reverses)


def _differ(invoice: Invoice, different: list[str], actor: Actor, **found: Any) -> None:
    move(invoice, _S.DIFFERS, actor=actor, because="differs", differences=different, **_ended("differs"), **found)
    record(actions.DIFFERED, about=invoice, actor=actor, fields=different)
    _log.error("an invoice says something else than was asked for: invoice %s", invoice.id)


def _count_absence(invoice: Invoice) -> None:
    """Believe it when it was said often enough, and later than the issuer's books lag."""
    lag = _issuer_of(invoice.request.policy).capabilities.lag
    surely_after = max(lag, timedelta(seconds=ASKING.longest_call))
    is_late_enough = invoice.left_at is not None and clock.now() - invoice.left_at >= surely_after
    if not is_late_enough or invoice.absent_answers + 1 < ASKING.absent_answers:
        state = invoice.state if invoice.state == _S.WAITING else _S.UNKNOWN
        _stay(invoice, state, because="not_there_yet", absent_answers=invoice.absent_answers + 1)
        return
    with together():
        move(invoice, _S.PLANNED, actor=ISSUER, because="never_arrived", next_try_at=_next_try(invoice))
        record(actions.DUE, about=invoice, actor=ISSUER, kind=invoice.kind)


def _stay(invoice: Invoice, state: str, *, because: str, **found: Any) -> None:
    """Not settled: ask again later."""
    with transaction.atomic():
        if invoice.state != state:
            move(invoice, state, actor=ISSUER, because=because, next_try_at=_next_try(invoice), reason=because, **found)
        else:
            lock(invoice)
            if invoice.state == state:
                _write(invoice, next_try_at=_next_try(invoice), reason=because, **found)


# The paper


def _fetch(invoice: Invoice) -> None:
    answer = _issuer_of(invoice.request.policy).fetch(invoice.number)
    crashpoint("invoices.fetched")
    if isinstance(answer, Document):
        _keep(invoice, answer.content, _wrong_with(invoice, answer.content))
    else:
        _stay(invoice, _S.ISSUED, because=answer.code if isinstance(answer, Unknown) else "not_there_yet")


def _wrong_with(invoice: Invoice, content: bytes) -> list[str]:
    """The names of what the paper does not say."""
    try:
        return checking.paper_differences(text_of(content), _asked_for(invoice), invoice.official_number)
    except UnreadablePdf:
        return ["unreadable"]


def _keep(invoice: Invoice, content: bytes, wrong: list[str]) -> None:
    """A right paper is sealed with the move that settles it. Where whoever asked had themselves forgotten meanwhile, it is kept no more."""
    if wrong:
        _count_wrong_paper(invoice, [f"paper.{name}" for name in wrong])
        return
    with suppress(MoveRefused):
        try:
            with transaction.atomic():
                move(invoice, _S.OK, actor=ISSUER, because="checked", **_ended(""))
                buyer, sealed = invoice.request.buyer, base64.b64encode(content).decode("ascii")
                InvoicePaper.objects.create(invoice=invoice, buyer=buyer, content=sealed)
                files.start_clock_of(buyer, Keep.INVOICE, clock.today())  # The period runs from the day of issue.
        except SheetClosed:
            invoice.refresh_from_db()
            with transaction.atomic():
                move(invoice, _S.OK, actor=ISSUER, because=FORGOTTEN, **_ended(FORGOTTEN))


def _count_wrong_paper(invoice: Invoice, wrong: list[str]) -> None:
    with together():
        lock(invoice)
        if invoice.state != _S.ISSUED:
            return
        if invoice.wrong_papers + 1 >= PAPER.wrong:
            _differ(invoice, wrong, ISSUER, wrong_papers=invoice.wrong_papers + 1)
        else:
            _write(invoice, wrong_papers=invoice.wrong_papers + 1, differences=wrong, next_try_at=_next_try(invoice), reason="wrong_paper")


# The row


def _ended(reason: str) -> dict[str, Any]:
    return {"reason": reason, "settled_at": clock.now(), "next_try_at": None}


def _next_try(invoice: Invoice) -> datetime:
    return clock.now() + ASKING.wait(invoice.asked)


def _write(invoice: Invoice, **values: Any) -> None:
    for name, value in values.items():
        setattr(invoice, name, value)
    invoice.save(update_fields=list(values))
