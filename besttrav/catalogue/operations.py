"""The way in: read a folder into versions, publish one, put a product on the shelf and take it off."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from besttrav.catalogue import actions, checking, document, folder
from besttrav.catalogue.models import Product, ProductState, ProductVersion
from besttrav.catalogue.offer import Offer
from besttrav.journal.operations import move, record
from besttrav.kernel import clock
from besttrav.kernel.actors import Actor
from besttrav.kernel.errors import Refusal


class ImportRefused(Refusal):
    """The folder has problems; each names its place. Nothing of it was taken."""

    code = "import_refused"
    message = _("The product folder cannot be taken as it is.")
    way_out = _("Mend what is listed, and load it again.")

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__()


class AlreadyPublished(Refusal):
    """The version is published already."""

    code = "already_published"
    message = _("This version is published already.")
    way_out = _("Load the folder again to make a new version.")


@dataclass(frozen=True, slots=True)
class Loaded:
    """What became of one product's folder: a new version, or the newest one where nothing had changed."""

    version: ProductVersion
    is_new: bool


def read(path: Path) -> list[Offer]:
    """Every product in the folder, checked. Raises ImportRefused with all problems of all products."""
    offers, problems = [], []
    for slug in folder.slugs(path):
        try:
            offer = folder.read(path, slug, settings.OPERATOR)
        except folder.Unreadable as error:
            problems.append(str(error))
            continue
        offers.append(offer)
        problems += [f"{slug}: {problem}" for problem in checking.problems(offer)]
    if problems or not offers:
        raise ImportRefused(problems or [f"{path.name}: there is no product in it"])
    return offers


def load(*, path: Path, actor: Actor) -> list[Loaded]:
    """Read every product of the folder; each that changed becomes a new version, not published yet. All of it, or nothing."""
    offers = read(path)
    with transaction.atomic():
        return [_taken(offer, actor) for offer in offers]


def publish(*, version: ProductVersion, actor: Actor) -> None:
    """Make this version the one that is sold from now on. A product's first one puts it on the shelf; one that was taken off stays off."""
    with transaction.atomic():
        product = Product.objects.select_for_update().get(pk=version.product_id)
        if not ProductVersion.objects.filter(pk=version.pk, published_at=None).update(published_at=clock.now()):
            raise AlreadyPublished
        is_first = product.current_id is None
        product.current = version
        product.save(update_fields=["current"])
        record(actions.PUBLISHED, about=version, actor=actor, product=product.slug, number=version.number, digest=version.digest)
        if is_first:
            move(product, ProductState.ON, actor=actor, because="first_version")
    version.refresh_from_db(fields=["published_at"])


def put_on(*, product: Product, actor: Actor) -> None:
    """Sell the product's current version again."""
    with transaction.atomic():
        move(product, ProductState.ON, actor=actor, because="put_on")


def take_off(*, product: Product, actor: Actor) -> None:
    """Sell it no longer. Policies and applications keep the version they point to."""
    with transaction.atomic():
        move(product, ProductState.OFF, actor=actor, because="taken_off")


def _taken(offer: Offer, actor: Actor) -> Loaded:
    text = document.written(offer)
    digest = document.digest(text)
    product = Product.objects.select_for_update().get(pk=Product.objects.get_or_create(slug=offer.slug)[0].pk)
    newest = product.versions.order_by("-number").first()
    if newest and newest.digest == digest:
        return Loaded(newest, is_new=False)
    version = product.versions.create(number=newest.number + 1 if newest else 1, document=text, digest=digest)
    record(actions.LOADED, about=version, actor=actor, product=product.slug, number=version.number, digest=digest)
    return Loaded(version, is_new=True)
