"""Every address customers can open. Nouns only; a change is a POST to the noun it changes."""

from django.urls import path

from besttrav.portal.views import closed, comparison, home, information, preferences, privacy, products, profile, searches, sign_in

app_name = "portal"
urlpatterns = [
    path("", home.home, name="home"),
    path("products/", products.products, name="products"),
    path("products/<slug:slug>/", products.product, name="product"),
    path("products/<slug:slug>/quote/", products.quote, name="quote"),
    path("products/<slug:slug>/documents/<slug:name>/", products.paper, name="paper"),
    path("compare/", comparison.comparison, name="compare"),
    path("disclosure/", information.disclosure, name="disclosure"),
    path("contact/", information.contact, name="contact"),
    path("cookies/", information.cookies, name="cookies"),
    path("privacy/", information.privacy, name="privacy"),
    path("privacy/<slug:number>/", information.privacy, name="privacy-version"),
    path("preferences/", preferences.preferences, name="preferences"),
    path("sign-in/", sign_in.sign_in, name="sign-in"),
    path("sign-in/<uuid:challenge_id>/", sign_in.code, name="sign-in-code"),
    path("sign-in/<uuid:challenge_id>/message/", sign_in.message, name="sign-in-message"),
    path("sign-in/<uuid:challenge_id>/account/", sign_in.sign_up, name="sign-up"),
    path("sign-out/", sign_in.sign_out, name="sign-out"),
    path("my/number/", sign_in.recycled_number, name="recycled-number"),
    path("my/profile/", profile.profile, name="my-profile"),
    path("my/profile/phone/", profile.phone, name="my-phone"),
    path("my/profile/phone/<uuid:challenge_id>/", profile.phone_code, name="phone-code"),
    path("my/proof/", profile.proof, name="proof"),
    path("my/proof/<uuid:challenge_id>/", profile.proof_code, name="proof-code"),
    path("my/sessions/", profile.devices, name="my-devices"),
    path("my/sessions/mark/", profile.device_mark, name="device-mark"),
    path("my/sessions/mark/ending/", profile.device_mark_ending, name="device-mark-ending"),
    path("my/sessions/ending/", profile.devices_ending, name="devices-ending"),
    path("my/sessions/<uuid:session_id>/ending/", profile.device_ending, name="device-ending"),
    path("my/privacy/", privacy.centre, name="my-privacy"),
    path("my/privacy/values/<str:model>/", privacy.values, name="own-values"),
    path("my/privacy/looks/", privacy.looks, name="looks"),
    path("my/privacy/searches/", searches.searches, name="searches"),
    path("my/privacy/copy/", privacy.copy, name="copy"),
    path("my/privacy/consents/<str:code>/withdrawal/", privacy.withdrawal, name="withdrawal"),
    path("my/account/closing/", privacy.closing, name="closing"),
    path("closed/", closed.closed, name="closed"),
]
