"""Screens of accounts, roles and sign-in attempts."""

from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _g
from django.utils.translation import gettext_lazy as _

from chappe.kit.access import services
from chappe.kit.access.actor import Actor
from chappe.kit.access.areas import LEVEL_LABELS, Level, areas
from chappe.kit.access.forms import GivenPasswordForm, RoleForm, UserForm
from chappe.kit.access.lockout import locked_until
from chappe.kit.access.models import LoginAttempt, OpenSession, Role, User
from chappe.kit.screens import registry
from chappe.kit.screens.declare import (
    Action,
    Chip,
    Column,
    Done,
    FilterKind,
    Kind,
    Menu,
    Panel,
    Related,
    Scope,
    Screen,
    Tone,
)

AREA = "utilisateurs"
SECTION = "administration"
registry.menu_section(SECTION, _("Administration"), 900)

OUTCOME_TONES = {
    LoginAttempt.Outcome.OK: Tone.OK,
    LoginAttempt.Outcome.LOCKED: Tone.BAD,
    LoginAttempt.Outcome.BAD_PASSWORD: Tone.WARN,
    LoginAttempt.Outcome.BAD_CODE: Tone.WARN,
    LoginAttempt.Outcome.UNKNOWN: Tone.WARN,
    LoginAttempt.Outcome.CLOSED: Tone.WARN,
}


def _give_password(*, actor: Actor, objects: list[User], password: str) -> Done:
    for user in objects:
        services.set_password(actor=actor, user=user, password=password, must_change=True)
    return Done(_g("The password is set; it will have to be changed at the next sign-in."))


def _invite(*, actor: Actor, objects: list[User]) -> Done:
    link = services.invitation_link(actor=actor, user=objects[0])
    return Done(
        _g("Send this link to %(user)s. It serves once, within three days: %(link)s")
        % {"user": objects[0], "link": link}
    )


def _unlock(*, actor: Actor, objects: list[User]) -> Done:
    for user in objects:
        services.unlock(actor=actor, user=user)
    return Done(_g("The account is unlocked."))


def _totp_off(*, actor: Actor, objects: list[User]) -> Done:
    for user in objects:
        services.disable_totp(actor=actor, user=user)
    return Done(_g("The second factor is off."))


def _close_sessions(*, actor: Actor, objects: list[User]) -> Done:
    count = sum(services.close_sessions(actor=actor, user=user) for user in objects if _managed(actor, user))
    return Done(_g("Sessions closed: %(n)d.") % {"n": count})


def _managed(actor: Actor, user: User) -> bool:
    services.check_manages(actor, user)
    return True


def _why_not_unlock(user: User, reader: Any) -> Any:
    return None if locked_until(user) else _("This account is not locked.")


def _why_not_totp(user: User, reader: Any) -> Any:
    return None if user.has_totp else _("This account has no second factor.")


def _why_not_invite(user: User, reader: Any) -> Any:
    return None if user.is_active else _("This account is closed: open it first.")


def _count_holders(rows: QuerySet, user: Any) -> QuerySet:
    """How many hold each role, as far as the reader may see: a partner counts its own people."""
    mine = Q() if user.organisation_id is None else Q(users__organisation=user.organisation_id)
    return rows.annotate(holders=Count("users", filter=mine, distinct=True))


def _matrix(role: Role, reader: Any) -> dict[str, Any]:
    held = dict(role.rights.values_list("area", "level"))
    levels = [(int(level), LEVEL_LABELS[level]) for level in Level]
    rows = [(area, held.get(area.slug, 0)) for area in areas().values()]
    return {"matrix": rows, "levels": levels}


registry.register(
    Screen(
        slug="access.user",
        model=User,
        label=_("Users"),
        label_one=_("User"),
        area=AREA,
        menu=Menu(section=SECTION, icon="users", order=10),
        columns=[
            Column(name="username", label=_("User name"), kind=Kind.REF),
            Column(name="name", label=_("Name"), source="get_full_name", order_by="last_name", second="email"),
            Column(name="organisation", label=_("Organisation"), source="organisation", kind=Kind.LINK),
            Column(
                name="active",
                label=_("State"),
                source="is_active",
                kind=Kind.STATE,
                choices=[(True, _("open")), (False, _("closed"))],
                tones={True: Tone.OK, False: Tone.NEW},
                filter=FilterKind.CHOICE,
            ),
            Column(name="first_name", label=_("First name"), shown=False),
            Column(name="last_name", label=_("Last name"), shown=False),
            Column(name="email", label=_("E-mail"), shown=False),
            Column(name="language", label=_("Language"), kind=Kind.STATE, shown=False),
            Column(name="superuser", label=_("Whole house"), source="is_superuser", kind=Kind.BOOL, shown=False),
            Column(name="totp", label=_("Second factor since"), source="totp_since", kind=Kind.DATETIME),
            Column(name="last_seen", label=_("Last seen"), kind=Kind.DATETIME),
            Column(name="created_at", label=_("Created"), kind=Kind.DATETIME, shown=False),
        ],
        scopes=[
            Scope(name="open", label=_("Open"), where=Q(is_active=True)),
            Scope(name="closed", label=_("Closed"), where=Q(is_active=False)),
            Scope(name="all", label=_("All")),
        ],
        chips=[
            Chip(name="house", label=_("Staff of the house"), where=lambda user: Q(organisation=None)),
            Chip(name="no-totp", label=_("Without second factor"), where=lambda user: Q(totp_since=None)),
            Chip(name="never", label=_("Never came"), where=lambda user: Q(last_seen=None)),
        ],
        search=["username", "email", "first_name", "last_name"],
        ordering=["username"],
        panels=[
            Panel(
                title=_("Account"),
                icon="user",
                columns=["username", "name", "email", "organisation", "language", "superuser", "active"],
            ),
            Panel(
                title=_("Roles"),
                icon="lock-access",
                template="access/panel_roles.html",
                context=lambda user, reader: {"roles": user.roles.all()},
            ),
            Panel(title=_("Traces"), icon="clock", columns=["created_at", "last_seen", "totp"], aside=True),
        ],
        related=[
            Related(screen="access.session", path="user", label=_("Open sessions")),
            Related(screen="access.attempt", path="user", label=_("Sign-in attempts")),
        ],
        fields=[
            "username", "email", "first_name", "last_name", "language", "organisation", "roles", "is_active",
            "is_superuser", "must_change_password",
        ],
        bulk_fields=["is_active", "language"],
        form=UserForm,
        create=services.create_user,
        update=services.update_user,
        delete=services.delete_user,
        actions=[
            Action(
                name="invite", label=_("Sign-in link"), perform=_invite, level=Level.ADMIN, icon="link",
                why_not=_why_not_invite,
                confirm=_("Make a link by which this person chooses a password? The present password keeps working until then."),
            ),
            Action(
                name="password", label=_("Give a password"), perform=_give_password, level=Level.ADMIN, icon="key",
                form=GivenPasswordForm,
            ),
            Action(
                name="unlock", label=_("Unlock"), perform=_unlock, level=Level.ADMIN, icon="lock-open",
                why_not=_why_not_unlock,
            ),
            Action(
                name="close-sessions", label=_("Close the sessions"), perform=_close_sessions, level=Level.ADMIN,
                icon="logout", confirm=_("Close every session of this person?"), bulk=True,
            ),
            Action(
                name="totp-off", label=_("Turn off the second factor"), perform=_totp_off, level=Level.ADMIN,
                icon="shield-off", danger=True, why_not=_why_not_totp,
                confirm=_("For a lost phone. Make sure that it is really this person who asks."),
            ),
        ],
        state="active",
        subtitle=lambda user: user.username,
        empty=_("No user yet. Open an account for each person: shared accounts make the journal useless."),
    )
)  # fmt: skip

registry.register(
    Screen(
        slug="access.role",
        model=Role,
        label=_("Roles"),
        label_one=_("Role"),
        area=AREA,
        menu=Menu(section=SECTION, icon="lock-access", order=20),
        columns=[
            Column(name="name", label=_("Name")),
            Column(name="description", label=_("Description")),
            Column(name="requires_totp", label=_("Requires a second factor"), kind=Kind.BOOL),
            Column(name="holders", label=_("Users"), kind=Kind.NUMBER, filter=FilterKind.NONE),
        ],
        rows=_count_holders,
        search=["name", "description"],
        ordering=["name"],
        panels=[
            Panel(title=_("Role"), icon="lock-access", columns=["name", "description", "requires_totp"], aside=True),
            Panel(title=_("Rights"), icon="table", template="access/panel_matrix.html", context=_matrix),
        ],
        related=[Related(screen="access.user", path="roles", label=_("Who holds it"))],
        fields=["name", "description", "requires_totp"],
        form=RoleForm,
        create=services.create_role,
        update=services.update_role,
        delete=services.delete_role,
        intro=_(
            "A role reaches, in each area, a level: read, write or administrator. A level contains those below it."
        ),
        empty=_("No role yet. Make one for each trade: agent, accountant, partner."),
    )
)

registry.register(
    Screen(
        slug="access.attempt",
        model=LoginAttempt,
        label=_("Sign-in attempts"),
        label_one=_("Sign-in attempt"),
        area=AREA,
        menu=Menu(section=SECTION, icon="login", order=30),
        columns=[
            Column(name="at", label=_("When"), kind=Kind.DATETIME),
            Column(name="login", label=_("User name given")),
            Column(name="user", label=_("User"), kind=Kind.LINK),
            Column(name="outcome", label=_("Outcome"), kind=Kind.STATE, tones=OUTCOME_TONES),
            Column(name="address", label=_("Address"), kind=Kind.TEXT, filter=FilterKind.EXACT),
            Column(name="agent", label=_("Browser"), shown=False),
        ],
        scopes=[
            Scope(name="all", label=_("All")),
            Scope(name="refused", label=_("Refused"), where=~Q(outcome=LoginAttempt.Outcome.OK)),
            Scope(name="locked", label=_("Locked out"), where=Q(outcome=LoginAttempt.Outcome.LOCKED)),
        ],
        search=["login"],
        ordering=["-at", "-pk"],
        state="outcome",
        history=False,
        empty=_("Nobody has tried to sign in yet."),
    )
)

registry.register(
    Screen(
        slug="access.session",
        model=OpenSession,
        label=_("Open sessions"),
        label_one=_("Open session"),
        area=AREA,
        columns=[
            Column(name="user", label=_("User"), kind=Kind.LINK),
            Column(name="address", label=_("Address"), filter=FilterKind.EXACT),
            Column(name="agent", label=_("Browser")),
            Column(name="started_at", label=_("Started"), kind=Kind.DATETIME),
            Column(name="last_seen", label=_("Last seen"), kind=Kind.DATETIME),
        ],
        ordering=["-last_seen"],
        history=False,
        empty=_("Nobody is signed in."),
    )
)
