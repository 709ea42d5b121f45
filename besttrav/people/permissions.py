"""Who may do what, for which purposes: one table. A role holds nothing that does not stand here.

A permission opens pages; the purposes beside it are the reasons its holder may give when opening personal data. The gate checks the
purpose's own list of roles again, and a test holds the two lists together.
"""

from collections.abc import Mapping
from enum import StrEnum

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from besttrav.privacy.purposes import ANSWER_RIGHTS, CORRECT, EMPLOY, SECURITY, SERVE, SIGN_IN, SUPERVISE, Purpose


class Role(StrEnum):
    """A job in the house. Permanent names: they stand in grants and in the journal."""

    SERVICE = "service"
    CLAIMS = "claims"
    SUPERVISOR = "supervisor"
    PRIVACY = "privacy"
    SECURITY = "security"
    FINANCE = "finance"
    AUDIT = "audit"
    ADMIN = "admin"

    @property
    def label(self) -> object:
        return _ROLE_LABELS[self]


_ROLE_LABELS = {
    Role.SERVICE: pgettext_lazy("role", "Customer service"),
    Role.CLAIMS: pgettext_lazy("role", "Claims"),
    Role.SUPERVISOR: pgettext_lazy("role", "Supervisor"),
    Role.PRIVACY: pgettext_lazy("role", "Privacy officer"),
    Role.SECURITY: pgettext_lazy("role", "Security"),
    Role.FINANCE: pgettext_lazy("role", "Finance"),
    Role.AUDIT: pgettext_lazy("role", "Audit"),
    Role.ADMIN: pgettext_lazy("role", "Staff administration"),
}


class Permission(StrEnum):
    """Something a role allows."""

    FIND_PEOPLE = "find_people"
    REVEAL = "reveal"
    READ_JOURNAL = "read_journal"
    READ_PERMISSIONS = "read_permissions"
    SEE_TEAM = "see_team"
    MANAGE_TEAM = "manage_team"
    REOPEN_NUMBERS = "reopen_numbers"
    SEE_ORDERS = "see_orders"
    HANDLE_ORDERS = "handle_orders"
    MOVE_MONEY = "move_money"
    SEE_BOOKS = "see_books"

    @property
    def label(self) -> object:
        return _PERMISSION_LABELS[self]


_PERMISSION_LABELS = {
    Permission.FIND_PEOPLE: _("Find a person by an exact key and see them masked"),
    Permission.REVEAL: _("Open personal data for a purpose"),
    Permission.READ_JOURNAL: _("Read the journal"),
    Permission.READ_PERMISSIONS: _("Read the table of permissions"),
    Permission.SEE_TEAM: _("See staff accounts, roles and agreements"),
    Permission.REOPEN_NUMBERS: _("Open a number again that wrong codes have closed"),
    Permission.SEE_ORDERS: _("See the orders and surrenders that wait for a person, and any of them by its number, masked"),
    Permission.HANDLE_ORDERS: _("Ask an insurer again, accept its answer, or refuse it and refund; check surrenders"),
    Permission.MOVE_MONEY: _("Try refunds again, settle by hand what a second person confirms, and agree to large surrenders"),
    Permission.SEE_BOOKS: _("See where every account stands, what insurers state, settlement runs and commission rules"),
    Permission.MANAGE_TEAM: _("Invite staff, record agreements, ask for and confirm roles"),
}

# role -> permission -> the purposes it may be used for; an empty set opens no personal data.
TABLE: Mapping[Role, Mapping[Permission, frozenset[Purpose]]] = {
    Role.SERVICE: {
        Permission.FIND_PEOPLE: frozenset({SIGN_IN, SERVE}),
        Permission.REVEAL: frozenset({SIGN_IN, SERVE, CORRECT}),
        Permission.REOPEN_NUMBERS: frozenset(),
        Permission.SEE_ORDERS: frozenset(),
        Permission.HANDLE_ORDERS: frozenset(),
        Permission.READ_PERMISSIONS: frozenset(),
    },
    Role.CLAIMS: {
        Permission.FIND_PEOPLE: frozenset({SERVE}),
        Permission.REVEAL: frozenset({SERVE}),
        Permission.READ_PERMISSIONS: frozenset(),
    },
    Role.SUPERVISOR: {
        Permission.FIND_PEOPLE: frozenset({SERVE}),
        Permission.REVEAL: frozenset({SERVE}),
        Permission.SEE_ORDERS: frozenset(),
        Permission.HANDLE_ORDERS: frozenset(),
        Permission.MOVE_MONEY: frozenset(),
        Permission.SEE_BOOKS: frozenset(),
        Permission.SEE_TEAM: frozenset(),
        Permission.READ_PERMISSIONS: frozenset(),
    },
    Role.PRIVACY: {
        Permission.FIND_PEOPLE: frozenset({ANSWER_RIGHTS}),
        Permission.REVEAL: frozenset({ANSWER_RIGHTS, CORRECT, SUPERVISE}),
        Permission.READ_JOURNAL: frozenset(),
        Permission.SEE_TEAM: frozenset(),
        Permission.READ_PERMISSIONS: frozenset(),
    },
    Role.SECURITY: {
        Permission.FIND_PEOPLE: frozenset({SECURITY}),
        Permission.REVEAL: frozenset({SECURITY}),
        Permission.REOPEN_NUMBERS: frozenset(),
        Permission.READ_JOURNAL: frozenset(),
        Permission.READ_PERMISSIONS: frozenset(),
    },
    Role.FINANCE: {
        Permission.SEE_ORDERS: frozenset(),
        Permission.MOVE_MONEY: frozenset(),
        Permission.SEE_BOOKS: frozenset(),
        Permission.READ_PERMISSIONS: frozenset(),
    },
    Role.AUDIT: {
        Permission.READ_JOURNAL: frozenset(),
        Permission.SEE_TEAM: frozenset(),
        Permission.READ_PERMISSIONS: frozenset(),
    },
    Role.ADMIN: {
        Permission.SEE_TEAM: frozenset({EMPLOY}),
        Permission.MANAGE_TEAM: frozenset({EMPLOY}),
        Permission.READ_PERMISSIONS: frozenset(),
    },
}


def allows(roles: frozenset[str], permission: Permission) -> bool:
    """Whether one of these roles holds the permission."""
    return any(permission in TABLE[Role(role)] for role in roles)


def purposes_for(roles: frozenset[str], permission: Permission) -> list[Purpose]:
    """The reasons these roles may give, in the order of their codes."""
    found = {purpose for role in roles for purpose in TABLE[Role(role)].get(permission, ())}
    return sorted(found, key=lambda purpose: purpose.code)


def roles_with(permission: Permission) -> list[Role]:
    """Who holds the permission: shown to whoever lacks it."""
    return [role for role in Role if permission in TABLE[role]]
