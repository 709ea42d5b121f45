"""The doors, and the pages for what goes wrong."""

from django.urls import include, path

from besttrav.health import healthz

urlpatterns = [
    path("", include("besttrav.portal.urls")),
    path("api/", include("besttrav.api.urls")),
    path("staff/", include("besttrav.console.urls")),
    path("healthz/", healthz, name="healthz"),
]

handler400 = "besttrav.ui.errors.bad_request"
handler403 = "besttrav.ui.errors.not_permitted"
handler404 = "besttrav.ui.errors.not_found"
handler500 = "besttrav.ui.errors.broken"
