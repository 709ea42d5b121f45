"""Every address staff can open, under `/staff/`."""

from django.urls import path

from besttrav.console.views import differences, home, journal, orders, people, sign_in, team, watermark

app_name = "console"
urlpatterns = [
    path("", home.home, name="home"),
    path("sign-in/", sign_in.sign_in, name="sign-in"),
    path("sign-in/second-factor/", sign_in.second_factor, name="second-factor"),
    path("sign-out/", sign_in.sign_out, name="sign-out"),
    path("enrolment/", sign_in.enrolment, name="enrolment"),
    path("enrolment/app/", sign_in.app, name="app"),
    path("proof/", sign_in.proof, name="proof"),
    path("agreement/", team.agreement, name="agreement"),
    path("people/", people.people, name="people"),
    path("people/<uuid:subject>/", people.person, name="person"),
    path("people/<uuid:subject>/openings/", people.openings, name="openings"),
    path("closed-numbers/", people.closed_numbers, name="closed-numbers"),
    path("orders/", orders.orders, name="orders"),
    path("orders/<str:number>/", orders.order, name="order"),
    path("orders/<str:number>/questions/", orders.questions, name="order-questions"),
    path("orders/<str:number>/acceptance/", orders.acceptance, name="order-acceptance"),
    path("orders/<str:number>/refusal/", orders.refusal, name="order-refusal"),
    path("orders/<str:number>/payments/<uuid:payment_id>/refund/", orders.refund, name="order-refund"),
    path("orders/<str:number>/payments/<uuid:payment_id>/transfers/", orders.transfers, name="order-transfers"),
    path("orders/<str:number>/refunds/<uuid:refund_id>/questions/", orders.refund_questions, name="refund-questions"),
    path("orders/<str:number>/refunds/<uuid:refund_id>/repetition/", orders.repetition, name="refund-repetition"),
    path("orders/<str:number>/refunds/<uuid:refund_id>/confirmation/", orders.confirmation, name="refund-confirmation"),
    path("differences/<uuid:difference_id>/", differences.difference, name="difference"),
    path("differences/<uuid:difference_id>/settlement/", differences.settlement, name="difference-settlement"),
    path("differences/<uuid:difference_id>/confirmation/", differences.confirmation, name="difference-confirmation"),
    path("team/", team.team, name="team"),
    path("team/invitations/", team.invitations, name="invitations"),
    path("team/<uuid:staff_id>/roles/", team.roles, name="roles"),
    path("team/<uuid:staff_id>/resets/", team.resets, name="resets"),
    path("team/roles/<uuid:grant_id>/decision/", team.decision, name="decision"),
    path("team/roles/<uuid:grant_id>/ending/", team.ending, name="ending"),
    path("team/resets/<uuid:reset_id>/confirmation/", team.confirmation, name="confirmation"),
    path("journal/", journal.journal, name="journal"),
    path("permissions/", team.permissions, name="permissions"),
    path("watermark.svg", watermark.watermark, name="watermark"),
]
