"""The site's settings, and the models that are measured; the limit pages also need what a new Django project is given."""

from besttrav.settings import *  # noqa: F403  # settings are one flat namespace

NEW_PROJECT = ["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions", "django.contrib.messages"]
INVENTED_PHONES = "12"
INSTALLED_APPS += ["bench", *NEW_PROJECT]  # noqa: F405  # it comes with the line above
