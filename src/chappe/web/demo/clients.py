"""Customers, lines and brands of the demonstration: a small operator of the Jura, with faults that its clerk will find.

Names, numbers and registrations are made up; the registrations only have the right shape and keys.
"""

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from chappe.apps.customers import holding
from chappe.apps.customers.models import Brand, CostCentre, Customer, Line
from chappe.apps.customers.services import (
    create_brand,
    create_cost_centre,
    create_customer,
    create_line,
    record_consent,
)
from chappe.apps.parties.models import Operator
from chappe.apps.tariffs.models import TariffPlan
from chappe.kit.access.actor import Actor

CLINIC, TOWN, CENTREX = "ipo-clinique", "asterisk-mairie", "centrex-altitel"


@dataclass(frozen=True)
class Firm:
    """One customer: where it is, what it has, what is wrong with it."""

    name: str
    street: str
    postal_code: str
    city: str
    kind: str = "company"
    siren: str = ""
    source: str = CENTREX
    lines: tuple[str, ...] = ()
    users: tuple[str, ...] = ()
    more: dict[str, Any] = field(default_factory=dict)


def numbers(first: int, count: int) -> tuple[str, ...]:
    """Fixed numbers that follow each other."""
    return tuple(f"0{first + rank}" for rank in range(count))


EXTENSIONS = tuple(str(201 + rank) for rank in range(8))
CLINIC_PEOPLE = (
    "Alice Martin",
    "Bruno Petit",
    "Chloé Bernard",
    "Paul Durand",
    "Émile Robert",
    "Fatou Diallo",
    "Accueil",
    "Salle de réunion",
)
TOWN_PEOPLE = ("Accueil", "État civil", "Urbanisme", "Cabinet du maire", "Services techniques", "Police municipale", "École Jules-Ferry", "Médiathèque")  # fmt: skip

FIRMS: tuple[Firm, ...] = (
    Firm("Clinique des Salines", "12 avenue Aristide-Briand", "39110", "Salins-les-Bains", siren="802954785", source=CLINIC,
         lines=EXTENSIONS, users=CLINIC_PEOPLE, more={"payment_days": 30, "end_of_month": True, "invoice_emails": "compta@clinique-des-salines.example"}),
    Firm("Mairie de Salins", "1 place des Alliés", "39110", "Salins-les-Bains", kind="public", siren="213905007", source=TOWN,
         lines=EXTENSIONS, users=TOWN_PEOPLE, more={"service_code": "FINANCES", "order_reference": "EJ-2026-118", "invoice_emails": "compta@mairie-de-salins.example"}),
    Firm("Boulangerie du Pont", "3 rue du Pont", "39600", "Arbois", siren="489213472", lines=numbers(353010110, 2),
         more={"payment_means": "sepa", "invoice_emails": "boulangerie-du-pont@courriel.example"}),
    Firm("Cabinet des Tanneurs", "18 rue des Tanneurs", "39100", "Dole", siren="511284673", lines=numbers(353010120, 6),
         more={"payment_means": "sepa", "invoice_emails": "secretariat@cabinet-des-tanneurs.example"}),
    Firm("Garage de la Loue", "ZA des Épenottes", "39100", "Dole", siren="394871528", lines=numbers(353010130, 4),
         more={"invoice_emails": "garage-de-la-loue@courriel.example"}),
    Firm("Fruitière de Poligny", "4 route de Genève", "39800", "Poligny", siren="778394152", lines=numbers(353010140, 3),
         more={"invoice_emails": "gestion@fruitiere-poligny.example"}),
    Firm("Gîtes du Piton", "27 rue des Bons-Enfants", "97410", "Saint-Pierre", siren="521394875", lines=numbers(262910020, 1),
         more={"invoice_emails": "gites-du-piton@courriel.example"}),
    Firm("Agence Cayenne Voyages", "5 avenue du Général-de-Gaulle", "97300", "Cayenne", siren="538217469", lines=numbers(353010160, 1),
         more={"invoice_emails": "agence@cayenne-voyages.example"}),
    Firm("Denise Perrard", "9 faubourg Saint-Maurice", "39000", "Lons-le-Saunier", kind="private", lines=numbers(353010170, 1),
         more={"invoice_emails": "denise.perrard@courriel.example"}),
    # What the clerk will find: no address, a VAT number with a wrong key.
    Firm("Scierie des Planches", "", "", "", siren="442871935", lines=numbers(353010180, 2)),
    Firm("Transports Morez", "2 quai Lamartine", "39400", "Hauts de Bienne", siren="389154726", lines=numbers(353010190, 2),
         more={"vat_number": "FR00389154726", "invoice_emails": "compta@transports-morez.example"}),
)  # fmt: skip


def luhn(start: str) -> str:
    """``start`` and the digit that makes it right: eight digits give a SIREN, thirteen a SIRET."""
    total = sum(
        sum(divmod(2 * int(digit), 10)) if rank % 2 == 0 else int(digit) for rank, digit in enumerate(reversed(start))
    )
    return start + str(-total % 10)


def siret(siren: str) -> str:
    """The head office of a SIREN."""
    return luhn(siren + "0001")


def vat(siren: str) -> str:
    """French VAT number of a SIREN."""
    return f"FR{(12 + 3 * (int(siren) % 97)) % 97:02d}{siren}"


def build(*, actor: Actor, operator: Operator, plan: TariffPlan, since: dt.date) -> list[Customer]:
    """Brands, customers and lines of ``operator``, held from ``since``. A second run adds nothing."""
    if Customer.objects.filter(owner=operator).exists():
        return list(Customer.objects.filter(owner=operator))
    _brands(actor, operator)
    made = [_firm(actor, operator, plan, firm, since) for firm in FIRMS]
    _wholesale(actor, operator)
    return made


def _brands(actor: Actor, operator: Operator) -> None:
    siren = luhn("73282932")
    create_brand(
        actor=actor,
        data={
            "owner": operator, "slug": "altitel", "name": "Altitel", "legal_name": "Altitel", "legal_form": "SAS au capital de 50 000 €",
            "rcs": "RCS Lons-le-Saunier", "siren": siren, "siret": siret(siren), "vat_number": vat(siren), "electronic_address": siren,
            "line1": "8 rue du Télégraphe", "postal_code": "39000", "city": "Lons-le-Saunier", "email": "facturation@altitel.example",
            "phone": "01 99 00 12 01", "support": "Service clients : 01 99 00 12 00, du lundi au vendredi de 8 h à 18 h, prix d’un appel local.",
            "iban": "FR7630006000011234567890189", "bic": "AGRIFRPP", "ics": "FR72ZZZ123456", "colour": "#1d4ed8", "accent": "#0f766e",
        },
    )  # fmt: skip
    if not Brand.objects.filter(owner=None).exists():
        own = luhn("55208131")
        create_brand(
            actor=actor,
            data={
                "slug": "fibre-du-jura", "name": "Fibre du Jura", "legal_name": "Fibre du Jura", "legal_form": "SAS au capital de 250 000 €",
                "rcs": "RCS Lons-le-Saunier", "siren": own, "siret": siret(own), "vat_number": vat(own), "electronic_address": own,
                "line1": "1 place de la Liberté", "postal_code": "39000", "city": "Lons-le-Saunier", "email": "gros@fibre-du-jura.example",
                "phone": "03 53 01 00 10", "iban": "FR7630006000011234567890189", "bic": "AGRIFRPP", "colour": "#14213d", "accent": "#b45309",
            },
        )  # fmt: skip


def _firm(actor: Actor, operator: Operator, plan: TariffPlan, firm: Firm, since: dt.date) -> Customer:
    siren = luhn(firm.siren[:8]) if firm.siren else ""
    data = {
        "owner": operator, "name": firm.name, "kind": firm.kind, "line1": firm.street, "postal_code": firm.postal_code, "city": firm.city,
        "siren": siren, "siret": siret(siren) if siren and firm.kind == "public" else "", "electronic_address": siren,
        "vat_number": vat(siren) if siren and firm.kind == "company" else "", "sell_plan": plan, **firm.more,
    }  # fmt: skip
    customer = create_customer(actor=actor, data=data)
    centres = _centres(actor, customer) if firm.source != CENTREX else {}
    for rank, number in enumerate(firm.lines):
        line = create_line(
            actor=actor,
            data={
                "owner": operator, "number": number, "kind": "extension" if firm.source != CENTREX else "fixed",
                "source": firm.source if firm.source != CENTREX else "",
                "user_name": firm.users[rank] if rank < len(firm.users) else "",
            },
        )  # fmt: skip
        centre = list(centres.values())[rank % len(centres)] if centres else None
        holding.assign(actor=actor, line=line, customer=customer, starts_on=since, cost_centre=centre)
    if firm.name.startswith("Cabinet"):
        record_consent(actor=actor, data={"customer": customer, "asked_by": "Me Tanneur", "asked_on": since})
    return customer


def _centres(actor: Actor, customer: Customer) -> dict[str, CostCentre]:
    names = (
        (("ACC", "Accueil"), ("SOI", "Soins"))
        if "Clinique" in customer.name
        else (("ADM", "Administration"), ("TEC", "Services à la population"))
    )
    return {
        code: create_cost_centre(actor=actor, data={"customer": customer, "code": code, "name": name})
        for code, name in names
    }


def _wholesale(actor: Actor, operator: Operator) -> Customer:
    """What the house sells to the operator itself: wholesale, so the buyer pays the VAT."""
    siren = luhn("73282932")
    return create_customer(
        actor=actor,
        data={
            "name": "Altitel", "kind": "operator", "siren": siren, "vat_number": vat(siren), "electronic_address": siren,
            "line1": "8 rue du Télégraphe", "postal_code": "39000", "city": "Lons-le-Saunier", "reseller": True,
            "arcep_declaration": "ARCEP 26-0142", "reseller_since": dt.date(2020, 1, 1), "invoice_emails": "achats@altitel.example",
            "notes": f"Opérateur {operator.name}",
        },
    )  # fmt: skip


def lines_of(source: str) -> list[Line]:
    """Lines of a source, for the generators of tickets."""
    return list(Line.objects.filter(source=source).order_by("number"))
