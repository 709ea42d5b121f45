"""The product's settings with one more app, a few models that only tests know, and hashes of passwords that cost next to nothing."""

from besttrav.settings import *  # noqa: F403  # settings are one flat namespace, and tests want all of it
from besttrav.settings import INSTALLED_APPS as PRODUCT_APPS

INSTALLED_APPS = [*PRODUCT_APPS, "tests.sample"]

# Staff of the cast sign in hundreds of times. tests/people/test_staff.py looks at the product's own setting.
PASSWORD_HASHERS = ["tests.sample.passwords.QuickScrypt"]
