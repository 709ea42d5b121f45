"""What the web server loads."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "besttrav.settings")

application = get_wsgi_application()

from besttrav.privacy.starting import before_serving  # noqa: E402  # Django must be set up first

before_serving()
