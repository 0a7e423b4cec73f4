"""The screen of keys and the two pages of the API (OIConnect manual, (9)8) API)."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, pgettext_lazy

from chappe.kit.access.actor import Actor
from chappe.kit.access.door import Level
from chappe.kit.api import pages, services
from chappe.kit.api.forms import KeyForm
from chappe.kit.api.models import (
    ACTIVE,
    EXPIRED,
    IS_ACTIVE,
    IS_EXPIRED,
    IS_REVOKED,
    REVOKED,
    STATES,
    ApiKey,
    with_state,
)
from chappe.kit.screens import registry
from chappe.kit.screens.declare import (
    Action,
    Column,
    Done,
    FilterKind,
    Kind,
    Menu,
    Page,
    Panel,
    Scope,
    Screen,
    Tone,
)

AREA = services.AREA
SECTION = "exchange"
registry.menu_section(SECTION, _("Exchanges"), 40)


def _revoke(*, actor: Actor, objects: list[ApiKey]) -> Done:
    count = services.revoke_keys(actor=actor, objects=objects)
    return Done(ngettext("%(n)d key is revoked.", "%(n)d keys are revoked.", count) % {"n": count})


def _why_not_revoke(key: ApiKey, user: Any) -> Any:
    return _("It is revoked already.") if key.revoked_at is not None else None


registry.register(
    Screen(
        slug="api.key",
        model=ApiKey,
        label=_("API keys"),
        label_one=_("API key"),
        area=AREA,
        menu=Menu(section=SECTION, icon="key", order=80),
        intro=_("One key for each program that uses Chappe: it can then be stopped alone."),
        rows=with_state,
        columns=[
            Column(name="name", label=_("Name"), kind=Kind.REF),
            Column(name="state", label=_("State"), kind=Kind.STATE, choices=STATES, tones={ACTIVE: Tone.OK, EXPIRED: Tone.WARN, REVOKED: Tone.BAD}),
            Column(name="prefix", label=_("Key"), source="shown_prefix", order_by="prefix"),
            Column(name="user", label=_("Account"), kind=Kind.LINK),
            Column(name="organisation", label=_("Organisation"), kind=Kind.LINK, shown=False),
            Column(name="created", label=pgettext_lazy("key", "Created"), source="created_at", kind=Kind.DATETIME),
            Column(name="expires", label=_("Expires"), source="expires_at", kind=Kind.DATETIME),
            Column(name="revoked", label=_("Revoked"), kind=Kind.BOOL, filter=FilterKind.BOOL),
            Column(name="revoked_on", label=_("Revoked on"), source="revoked_at", kind=Kind.DATETIME, shown=False),
            Column(name="last_used", label=_("Last use"), source="last_used_at", kind=Kind.DATETIME),
            Column(name="last_used_from", label=_("Last used from"), filter=FilterKind.NONE, shown=False),
            Column(name="uses", label=_("Requests"), kind=Kind.NUMBER, shown=False),
            Column(name="read_only", label=_("Read only"), kind=Kind.BOOL, shown=False),
            Column(name="scopes", label=_("Rights"), source="scope_words", shown=False),
            Column(name="networks", label=_("Allowed addresses"), shown=False),
            Column(name="rate_per_minute", label=_("Requests a minute"), kind=Kind.NUMBER, shown=False),
        ],
        scopes=[
            Scope(name="active", label=pgettext_lazy("keys", "Active"), where=IS_ACTIVE),
            Scope(name="expired", label=pgettext_lazy("keys", "Expired"), where=IS_EXPIRED),
            Scope(name="revoked", label=pgettext_lazy("keys", "Revoked"), where=IS_REVOKED),
            Scope(name="all", label=_("All")),
        ],
        search=["name", "prefix", "user__username"],
        ordering=["-created_at"],
        state="state",
        subtitle=lambda key: key.shown_prefix,
        panels=[
            Panel(title=_("Rights"), icon="shield", template="api/panel_scopes.html", context=pages.use_of),
            Panel(title=_("Key"), icon="key", columns=["prefix", "user", "organisation", "networks"]),
            Panel(title=_("Life"), icon="clock", columns=["created", "expires", "revoked_on"], aside=True),
            Panel(title=_("Use"), icon="activity", columns=["last_used", "last_used_from", "uses", "rate_per_minute"], aside=True),
        ],
        fields=["name", "expires_at", "networks", "rate_per_minute", "read_only"],
        form=KeyForm,
        update=services.update_key,
        delete=services.delete_key,
        actions=[
            Action(
                name="revoke", label=_("Revoke"), perform=_revoke, level=Level.ADMIN, icon="ban", danger=True, bulk=True,
                confirm=_("Revoke this key? The program that uses it is stopped at once. A revoked key cannot be put back into service."),
                why_not=_why_not_revoke,
            )
        ],
        empty=_("No key yet. Make one for the first program that will use Chappe."),
        page_links=(pages.docs_link, pages.new_key_link),
    )
)  # fmt: skip

registry.page(
    Page(
        slug="api.new-key",
        path="api/key/new/",
        view=pages.new_key,
        label=_("New API key"),
        area=AREA,
        level=Level.ADMIN,
    )
)
registry.page(
    Page(
        slug="api.docs", path="api/v1/docs/", view=pages.documentation, label=_("API"), area="",
        menu=Menu(section=SECTION, icon="api", order=70),
    )
)  # fmt: skip
