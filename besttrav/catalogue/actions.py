"""What this room writes into the journal."""

from django.utils.translation import gettext_lazy as _

from besttrav.journal.actions import Fact, Stream, action, moving

LOADED = action(
    "catalogue.version_loaded",
    Stream.BUSINESS,
    _("Version %(number)s of the product %(product)s read"),
    product=Fact.CODE,
    number=Fact.COUNT,
    digest=Fact.DIGEST,
)
PUBLISHED = action(
    "catalogue.version_published",
    Stream.BUSINESS,
    _("Version %(number)s of the product %(product)s published"),
    product=Fact.CODE,
    number=Fact.COUNT,
    digest=Fact.DIGEST,
)
PRODUCT_MOVED = moving("catalogue.product_moved", Stream.BUSINESS, _("Product put on the shelf or taken off it"))
