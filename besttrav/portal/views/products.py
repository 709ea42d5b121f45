"""The list for a trip; a product with its price and its papers."""

from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from besttrav.catalogue import queries
from besttrav.catalogue.offer import Offer
from besttrav.kernel import clock
from besttrav.people.access import EVERYONE, access
from besttrav.people.operations import searching
from besttrav.people.requests import Request
from besttrav.portal import shelf
from besttrav.portal.forms.shelf import QuoteForm, ShelfForm
from besttrav.portal.forms.trip import is_all_ours, typed_place
from besttrav.portal.papers import addresses, kind_named, shown
from besttrav.portal.product_page import ProductPage
from besttrav.portal.trip_fields import trip_fields
from besttrav.ui.entry import entry_page
from besttrav.ui.fresh import page_version, unless_held
from besttrav.ui.navigation import address_of
from besttrav.ui.pages import page


@entry_page
@require_safe
@access(EVERYONE)
def products(request: Request) -> HttpResponse:
    """Every product that takes the trip, at its price. A place typed as words becomes its code in the address, and is kept for the
    person who is signed in, and for nobody else."""
    offers = queries.on_shelf(clock.today())
    if typed := typed_place(request.GET):
        _remember(request, typed)
        form = ShelfForm(offers, request.GET)
        if form.is_valid() and "HX-Request" not in request.headers:
            return HttpResponseRedirect(_address(form))
    return unless_held(request, *shelf.versions(offers), make=lambda: _list(request, offers), keeps=is_all_ours(request.GET))


@entry_page
@require_safe
@access(EVERYONE)
def product(request: Request, slug: str) -> HttpResponse:
    """One product for one trip: cover, exclusions, plans, notices, papers, and the price while the trip changes."""
    offer = _offer(slug)

    def make() -> HttpResponse:
        return page(request, "portal/shop/product.html", **_product(request, offer), papers=addresses(offer))

    return unless_held(request, offer.version.id, make=make, keeps=is_all_ours(request.GET))


@require_safe
@access(EVERYONE)
def quote(request: Request, slug: str) -> HttpResponse:
    """The price alone, and what changes with it. Without scripts the product's page answers."""
    offer = _offer(slug)
    if "HX-Request" not in request.headers:
        return HttpResponseRedirect(f"{reverse('portal:product', args=[slug])}?{request.META['QUERY_STRING']}")
    context = _product(request, offer)
    response = page(request, "portal/shop/quote_fragment.html", **context)
    response["HX-Push-Url"] = context["page"].shared
    return response


@entry_page
@require_safe
@access(EVERYONE)
def paper(request: Request, slug: str, name: str) -> HttpResponse:
    """One paper of a product, as a page of its own and as text for the product's page."""
    offer, kind = _offer(slug), kind_named(name)
    if kind is None:
        raise Http404
    text = shown(offer, kind)
    template = "portal/shop/paper_text.html" if "HX-Request" in request.headers else "portal/shop/paper.html"
    return unless_held(
        request,
        offer.version.id,
        make=lambda: page(request, template, offer=offer, paper=text.paper, html=text.html, digest=text.digest, papers=addresses(offer)),
        keeps=is_all_ours(request.GET),
    )


def _remember(request: Request, typed: str) -> None:
    session = request.session_record
    if request.actor.subject and session and session.account:
        searching.remember(account=session.account, words=typed)


def _list(request: Request, offers: list[Offer]) -> HttpResponse:
    """The page, or its results alone. Where a field is at fault the whole page comes: the fields stand outside the results."""
    form = ShelfForm(offers, request.GET)
    is_fragment = form.is_valid() and "HX-Request" in request.headers
    trip, filters = form.trip, form.filters
    found = shelf.arranged(offers, trip, filters, clock.now())
    response = page(
        request,
        "portal/shop/results_fragment.html" if is_fragment else "portal/shop/products.html",
        shelf=found,
        sort_says=shelf.SORTS[filters.sort][1],
        **trip_fields(form),
        **shelf.ways(offers, trip, filters, found),
    )
    if is_fragment:
        response["HX-Push-Url"] = _address(form)
    elif "HX-Request" in request.headers:
        response["HX-Retarget"], response["HX-Reselect"], response["HX-Reswap"] = "#main", "#main", "outerHTML"
    return response


def _address(form: ShelfForm) -> str:
    return f"{reverse('portal:products')}?{urlencode(form.trip.parameters() | form.filters.parameters())}".rstrip("?")


def _product(request: Request, offer: Offer) -> dict[str, Any]:
    form = QuoteForm(offer, request.GET)
    form.is_valid()
    made = ProductPage(offer, form, clock.now())
    return {
        "offer": offer,
        "page": made,
        "version": page_version(offer.version.digest),
        "share_url": request.build_absolute_uri(made.shared),
        "applications_url": address_of("portal:applications") or "/applications/",
        **trip_fields(form),
    }


def _offer(slug: str) -> Offer:
    offer = queries.current(slug, clock.today())
    if offer is None:
        raise Http404(_("This product is not sold here."))
    return offer
