"""The site's settings, and the models that are measured."""

from besttrav.settings import *  # noqa: F403  # settings are one flat namespace

INSTALLED_APPS += ["bench"]  # noqa: F405  # it comes with the line above
