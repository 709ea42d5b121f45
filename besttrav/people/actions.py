"""What this room writes into the journal."""

from django.utils.translation import gettext_lazy as _

from besttrav.journal.actions import Fact, Stream, action, moving

CODE_SENT = action("people.code_sent", Stream.SECURITY, _("One-time code sent"), purpose=Fact.CODE)
CODE_WRONG = action("people.code_wrong", Stream.SECURITY, _("Wrong one-time code"), purpose=Fact.CODE, tries=Fact.COUNT)
CODE_RIGHT = action("people.code_right", Stream.SECURITY, _("Right one-time code"), purpose=Fact.CODE)
ALARM_RAISED = action("people.alarm_raised", Stream.SECURITY, _("Unusual one-time codes"), kind=Fact.CODE)
ALARM_ENDED = action("people.alarm_ended", Stream.SECURITY, _("One-time codes are as usual again"), kind=Fact.CODE)
NUMBER_REOPENED = action("people.number_reopened", Stream.SECURITY, _("A number closed by wrong codes was opened again"), proof=Fact.CODE)

REGISTERED = action("people.registered", Stream.SECURITY, _("Account opened"))
SIGNED_IN = action("people.signed_in", Stream.SECURITY, _("Signed in"), trust=Fact.CODE, new_device=Fact.FLAG)
DEVICE_MARKED = action("people.device_marked", Stream.SECURITY, _("A browser got a new mark, to be recognised by"))
SESSION_ENDED = action("people.session_ended", Stream.SECURITY, _("Signed out"), why=Fact.CODE)
SESSIONS_ENDED = action("people.sessions_ended", Stream.SECURITY, _("Signed out everywhere"), why=Fact.CODE, sessions=Fact.COUNT)
RESTORE_FOLLOWED = action(
    "people.restore_followed", Stream.SECURITY, _("Everybody was signed out after a restore"), sessions=Fact.COUNT, codes=Fact.COUNT
)
IDENTITY_PROVED = action("people.identity_proved", Stream.SECURITY, _("Proved identity again"), way=Fact.CODE)
PHONE_CHANGED = action("people.phone_changed", Stream.SECURITY, _("Phone number changed"))
ACCOUNT_MOVED = moving("people.account_moved", Stream.SECURITY, _("Account changed"))

SEARCHES_CLEARED = action("people.searches_cleared", Stream.SECURITY, _("Search words cleared"), searches=Fact.COUNT)

TRAVELLERS_KEPT = action("people.travellers_kept", Stream.SECURITY, _("Travellers saved for the next time"), travellers=Fact.COUNT)
TRAVELLERS_USED = action("people.travellers_used", Stream.SECURITY, _("Saved travellers filled in"), travellers=Fact.COUNT)
TRAVELLER_CHANGED = action("people.traveller_changed", Stream.SECURITY, _("Saved traveller changed"))
TRAVELLER_REMOVED = action("people.traveller_removed", Stream.SECURITY, _("Saved traveller removed"))
TRAVELLERS_ENDING = action(
    "people.travellers_ending", Stream.SECURITY, _("Told that saved travellers are about to be erased"), travellers=Fact.COUNT
)

PERSON_SEARCHED = action("people.person_searched", Stream.SECURITY, _("Searched for a person by an exact key"), found=Fact.COUNT)
STAFF_INVITED = action("people.staff_invited", Stream.SECURITY, _("Staff account opened"))
STAFF_ENROLLED = action("people.staff_enrolled", Stream.SECURITY, _("Staff member set up their ways to sign in"), way=Fact.CODE)
STAFF_SIGNED_IN = action("people.staff_signed_in", Stream.SECURITY, _("Staff member signed in"), way=Fact.CODE)
STAFF_MOVED = moving("people.staff_moved", Stream.SECURITY, _("Staff account changed"))
STAFF_REFUSED = action("people.staff_refused", Stream.SECURITY, _("Staff sign-in refused"), factor=Fact.CODE, tries=Fact.COUNT)
AGREEMENT_SIGNED = action(
    "people.agreement_signed", Stream.SECURITY, _("Confidentiality agreement signed"), version=Fact.CODE, sha256=Fact.DIGEST
)
ROLE_ASKED = action("people.role_asked", Stream.SECURITY, _("Role asked for"), role=Fact.CODE)
ROLE_MOVED = moving("people.role_moved", Stream.SECURITY, _("Role granted, refused or taken back"))
RESET_ASKED = action("people.reset_asked", Stream.SECURITY, _("Reset of sign-in factors asked for"))
RESET_MOVED = moving("people.reset_moved", Stream.SECURITY, _("Reset of sign-in factors decided"))
