"""Invoices of an invented operator, of every kind that it makes: what the layout page previews and the rules are tried on.

Everybody in them is made up. Amounts are worked out by the same arithmetic as in any document: lines to the cent, VAT
per rate on the sum, so that a sample that breaks a rule is a fault of the house.
"""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from chappe.core.billing.document import (
    CREDIT_NOTE,
    INVOICE,
    Address,
    Document,
    Line,
    Party,
    VatRow,
)
from chappe.core.billing.frames import frame_of
from chappe.core.einvoice.sample_calls import calls_of, groups_of, history_of

CENT = 10_000_000
EURO = 100 * CENT

SELLER = Party(
    name="Saône Télécom",
    address=Address("12 quai Rambaud", "", "69002", "Lyon"),
    legal_form="SAS au capital de 150 000 €",
    rcs="RCS Lyon 812 345 676",
    siren="812345676",
    siret="81234567600017",
    vat_number="FR19812345676",
    electronic_address="812345676",
    email="facturation@saone-telecom.example",
    phone="04 28 00 00 10",
)
COMPANY = Party(
    name="Menuiserie Bertrand & Fils",
    address=Address("4 rue de la Scierie", "ZA des Bruyères", "69380", "Lozanne"),
    number="C000142",
    siren="502134687",
    siret="50213468700016",
    vat_number="FR87502134687",
    electronic_address="502134687",
    email="compta@menuiserie-bertrand.example",
)
PERSON = Party(
    name="Mme Claire Fontaine",
    address=Address("27 rue des Lilas", "Bâtiment B, 3e étage", "69003", "Lyon"),
    number="C000377",
    email="claire.fontaine@courriel.example",
    is_company=False,
)
OPERATOR = Party(
    name="Isère Mobile Services",
    address=Address("Parc d’activités du Pic", "18 chemin des Aulnes", "38000", "Grenoble"),
    number="C000009",
    siren="430876128",
    vat_number="FR91430876128",
    electronic_address="430876128_WHOLESALE",
    email="interco@isere-mobile.example",
)
NOTES = {
    "PMD": "Tout retard de paiement entraîne des pénalités au taux de trois fois le taux de l’intérêt légal.",
    "PMT": "Indemnité forfaitaire pour frais de recouvrement en cas de retard de paiement : 40 €.",
    "AAB": "Aucun escompte n’est accordé pour paiement anticipé.",
}
MENTIONS = (
    "Service clients et facturation : 04 28 00 00 10, du lundi au vendredi de 9 h à 18 h, prix d’un appel local.",
    "Réclamation possible pendant un an à compter du paiement. Médiateur : www.mediation-telecom.org.",
)
FROM, TO = dt.date(2026, 10, 1), dt.date(2026, 10, 31)
ISSUED, DUE = dt.date(2026, 11, 3), dt.date(2026, 12, 3)


def line(label: str, price: str, quantity: str = "1", **more: Any) -> Line:
    """A line whose amount is quantity × price − discount, halves up; ``price`` in euros."""
    nano = int(Decimal(price) * 10**9)
    raw = Decimal(quantity) * nano - more.get("discount", 0)
    net = int((raw / CENT).quantize(Decimal(1), rounding=ROUND_HALF_UP)) * CENT
    return Line(label=label, net=net, quantity=quantity, price=nano, **more)


def summed(lines: Sequence[Line], reasons: dict[str, tuple[str, str]]) -> tuple[VatRow, ...]:
    """The VAT table of lines: one row a category and rate, tax on the sum, to the cent."""
    bases: dict[tuple[str, str], int] = {}
    for row in lines:
        key = (row.vat_category, row.vat_rate)
        bases[key] = bases.get(key, 0) + row.net
    rows = []
    for (category, rate), base in sorted(bases.items(), key=lambda item: item[0], reverse=True):
        tax = (Decimal(base) * Decimal(rate) / 100 / CENT).quantize(Decimal(1), rounding=ROUND_HALF_UP)
        rows.append(VatRow(category, rate, base, int(tax) * CENT, *reasons.get(category, ("", ""))))
    return tuple(rows)


def made(lines: Sequence[Line], reasons: dict[str, tuple[str, str]] | None = None, **more: Any) -> Document:
    """A document with its totals worked out."""
    vat = summed(lines, reasons or {})
    net, tax = sum(row.net for row in lines), sum(row.tax for row in vat)
    base: dict[str, Any] = {
        "number": "FA2026-00142",
        "kind": INVOICE,
        "issue_date": ISSUED,
        "due_date": DUE,
        "period_from": FROM,
        "period_to": TO,
        "seller": SELLER,
        "buyer": COMPANY,
        "iban": "FR7630003012900002012345606",
        "bic": "SOGEFRPP",
        "terms": "Paiement à 30 jours, date de facture.",
        "notes": NOTES,
        "mentions": MENTIONS,
        "history": history_of(net),
        "paid": 0,
    }
    base.update(more)
    gross = net + tax
    return Document(**base, lines=tuple(lines), vat=vat, net=net, tax=tax, gross=gross, due=gross - base["paid"])


def _month(**more: Any) -> dict[str, Any]:
    return {"period_from": FROM, "period_to": TO, **more}


def company(calls: int = 100) -> Document:
    """A company: subscriptions with a discount, communications in and beyond the plan, third-party services."""
    site = "Atelier, 4 rue de la Scierie, Lozanne"
    lines = [
        line("Accès fibre professionnelle 1 Gbit/s", "49", section="subscriptions", **_month(line_number="04 78 00 14 20", site=site)),
        line("Standard hébergé, poste utilisateur", "8.90", "12", unit="C62", section="subscriptions", discount=10_680_000_000, discount_label="Remise de fidélité 10 %", **_month()),
        line("Option numéros SDA, tranche de 10", "4.50", "2", section="options", **_month()),
        line("Appels vers les fixes et mobiles, inclus au forfait", "0", "1482", unit="MIN", section="communications", **_month()),
        line("Appels vers les mobiles, hors forfait", "0.0425", "318.5", unit="MIN", section="communications", **_month()),
        line("Appels internationaux", "17.64", section="communications", **_month(note="14 appels, 1 h 52")),
        line("Mise en service d’une ligne supplémentaire", "55", section="one_off", period_from=dt.date(2026, 10, 14), period_to=dt.date(2026, 10, 14)),
        line("Numéros spéciaux à valeur ajoutée (SVA)", "9.60", section="third_party", **_month(note="6 appels, éditeur : Renseignements 118 000")),
    ]  # fmt: skip
    return made(
        lines,
        service_address=Address("4 rue de la Scierie", "ZA des Bruyères", "69380", "Lozanne"),
        order_reference="BC-2026-077",
        contract="CTR-2024-0031",
        groups=groups_of(),
        calls=calls_of(calls),
        calls_total=calls,
    )


def person() -> Document:
    """A private person paying by card: nothing of a company in it."""
    lines = [
        line("Box fibre famille", "29.99", section="subscriptions", **_month()),
        line("Option appels vers l’international", "5", section="options", **_month()),
        line("Bouquet TV, droits payants", "7.99", section="options", vat_rate="10.00", **_month()),
        line("Appels vers les numéros spéciaux", "1.35", section="third_party", **_month(note="2 appels")),
    ]
    return made(lines, number="FA2026-00377", buyer=PERSON, notes={}, terms="", calls=calls_of(8), calls_total=8)


def overseas() -> Document:
    """A company of La Réunion: the rate of its territory."""
    lines = [line("Trunk SIP 10 canaux", "89", section="subscriptions", vat_rate="8.50", **_month())]
    buyer = replace(
        COMPANY, name="Sucrerie du Sud", address=Address("2 chemin des Cannes", "", "97410", "Saint-Pierre", "RE")
    )
    return made(lines, number="FA2026-00214", buyer=buyer)


def guyane() -> Document:
    """Guyane has no VAT: exempt, with the article of the law."""
    lines = [line("Trunk SIP 4 canaux", "39", section="subscriptions", vat_category="E", vat_rate="0.00", **_month())]
    buyer = replace(
        COMPANY,
        name="Scierie du Maroni",
        address=Address("Route des Chutes", "", "97320", "Saint-Laurent-du-Maroni", "GF"),
    )
    reasons = {"E": ("TVA non applicable - article 294 du CGI", "")}
    return made(lines, reasons, number="FA2026-00215", buyer=buyer)


def wholesale() -> Document:
    """Wholesale between operators: the buyer pays the VAT (CGI 283, 2 octies)."""
    none = {"vat_category": "AE", "vat_rate": "0.00"}
    lines = [
        line("Terminaison d’appel vocal fixe", "0.00064", "1284410.5", unit="MIN", section="communications", **none, **_month()),
        line("Accès activé FTTH, collecte régionale", "11.42", "640", section="subscriptions", **none, **_month()),
        line("Porte de collecte 10 Gbit/s", "420", section="subscriptions", **none, **_month()),
    ]  # fmt: skip
    reasons = {"AE": ("Autoliquidation - article 283, 2 octies du CGI", "VATEX-EU-AE")}
    mentions = ("Autoliquidation : la TVA est due par le preneur, article 283, 2 octies du CGI.",)
    return made(lines, reasons, number="FA2026-00021", buyer=OPERATOR, mentions=mentions)


def credit_note() -> Document:
    """Part of an invoice given back: names the invoice and its date."""
    lines = [line("Accès fibre professionnelle, interruption du 12 au 16 octobre", "7.90", section="subscriptions")]
    return made(
        lines,
        number="AV2026-00007",
        kind=CREDIT_NOTE,
        preceding_number="FA2026-00142",
        preceding_date=ISSUED,
        issue_date=dt.date(2026, 11, 12),
        due_date=None,
        reason="Avoir pour interruption de service de cinq jours.",
        terms="Remboursement par virement, ou déduction de la prochaine facture.",
    )


def direct_debit() -> Document:
    """Paid by SEPA direct debit: mandate, creditor identifier, debited account."""
    whole = company(12)
    return replace(
        whole,
        number="FA2026-00143",
        payment_means="59",
        iban="FR7630004008230001098765491",
        bic="",
        mandate="RUM-C000142-1",
        creditor_id="FR13ZZZ812345",
        terms="Prélèvement SEPA le 3 décembre 2026.",
    )


def nothing_due() -> Document:
    """Paid in advance by a top-up: the total is paid, nothing is due."""
    lines = [
        line("Forfait prépayé 10 Go", "12.50", section="subscriptions", **_month()),
        line("Geste commercial", "-12.50", section="one_off"),
    ]
    return made(
        lines, number="FA2026-00378", buyer=PERSON, notes={}, terms="Facture à zéro, rien à payer.", due_date=ISSUED
    )


def prepaid() -> Document:
    """Already paid (frame S2): paid equals total."""
    lines = [line("Recharge 20 €", "16.67", section="one_off")]
    gross = 20_000_000_000
    return made(
        lines, number="FA2026-00379", buyer=PERSON, notes={}, frame="S2", paid=gross, payment_means="48",
        iban="", bic="", terms="Réglé par carte bancaire.",
    )  # fmt: skip


def mixed() -> Document:
    """Telephones sold with their installation: goods and services (frame M1)."""
    lines = [
        line("Téléphone IP de bureau, écran couleur", "89", "4", section="one_off", is_goods=True),
        line("Pose et mise en service", "55", section="one_off"),
    ]
    return made(lines, number="FA2026-00380", period_from=None, period_to=None, frame=frame_of(lines))


def sent_abroad() -> Document:
    """Goods sent to a company of another state of the Union: exempt, with the country they go to (frame B1)."""
    lines = [line("Routeur fibre", "149", "10", section="one_off", vat_category="K", vat_rate="0.00", is_goods=True)]
    buyer = replace(
        COMPANY, name="Télébel", siren="", siret="", vat_number="BE0403019261", electronic_address="achats@telebel.example",
        address=Address("12 rue de la Loi", "", "1000", "Bruxelles", "BE"),
    )  # fmt: skip
    reasons = {"K": ("Exonération de TVA - article 262 ter, I du CGI", "VATEX-EU-IC")}
    return made(lines, reasons, number="FA2026-00381", buyer=buyer, frame=frame_of(lines))


def sent_overseas() -> Document:
    """Goods sent from the mainland to Réunion: exempt as exported (CGI 294, 2)."""
    lines = [line("Routeur fibre", "149", "10", section="one_off", vat_category="G", vat_rate="0.00", is_goods=True)]
    buyer = replace(
        COMPANY, name="Gîtes du Piton", address=Address("12 rue Marius-et-Ary-Leblond", "", "97410", "Saint-Pierre", "FR"),
    )  # fmt: skip
    reasons = {"G": ("Exonération de TVA - article 294 du CGI", "VATEX-EU-G")}
    return made(lines, reasons, number="FA2026-00383", buyer=buyer, frame=frame_of(lines))


LONG = "Communications au départ de l’établissement secondaire de Saint-Germain-Nuelles vers les numéros mobiles des "


def many(count: int = 90, calls: int = 400) -> Document:
    """Long names, many lines, several pages."""
    site = "Établissement secondaire de Saint-Germain-Nuelles, bâtiment administratif, 2e étage, aile nord"
    lines = [
        line(f"{LONG}départements d’outre-mer, ligne {at:03d}", "0.123456789", f"{at}.25", unit="MIN",
             section=("subscriptions", "communications", "one_off", "third_party")[at % 4], **_month(line_number=f"04 78 00 {at:04d}", site=site))
        for at in range(1, count + 1)
    ]  # fmt: skip
    name = "Groupement coopératif interprofessionnel des transporteurs et messagers de la vallée de l’Azergues"
    return made(
        lines, number="FA2026-00500", buyer=replace(COMPANY, name=name), groups=groups_of(), calls=calls_of(calls),
        calls_total=calls,
    )  # fmt: skip


def english() -> Document:
    """The same house writing to a customer who reads English."""
    lines = [
        line("SIP trunk, 20 channels", "160", section="subscriptions", **_month()),
        line("Calls to mobiles, beyond the plan", "0.042", "511", unit="MIN", section="communications", **_month()),
    ]
    notes = {
        "PMD": "Late payment bears interest at three times the French legal rate.",
        "PMT": "Fixed recovery charge for late payment: €40.",
        "AAB": "No discount for early payment.",
    }
    mentions = ("Customer service: +33 4 28 00 00 10, Monday to Friday, 9 am to 6 pm.",)
    return made(
        lines, number="FA2026-00160", language="en", notes=notes, mentions=mentions, terms="Payment within 30 days.",
        groups=groups_of(), calls=calls_of(30), calls_total=30,
    )  # fmt: skip


#: name → the document
SAMPLES: dict[str, Callable[[], Document]] = {
    "company": company,
    "person": person,
    "overseas": overseas,
    "guyane": guyane,
    "wholesale": wholesale,
    "credit-note": credit_note,
    "direct-debit": direct_debit,
    "nothing-due": nothing_due,
    "prepaid": prepaid,
    "mixed": mixed,
    "sent-abroad": sent_abroad,
    "sent-overseas": sent_overseas,
    "many": many,
    "english": english,
}
