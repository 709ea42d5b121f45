from django.urls import path

from besttrav.api.views import callbacks, insurers

app_name = "api"
urlpatterns = [
    path("callbacks/insurers/<slug:code>/", insurers.callback, name="insurer-callbacks"),
    path("callbacks/<slug:channel>/", callbacks.payment, name="payment-callbacks"),
]
