"""Screens of operators, contacts, protocol versions and communes (OIConnect manual, (8)7) Configuration)."""

from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from chappe.apps.parties import services
from chappe.apps.parties.models import Commune, Contact, Operator, OperatorProtocol
from chappe.kit.access.actor import Actor
from chappe.kit.access.door import is_house
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

AREA = "lexique"
SECTION = "lexique"
registry.menu_section(SECTION, _("Lexicon"), 700)

ACTIVE = {
    "choices": [(True, _("active")), (False, _("archived"))],
    "tones": {True: Tone.OK, False: Tone.NEW},
    "kind": Kind.STATE,
    "filter": FilterKind.CHOICE,
}


def _archive(*, actor: Actor, objects: list[Operator]) -> Done:
    count = services.archive_operators(actor=actor, objects=objects)
    return Done(ngettext("%(n)d operator is archived.", "%(n)d operators are archived.", count) % {"n": count})


def _restore(*, actor: Actor, objects: list[Operator]) -> Done:
    count = services.restore_operators(actor=actor, objects=objects)
    return Done(ngettext("%(n)d operator is restored.", "%(n)d operators are restored.", count) % {"n": count})


def _erase(*, actor: Actor, objects: list[Contact]) -> Done:
    for contact in objects:
        services.delete_contact(actor=actor, object=contact, erase=True)
    return Done(
        ngettext(
            "%(n)d contact is deleted and erased from the journal.",
            "%(n)d contacts are deleted and erased from the journal.",
            len(objects),
        )
        % {"n": len(objects)},
        url=registry.url("parties.contact", "list"),
    )


def _why_not_archive(operator: Operator, user: Any) -> Any:
    if not is_house(user):
        return _("Only staff of the house may archive an operator.")
    return None if operator.active else _("It is archived already.")


def _why_not_restore(operator: Operator, user: Any) -> Any:
    if not is_house(user):
        return _("Only staff of the house may restore an operator.")
    return _("It is active.") if operator.active else None


registry.register(
    Screen(
        slug="parties.operator",
        model=Operator,
        label=_("Operators"),
        label_one=_("Operator"),
        area=AREA,
        menu=Menu(section=SECTION, icon="building-broadcast-tower", order=10),
        columns=[
            Column(name="name", label=_("Name")),
            Column(name="kind", label=_("Kind"), kind=Kind.STATE, tones=dict.fromkeys(Operator.Kind, Tone.NEW)),
            Column(name="code_arcep", label=_("ARCEP code")),
            Column(name="code_interop", label=_("Interop’Fibre code")),
            Column(name="prefix_pto", label=_("ARCEP prefix")),
            Column(name="siren", label=_("SIREN"), shown=False),
            Column(name="erp_id", label=_("Number in the ERP"), shown=False),
            Column(name="tenant", label=_("Tenant code")),
            Column(name="ftp_host", label=_("FTP server"), shown=False),
            Column(name="ftp_login", label=_("FTP account"), shown=False),
            Column(name="ftp_password", label=_("FTP password"), kind=Kind.SECRET, shown=False, exported=False, in_api=False),
            Column(name="sav_url", label=_("After-sales web service"), shown=False),
            Column(name="sav_login", label=_("After-sales account"), shown=False),
            Column(name="sav_secret", label=_("After-sales secret"), kind=Kind.SECRET, shown=False, exported=False, in_api=False),
            Column(name="active", label=_("State"), **ACTIVE),
            Column(name="notes", label=_("Notes"), shown=False),
            Column(name="updated_at", label=_("Changed"), kind=Kind.DATETIME, shown=False),
        ],
        scopes=[
            Scope(name="active", label=_("Active"), where=Q(active=True)),
            Scope(name="archived", label=_("Archived"), where=Q(active=False)),
            Scope(name="all", label=_("All")),
        ],
        chips=[
            Chip(name="oc", label=_("Commercial (OC)"), where=lambda user: Q(kind=Operator.Kind.OC)),
            Chip(name="oi", label=_("Infrastructure (OI)"), where=lambda user: Q(kind=Operator.Kind.OI)),
            Chip(name="vno", label=_("Virtual (VNO)"), where=lambda user: Q(kind=Operator.Kind.VNO)),
            Chip(name="no-tenant", label=_("Without tenant code"), where=lambda user: Q(tenant=None)),
            Chip(name="no-siren", label=_("Without SIREN"), where=lambda user: Q(siren="")),
        ],
        search=["name", "code_arcep", "code_interop", "prefix_pto", "siren", "tenant", "erp_id"],
        ordering=["name"],
        panels=[
            Panel(title=_("Identity"), icon="id", columns=["name", "kind", "code_arcep", "code_interop", "prefix_pto", "siren"]),
            Panel(title=_("Tariffs and invoices"), icon="file-invoice", columns=["tenant", "erp_id"]),
            Panel(title=_("FTP account"), icon="folder-share", columns=["ftp_host", "ftp_login", "ftp_password"], aside=True),
            Panel(title=_("After-sales web service"), icon="api", columns=["sav_url", "sav_login", "sav_secret"], aside=True),
            Panel(title=_("Notes"), icon="note", columns=["notes", "updated_at"], aside=True),
        ],
        related=[
            Related(screen="parties.contact", path="operator", label=_("Contacts")),
            Related(screen="parties.protocol", path="operator", label=_("Protocol versions")),
        ],
        fields=[
            "name", "kind", "active", "code_arcep", "code_interop", "prefix_pto", "siren", "erp_id", "tenant", "ftp_host",
            "ftp_login", "ftp_password", "sav_url", "sav_login", "sav_secret", "colour", "notes",
        ],
        bulk_fields=["kind", "active"],
        create=services.create_operator,
        update=services.update_operator,
        delete=services.delete_operator,
        actions=[
            Action(
                name="archive", label=_("Archive"), perform=_archive, icon="archive", bulk=True, why_not=_why_not_archive,
                confirm=_("It leaves the usual list; its history stays."),
            ),
            Action(name="restore", label=_("Restore"), perform=_restore, icon="archive-off", bulk=True, why_not=_why_not_restore),
        ],
        state="active",
        subtitle=lambda operator: " · ".join(filter(None, [str(operator.get_kind_display()), operator.code_interop])),
        intro=_("Companies that order from you, supply you, or whose network you use."),
        empty=_("No operator yet. Add the first one: its tenant code ties it to tariffs and calls."),
    )
)  # fmt: skip

registry.register(
    Screen(
        slug="parties.contact",
        model=Contact,
        label=_("Contacts"),
        label_one=_("Contact"),
        area=AREA,
        menu=Menu(section=SECTION, icon="address-book", order=20),
        columns=[
            Column(name="last_name", label=_("Name")),
            Column(name="first_name", label=_("First name")),
            Column(name="operator", label=_("Operator"), kind=Kind.LINK),
            Column(name="email", label=_("E-mail")),
            Column(name="phone", label=_("Phone")),
            Column(name="mobile", label=_("Mobile")),
            Column(name="description", label=_("Description")),
            Column(name="active", label=_("State"), shown=False, **ACTIVE),
        ],
        scopes=[
            Scope(name="active", label=_("Active"), where=Q(active=True)),
            Scope(name="archived", label=_("Archived"), where=Q(active=False)),
            Scope(name="all", label=_("All")),
        ],
        search=["last_name", "first_name", "email", "phone", "mobile", "operator__name"],
        ordering=["last_name", "first_name"],
        fields=["operator", "first_name", "last_name", "email", "phone", "mobile", "description", "active"],
        bulk_fields=["operator", "description", "active"],
        create=services.create_contact,
        update=services.update_contact,
        delete=services.delete_contact,
        actions=[
            Action(
                name="erase", label=_("Erase"), perform=_erase, level=3, icon="eraser", danger=True,
                confirm=_("Delete this person and erase their name and numbers from the journal? This cannot be undone."),
            )
        ],
        state="active",
        subtitle=lambda contact: contact.operator.name,
        empty=_("No contact yet. Add the people to call at each operator."),
    )
)  # fmt: skip

registry.register(
    Screen(
        slug="parties.protocol",
        model=OperatorProtocol,
        label=_("Protocol versions"),
        label_one=_("Protocol version"),
        area=AREA,
        columns=[
            Column(name="flow", label=_("Flow"), kind=Kind.STATE, tones=dict.fromkeys(OperatorProtocol.Flow, Tone.NEW)),
            Column(name="version", label=_("Version")),
            Column(name="operator", label=_("Operator"), kind=Kind.LINK),
        ],
        search=["operator__name", "version"],
        ordering=["operator__name", "flow"],
        fields=["operator", "flow", "version"],
        create=services.create_protocol,
        update=services.update_protocol,
        delete=services.delete_protocol,
        empty=_("No version is imposed: the latest one is spoken with each operator."),
    )
)

registry.register(
    Screen(
        slug="parties.commune",
        model=Commune,
        label=_("Communes"),
        label_one=_("Commune"),
        area=AREA,
        menu=Menu(section=SECTION, icon="map-pin", order=30),
        columns=[
            Column(name="insee", label=_("INSEE code"), kind=Kind.REF),
            Column(name="name", label=_("Name")),
            Column(name="postal_codes", label=_("Postal codes")),
            Column(name="population", label=_("Inhabitants"), kind=Kind.NUMBER),
        ],
        search=["insee", "name", "postal_codes"],
        ordering=["name", "insee"],
        fields=["insee", "name", "postal_codes", "population", "longitude", "latitude"],
        create=services.create_commune,
        update=services.update_commune,
        delete=services.delete_commune,
        empty=_("No commune yet. “chappe communes” loads all those of France; or add those that you serve."),
    )
)
