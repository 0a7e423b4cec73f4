"""Operators, roles and logins of the demonstration."""

from typing import Any

from chappe.apps.parties.communes import load_communes
from chappe.apps.parties.models import Contact, Operator
from chappe.apps.parties.services import create_contact, create_operator
from chappe.kit.access.actor import Actor
from chappe.kit.access.areas import Level, areas
from chappe.kit.access.models import Role, User
from chappe.kit.access.services import create_role, create_user

OPERATORS: dict[str, dict[str, Any]] = {
    "ALTITEL": {
        "name": "Altitel", "kind": "vno", "code_arcep": "ALTI", "code_interop": "ALTI", "prefix_pto": "AL", "siren": "732829320",
        "erp_id": "C00017", "colour": "#1d4ed8", "ftp_host": "sftp.altitel.example", "ftp_login": "chappe",
    },
    "BOREAL": {
        "name": "Boréal", "kind": "vno", "code_arcep": "BORE", "code_interop": "BORL", "prefix_pto": "BO", "siren": "552100554",
        "erp_id": "C00023", "colour": "#15803d",
    },
}  # fmt: skip
OTHERS: tuple[dict[str, Any], ...] = (
    {
        "name": "Cémax",
        "kind": "oc",
        "code_arcep": "CEMX",
        "code_interop": "CEMX",
        "prefix_pto": "CX",
        "colour": "#b45309",
    },
    {
        "name": "Delta Tel",
        "kind": "oc",
        "code_arcep": "DELT",
        "code_interop": "DELT",
        "prefix_pto": "DT",
        "colour": "#6d28d9",
    },
    {
        "name": "Fibre du Jura",
        "kind": "oi",
        "code_arcep": "FIBJ",
        "code_interop": "FIBJ",
        "prefix_pto": "FI",
        "colour": "#14213d",
    },
    {"name": "Voix Comtoise", "kind": "supplier", "colour": "#0f766e"},
)
CONTACTS: tuple[tuple[str, dict[str, Any]], ...] = (
    (
        "ALTITEL",
        {"first_name": "Denise", "last_name": "Perrard", "email": "facturation@altitel.example", "phone": "0199001201"},
    ),
    (
        "ALTITEL",
        {"first_name": "Luc", "last_name": "Vuillermoz", "email": "noc@altitel.example", "mobile": "0639980112"},
    ),
    ("BOREAL", {"first_name": "Nadia", "last_name": "Prost", "email": "compta@boreal.example", "phone": "0353010145"}),
)
STAFF = (
    ("alice", "Alice", "Maréchal", "", True, "Agent"),
    ("bruno", "Bruno", "Cattin", "ALTITEL", False, "Partenaire"),
    ("chloe", "Chloé", "Bailly", "BOREAL", False, "Partenaire"),
)
PARTNER = {"communications": Level.WRITE, "tarifs": Level.READ, "fichiers": Level.WRITE, "taches": Level.READ, "lexique": Level.READ,
           "api": Level.ADMIN, "utilisateurs": Level.ADMIN, "journal": Level.READ, "collecte": Level.WRITE, "clients": Level.WRITE,
           "facturation": Level.ADMIN, "paiements": Level.WRITE, "rapports": Level.WRITE, "courriels": Level.WRITE, "publication": Level.READ,
           "surveillance": Level.WRITE}  # fmt: skip


def build(*, actor: Actor, password: str) -> dict[str, Operator]:
    """Make what is missing; answers the operators that have calls, by tenant."""
    operators = {tenant: _operator(actor, {**data, "tenant": tenant}) for tenant, data in OPERATORS.items()}
    for data in OTHERS:
        _operator(actor, data)
    if not Contact.objects.exists():
        for tenant, data in CONTACTS:
            create_contact(actor=actor, data={**data, "operator": operators[tenant]})
    load_communes(actor=actor)
    roles = {
        "Agent": _role(actor, "Agent", dict.fromkeys(areas(), Level.ADMIN)),
        "Partenaire": _role(actor, "Partenaire", {area: level for area, level in PARTNER.items() if area in areas()}),
        "Lecture seule": _role(actor, "Lecture seule", dict.fromkeys(areas(), Level.READ)),
    }
    for username, first, last, tenant, chief, role in STAFF:
        if not User.objects.filter(username=username).exists():
            data = {
                "username": username, "first_name": first, "last_name": last, "email": f"{username}@chappe.example", "language": "fr",
                "organisation": operators.get(tenant), "is_superuser": chief, "roles": [roles[role]], "password": password,
            }  # fmt: skip
            create_user(actor=actor, data=data)
    return operators


def _operator(actor: Actor, data: dict[str, Any]) -> Operator:
    return Operator.objects.filter(name=data["name"]).first() or create_operator(actor=actor, data=data)


def _role(actor: Actor, name: str, levels: dict[str, int]) -> Role:
    rights = {area: int(level) for area, level in levels.items()}
    return Role.objects.filter(name=name).first() or create_role(actor=actor, data={"name": name, "rights": rights})
