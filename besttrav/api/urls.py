from django.urls import path

from besttrav.api.views import insurers

app_name = "api"
urlpatterns = [
    path("callbacks/insurers/<slug:code>/", insurers.callback, name="insurer-callbacks"),
]
