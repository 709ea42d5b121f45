"""The product's settings with one more app: a few models that only tests know."""

from besttrav.settings import *  # noqa: F403  # settings are one flat namespace, and tests want all of it
from besttrav.settings import INSTALLED_APPS as PRODUCT_APPS

INSTALLED_APPS = [*PRODUCT_APPS, "tests.sample"]
