"""Finance: where every account stands, what is open, what insurers state, what is handed on, and by which rules commission is earned."""

from collections.abc import Iterator
from datetime import date
from uuid import UUID

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from besttrav.books import operations as books
from besttrav.books import queries
from besttrav.books.models import Rule, RuleState, Run, RunState, Statement
from besttrav.catalogue.models import Product
from besttrav.console.finance_page import FinancePage
from besttrav.console.forms.finance import PaidForm, PayoutForm, RuleForm, RunForm, StatementForm
from besttrav.console.forms.orders import AgreementForm
from besttrav.console.order_page import ENTRIES, told
from besttrav.console.parties import names
from besttrav.journal.queries import about_any
from besttrav.kernel import clock
from besttrav.kernel.errors import Refusal
from besttrav.payments.accounts import Account
from besttrav.people.access import access
from besttrav.people.permissions import Permission, allows
from besttrav.people.requests import StaffRequest
from besttrav.ui.pages import answers_form_of, page, sent

_SEE, _MONEY = Permission.SEE_BOOKS, Permission.MOVE_MONEY
SHOWN = 100
PAYOUT = "id_payout_%s"  # Two forms stand on one page.


@require_safe
@access(_SEE)
def finance(request: StaffRequest) -> HttpResponse:
    """Today's position, or that of an earlier day; every difference that is open; the runs that wait for somebody."""
    return page(
        request, "console/finance/finance.html", it=FinancePage(_day(request), clock.now()), names=names(), may_move_money=_may(request)
    )


@require_safe
@access(_SEE)
def account(request: StaffRequest, account: str) -> HttpResponse:
    """What moved on an account, and the order or the run behind each movement."""
    found, before = _account(account), request.GET.get("before", "")
    lines = queries.movements(found, before=int(before) if before.isdigit() else None, limit=SHOWN + 1)
    more = lines[SHOWN - 1].line.id if len(lines) > SHOWN else None
    position = next(one for one in queries.positions(clock.today()) if one.account is found)
    return page(request, "console/finance/account.html", account=found, position=position, lines=lines[:SHOWN], more=more)


@require_safe
@access(_SEE)
def account_export(request: StaffRequest, account: str) -> HttpResponse:
    """The same as a spreadsheet."""
    found = _account(account)
    return _file(books.export_account(account=found, actor=request.actor), f"{found.value}-{clock.today():%Y%m%d}")


@require_safe
@access(_SEE)
def statements(request: StaffRequest) -> HttpResponse:
    """What insurers have stated, and the way to take another file in."""
    return _statements(request, StatementForm())


@answers_form_of("console:statements")
@require_POST
@access(_MONEY, freshly_proved=True)
def intake(request: StaffRequest) -> HttpResponse:
    """Take a file in, whole or not at all."""
    form = StatementForm(sent(request), request.FILES)
    if form.is_valid():
        wanted = {name: form.cleaned_data[name] for name in ("insurer", "first_day", "last_day")}
        try:
            taken = books.take_statement(**wanted, content=form.cleaned_data["file"].read(), actor=request.actor)
            return HttpResponseRedirect(reverse("console:statement", args=[taken.id]))
        except Refusal as refusal:
            form.refuse(refusal, "file")
    return _statements(request, form)


@require_safe
@access(_SEE)
def statement(request: StaffRequest, statement_id: UUID) -> HttpResponse:
    """One statement: its sums beside ours, and its differences by line."""
    found = get_object_or_404(Statement, id=statement_id)
    return page(
        request, "console/finance/statement.html", it=found, names=names(), findings=queries.findings_of(found), entries=_history(found.id)
    )


@require_safe
@access(_SEE)
def runs(request: StaffRequest) -> HttpResponse:
    """What was settled, the newest first, and the way to settle more."""
    return _runs(request)


@answers_form_of("console:runs")
@require_POST
@access(_MONEY, freshly_proved=True)
def run_proposals(request: StaffRequest) -> HttpResponse:
    """Gather what is owed up to a day."""
    form = RunForm(sent(request))
    if form.is_valid():
        try:
            return _to_run(books.propose_run(**form.cleaned_data, actor=request.actor))
        except Refusal as refusal:
            form.refuse(refusal)
    return _runs(request, form=form)


@answers_form_of("console:runs")
@require_POST
@access(_MONEY, freshly_proved=True)
def payouts(request: StaffRequest) -> HttpResponse:
    """Say what a channel paid into our premium account."""
    form = PayoutForm(sent(request), auto_id=PAYOUT)
    if form.is_valid():
        try:
            return _to_run(books.propose_payout(**form.cleaned_data, actor=request.actor))
        except Refusal as refusal:
            form.refuse(refusal)
    return _runs(request, form=form)


@require_safe
@access(_SEE)
def run(request: StaffRequest, number: str) -> HttpResponse:
    """One run and everything it is made of."""
    return _run(request, _of(number), PaidForm())


@require_safe
@access(_SEE)
def run_export(request: StaffRequest, number: str) -> HttpResponse:
    """The entries of a run as a spreadsheet."""
    found = _of(number)
    return _file(books.export_run(run=found, actor=request.actor), found.number)


@answers_form_of("console:run", "number")
@require_POST
@access(_MONEY, freshly_proved=True)
def run_agreement(request: StaffRequest, number: str) -> HttpResponse:
    """Agree as a second person, or withdraw it."""
    found, form = _of(number), AgreementForm(sent(request))
    form.full_clean()
    try:
        books.agree(run=found, is_right=form.cleaned_data["is_right"], actor=request.actor)
        return _to_run(found)
    except Refusal as refusal:
        form.refuse(refusal)
    return _run(request, found, form)


@answers_form_of("console:run", "number")
@require_POST
@access(_MONEY, freshly_proved=True)
def run_payment(request: StaffRequest, number: str) -> HttpResponse:
    """Say by which transfer the bank did it."""
    found, form = _of(number), PaidForm(sent(request))
    if form.is_valid():
        try:
            books.pay(run=found, reference=form.cleaned_data["reference"], actor=request.actor)
            return _to_run(found)
        except Refusal as refusal:
            form.refuse(refusal)
    return _run(request, found, form)


@require_safe
@access(_SEE)
def rules(request: StaffRequest) -> HttpResponse:
    """What each insurer pays us, by product and period."""
    return _rules(request)


@answers_form_of("console:rules")
@require_POST
@access(_MONEY, freshly_proved=True)
def rule_proposals(request: StaffRequest) -> HttpResponse:
    """Ask a second person to put a rule in force."""
    form = RuleForm(sent(request), products=_products())
    if form.is_valid():
        wanted = {name: form.cleaned_data[name] for name in ("insurer", "product", "first_day", "last_day", "rounding")}
        try:
            books.propose_rule(**wanted, partner="", points=form.points, actor=request.actor)
            return HttpResponseRedirect(reverse("console:rules"))
        except Refusal as refusal:
            form.refuse(refusal, "first_day")
    return _rules(request, form)


@answers_form_of("console:rules")
@require_POST
@access(_MONEY, freshly_proved=True)
def rule_confirmation(request: StaffRequest, rule_id: UUID) -> HttpResponse:
    """Put it in force as a second person, or turn it down."""
    form = AgreementForm(sent(request))
    form.full_clean()
    try:
        books.confirm_rule(rule=get_object_or_404(Rule, id=rule_id), is_right=form.cleaned_data["is_right"], actor=request.actor)
        return HttpResponseRedirect(reverse("console:rules"))
    except Refusal as refusal:
        form.refuse(refusal)
    return _rules(request, form)


def _statements(request: StaffRequest, form: StatementForm) -> HttpResponse:
    found = Statement.objects.order_by("-taken_at")[:SHOWN]
    return page(request, "console/finance/statements.html", form=form, statements=found, names=names(), may_move_money=_may(request))


def _runs(request: StaffRequest, form: RunForm | PayoutForm | None = None) -> HttpResponse:
    return page(
        request,
        "console/finance/runs.html",
        form=form or RunForm(),
        proposal=form if isinstance(form, RunForm) else RunForm(),
        payout=form if isinstance(form, PayoutForm) else PayoutForm(auto_id=PAYOUT),
        runs=Run.objects.order_by("-proposed_at")[:SHOWN],
        names=names(),
        may_move_money=_may(request),
    )


def _run(request: StaffRequest, found: Run, form: PaidForm | AgreementForm) -> HttpResponse:
    entries = list(queries.entries_of(found)[: SHOWN * 5])
    orders = queries.order_numbers(entry.payment.order_id for entry in entries if entry.payment)
    return page(
        request,
        "console/finance/run.html",
        it=found,
        names=names(),
        form=form,
        paying=form if isinstance(form, PaidForm) else PaidForm(),
        rows=[(entry, orders.get(entry.payment.order_id, "") if entry.payment else "") for entry in entries],
        count=queries.entries_of(found).count() if len(entries) == SHOWN * 5 else len(entries),
        may_withdraw=found.state in (RunState.PROPOSED, RunState.AGREED),
        may_move_money=_may(request),
        entries=_history(found.id),
    )


def _rules(request: StaffRequest, form: RuleForm | AgreementForm | None = None) -> HttpResponse:
    proposal, known = form if isinstance(form, RuleForm) else RuleForm(products=_products()), list(queries.rules())
    return page(
        request,
        "console/finance/rules.html",
        form=form or proposal,
        proposal=proposal,
        names=names(),
        proposed=[one for one in known if one.state == RuleState.PROPOSED],
        rules=[one for one in known if one.state != RuleState.PROPOSED],
        may_move_money=_may(request),
    )


def _history(id: UUID) -> list[dict[str, object]]:
    return [told(entry) for entry in about_any([id], limit=ENTRIES)]


def _may(request: StaffRequest) -> bool:
    return allows(request.actor.roles, _MONEY)


def _products() -> list[str]:
    return list(Product.objects.order_by("slug").values_list("slug", flat=True))


def _of(number: str) -> Run:
    return get_object_or_404(Run, number=number)


def _to_run(found: Run) -> HttpResponse:
    return HttpResponseRedirect(reverse("console:run", args=[found.number]))


def _account(name: str) -> Account:
    try:
        return Account(name)
    except ValueError:
        raise Http404 from None


def _day(request: StaffRequest) -> date:
    """The day that is asked for, if it is one and has come."""
    try:
        return min(date.fromisoformat(request.GET.get("day", "")), clock.today())
    except ValueError:
        return clock.today()


def _file(content: Iterator[bytes], name: str) -> HttpResponse:
    answer = HttpResponse(b"".join(content), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return answer
