"""Products and their versions. A published version never changes and never goes: the database refuses it."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from besttrav.catalogue.actions import PRODUCT_MOVED
from besttrav.kernel import clock, ids
from besttrav.privacy.fields import Plain


class ProductState(models.TextChoices):
    OFF = "off", _("off the shelf")
    ON = "on", _("on the shelf")


MOVES = {ProductState.OFF: {ProductState.ON}, ProductState.ON: {ProductState.OFF}}


class Product(models.Model):
    """Something to buy, by its permanent name in addresses. `current` is the version that is sold."""

    MOVES, MOVED = MOVES, PRODUCT_MOVED

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    slug = Plain("a product's name in addresses", models.CharField(max_length=60, unique=True))
    state = Plain("state of a product", models.CharField(max_length=3, choices=ProductState.choices, default=ProductState.OFF))
    current = models.ForeignKey("ProductVersion", on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = _("product")
        constraints = [
            models.CheckConstraint(condition=models.Q(state="off") | models.Q(current__isnull=False), name="catalogue_shelf_is_not_empty"),
        ]


class ProductVersion(models.Model):
    """A whole product as it was at one time: its canonical text (`document.written`) and the SHA-256 of it. A policy points here."""

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    document = Plain("a product as an insurer wrote it", models.TextField())
    digest = Plain("SHA-256 of the document", models.CharField(max_length=64))
    loaded_at = models.DateTimeField(default=clock.now)
    published_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("version of a product")
        constraints = [models.UniqueConstraint(fields=["product", "number"], name="catalogue_version_number")]

    @property
    def is_published(self) -> bool:
        return self.published_at is not None
