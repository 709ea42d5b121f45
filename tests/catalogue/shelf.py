"""The products of the folder `products/`, as tests want them: read without a database, or published in the test's own."""

from datetime import date
from functools import cache
from pathlib import Path

from django.conf import settings
from django.db import transaction

from besttrav.catalogue import folder, operations
from besttrav.catalogue.models import Product, ProductVersion
from besttrav.catalogue.offer import Offer
from besttrav.catalogue.rating import Traveller, Trip
from besttrav.kernel.actors import Actor

PRODUCTS = Path(__file__).resolve().parents[2] / "products"
SLUGS = folder.slugs(PRODUCTS)
START = date(2027, 3, 1)
JOB = Actor.job("tests")


@cache
def offer_of(slug: str) -> Offer:
    """A product as it stands in the folder, under no version."""
    return folder.read(PRODUCTS, slug, settings.OPERATOR)


def stocked(path: Path = PRODUCTS) -> dict[str, ProductVersion]:
    """Load the folder and publish what is new; the newest version of each product by slug."""
    loaded = operations.load(path=path, actor=JOB)
    for one in loaded:
        if not one.version.is_published:
            operations.publish(version=one.version, actor=JOB)
    return {one.version.product.slug: one.version for one in loaded}


_shelf: tuple[list[Product], list[ProductVersion]] | None = None


def stock() -> None:
    """Every product of ours on the shelf: read and checked once a process, and put there again as it was for each test."""
    global _shelf
    if ProductVersion.objects.exists():
        return
    if _shelf is None:
        stocked()
        _shelf = list(Product.objects.all()), list(ProductVersion.objects.all())
        return
    products, versions = _shelf
    with transaction.atomic():  # Each names the other, which the database asks about at the end only.
        Product.objects.bulk_create(products)
        ProductVersion.objects.bulk_create(versions)


def days_from(count: int, plan: str, area: str = "", start: date = START, **more: object) -> Trip:
    """A trip of so many days."""
    return Trip(plan=plan, area=area, first_day=start, last_day=date.fromordinal(start.toordinal() + count - 1), **more)  # type: ignore[arg-type]  # handed on as they are


def aged(*ages: int) -> list[Traveller]:
    return [Traveller(age=age) for age in ages]
