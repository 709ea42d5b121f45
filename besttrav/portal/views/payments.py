"""Paying an order: which way, the attempt under way, and what became of it."""

from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods, require_safe

from besttrav.kernel import clock
from besttrav.kernel.errors import Refusal
from besttrav.payments import operations as paying
from besttrav.payments.models import ChannelName, Payment, Scene
from besttrav.payments.port import Prepared, Result
from besttrav.people.access import EVERYONE, access
from besttrav.people.requests import Request
from besttrav.policies.verification import qr_svg
from besttrav.portal.forms.orders import PaymentForm
from besttrav.portal.orders import Standing, attempts_at, open_attempt, reached, standing_of
from besttrav.portal.paying import Device, device_of, ways_for
from besttrav.portal.polling import POLLS, asked_so_far
from besttrav.sales.models import Order
from besttrav.sales.queries import offer_of
from besttrav.ui.entry import entry_page
from besttrav.ui.pages import page


@entry_page  # The channel leads back here, and the page names nobody.
@require_http_methods(["GET", "HEAD", "POST"])
@cache_control(private=True, no_store=True)
@access(EVERYONE)
def payment(request: Request, number: str) -> HttpResponse:
    """The ways to pay, or the attempt that is under way. An order with nothing to pay leads to where it stands."""
    order = reached(request, number).order
    attempts = attempts_at(order)
    if standing_of(order, attempts, clock.now()) is not Standing.TO_PAY:
        return _to_order(order)
    if request.method == "POST":
        return _begin(request, order)
    attempt = None if "choose" in request.GET else open_attempt(attempts, clock.now())
    if attempt is None:
        return _ways(request, order, attempts)
    return _under_way(request, order, attempt)


@require_safe
@cache_control(private=True, no_store=True)
@access(EVERYONE)
def status(request: Request, number: str) -> HttpResponse:
    """How it stands now, for a page that waits: the same again, or on to where it leads. Without scripts, the page itself."""
    order = reached(request, number).order
    was, asked = request.GET.get("was", Standing.TO_PAY.value), asked_so_far(request)
    attempts = attempts_at(order)
    for attempt in attempts:
        if attempt.is_open:
            paying.ask_if_due(payment=attempt)
    now = clock.now()
    standing = standing_of(order, attempts, now)
    is_same = standing == was and (standing is not Standing.TO_PAY or open_attempt(attempts, now))
    if "HX-Request" not in request.headers or not is_same:
        response = _to_payment(order) if standing is Standing.TO_PAY else _to_order(order)
        return response if "HX-Request" not in request.headers else HttpResponse(headers={"HX-Redirect": response.url})
    return page(request, "portal/order/status.html", order=order, standing=standing.value, asked=asked, is_polling=asked < POLLS)


def _begin(request: Request, order: Order) -> HttpResponse:
    form = PaymentForm(request.POST)
    if not form.is_valid():
        return _to_payment(order, "?choose")
    scene = Scene(form.cleaned_data["scene"])
    try:
        paying.begin(
            order_id=order.id,
            subject=order.subject,
            amount=order.premium,
            channel=ChannelName(scene.channel),
            scene=scene,
            description=offer_of(order.application).name.zh,
            expires_at=order.pay_by,
            actor=request.actor,
        )
    except Refusal:  # Paid, too late or being looked into: the order's own page says which.
        return _to_order(order)
    return _to_payment(order)


def _ways(request: Request, order: Order, attempts: list[Payment], *, silent: bool = False) -> HttpResponse:
    device = device_of(request)
    return page(
        request,
        "portal/order/payment.html",
        order=order,
        offer=offer_of(order.application),
        ways=ways_for(device, in_wechat="MicroMessenger" in request.visitor.agent),
        other_device=device.other.value,
        is_on_phone=device is Device.PHONE,
        was_closed=bool(attempts),
        silent=silent,
    )


def _under_way(request: Request, order: Order, attempt: Payment) -> HttpResponse:
    """Where it is paid, with what to do there. The channel may not answer, or know the payment as over: then the ways are shown again."""
    back = request.build_absolute_uri(reverse("portal:order-payment", args=[order.number])) + "?returned"
    prepared = paying.prepay(payment=attempt, return_url=back, payer_address=request.visitor.network)
    if prepared.result is Result.REJECTED:
        attempts = attempts_at(order)
        is_paid = standing_of(order, attempts, clock.now()) is not Standing.TO_PAY
        return _to_order(order) if is_paid else _ways(request, order, attempts)
    if prepared.result is Result.UNKNOWN:
        return _ways(request, order, [attempt], silent=True)
    response = page(
        request,
        "portal/order/paying.html",
        order=order,
        offer=offer_of(order.application),
        attempt=attempt,
        address=prepared.address,
        qr=_square_code(prepared.address) if attempt.scene == Scene.NATIVE else "",
        simulated_phone=_simulated_phone(attempt, prepared),
        valid_until=prepared.valid_until,
        returned="returned" in request.GET,
        standing=Standing.TO_PAY.value,
        asked=0,
        is_polling=True,
    )
    response["Referrer-Policy"] = "origin"  # WeChat opens its page only for visitors who come from our domain.
    return response


def _square_code(address: str) -> SafeString:
    return mark_safe(qr_svg(address))  # noqa: S308  # drawn by us: squares only, whatever the address holds


def _simulated_phone(attempt: Payment, prepared: Prepared) -> str:
    """In a demonstration nobody has a phone that could scan the code: where the simulator plays one."""
    if not settings.DEMO or attempt.scene != Scene.NATIVE:
        return ""
    simulator = settings.PROVIDERS["wechat"]["options"]["address"]
    token = prepared.address.partition("pr=")[2]
    return f"{simulator}/pay/{token}" if token and urlsplit(simulator).netloc in settings.OUTGOING_ALLOWED else ""


def _to_order(order: Order) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("portal:order", args=[order.number]), status=303)


def _to_payment(order: Order, query: str = "") -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("portal:order-payment", args=[order.number]) + query, status=303)
