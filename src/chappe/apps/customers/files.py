"""Files of customers and of lines (CSV, XLSX): columns by name, plan → apply → undo through the exchange."""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from django.db.models import Model
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop as N_  # noqa: N812 - the field's usual name

from chappe.apps.customers import linefile, services, sheets
from chappe.apps.customers.models import Brand, Customer, Line, tidy_number
from chappe.apps.exchange import text
from chappe.apps.exchange.formats import Applied, Change, Context, Format, Reading, register_format
from chappe.apps.exchange.rows import BadWord, RowTable, TableColumn
from chappe.apps.parties.files import NO, YES
from chappe.apps.tariffs.models import TariffPlan
from chappe.core.base.issue import declare
from chappe.kit.access.actor import Actor
from chappe.kit.access.door import visible_to

declare(
    {
        "lines.no-customer": N_("No customer has the number “{value}”."),
        "lines.customer-elsewhere": N_(
            "“{value}” is a customer of {operator}, and this file is the house’s: send it again for that operator."
        ),
        "lines.no-centre": N_("The customer “{customer}” has no cost centre “{value}”."),
        "lines.centre-alone": N_("A cost centre needs its customer on the same line."),
        "lines.held-later": N_("It is given to “{customer}” from {day}: it cannot be moved earlier."),
    }
)
SHEET_MARK = b"PK\x03\x04"


def yes_no(cell: str) -> bool:
    """A word for yes or no, French or English."""
    word = text.plain(cell)
    if word in YES:
        return True
    if word in NO:
        return False
    raise BadWord("oui, non, yes, no")


def day(cell: str) -> dt.date:
    """2026-03-12 or 12/03/2026."""
    for form in ("%Y-%m-%d", "%d/%m/%Y"):
        try:
            return dt.datetime.strptime(cell.strip(), form).date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
    raise BadWord("2026-03-12, 12/03/2026")


def one_of(words: Mapping[str, Sequence[str]]) -> Callable[[str], str]:
    """A parser of codes by their words."""
    known = {text.plain(word): code for code, more in words.items() for word in (code, *more)}

    def parse(cell: str) -> str:
        try:
            return known[text.plain(cell)]
        except KeyError:
            told = (more[0] if more and len(more[0]) > 1 else code for code, more in words.items())  # as people write
            raise BadWord(", ".join(told)) from None

    return parse


@dataclass(frozen=True, kw_only=True)
class OwnedTable(RowTable):
    """A table whose rows belong to the owner of the file. ``names`` are attributes that are no field of the model."""

    names: Mapping[str, Any]
    owner: Any = None

    def of(self, owner: Any, user: Any) -> "OwnedTable":
        """The same table for one file: its owner's rows, what its sender may see."""
        return replace(self, owner=owner)

    def labels(self) -> dict[str, Any]:
        named = {column.name: self.names.get(column.name) for column in self.columns}
        return {name: word or self.model._meta.get_field(name).verbose_name for name, word in named.items()}

    def _existing(self, rows: Sequence[Any], actor: Actor) -> dict[str, dict[str, list[Model]]]:
        whose = getattr(self.owner, "pk", None)
        found = RowTable._existing(self, rows, actor)
        return {
            key: {value: [row for row in fits if row.owner_id == whose] for value, fits in by.items()}  # type: ignore[attr-defined]
            for key, by in found.items()
        }

    def _object(self, existing: Any, values: Mapping[str, Any]) -> tuple[Model, dict[str, Any]]:
        return RowTable._object(self, existing, values if existing is not None else {"owner": self.owner, **values})

    def _data(self, values: Mapping[str, Any]) -> dict[str, Any]:
        fields = {name: value for name, value in values.items() if name not in self.names}
        return RowTable._data(self, fields) | {name: values[name] for name in self.names if name in values}

    def apply(self, file: Any, changes: Iterable[Any], actor: Actor) -> Applied:
        def create(*, actor: Actor, data: Mapping[str, Any]) -> Model:
            return self.create(actor=actor, data={"owner": file.owner, **data})

        return RowTable.apply(replace(self, create=create), file, changes, actor)


@dataclass(frozen=True, kw_only=True)
class CustomerTable(OwnedTable):
    """Customers, found by their number, else by their name."""

    def of(self, owner: Any, user: Any) -> "CustomerTable":
        """Parents, plans and brands are looked up among what the sender may see."""
        seen: set[str] = set()

        def number(cell: str) -> str:
            tidy = "".join(cell.split()).upper()
            seen.add(tidy)
            return tidy

        def parent(cell: str) -> str:
            tidy = "".join(cell.split()).upper()
            if tidy and tidy not in seen and not Customer.objects.filter(owner=owner, number=tidy).exists():
                raise BadWord(str(_("numbers of customers already there, or standing above")))
            return tidy

        parsers = {
            "number": number,
            "parent_number": parent,
            "sell_plan_code": partial(_seen_by, user, TariffPlan, "code"),
            "brand_slug": partial(_seen_by, user, Brand, "slug"),
        }
        columns = [replace(c, parse=parsers[c.name]) if c.name in parsers else c for c in self.columns]
        return replace(self, owner=owner, columns=columns)

    def _match(self, row: Any, found: Any, context: Context) -> Any:
        """A number that is given decides alone: a homonym must not be renumbered."""
        table = replace(self, keys=("number",)) if row.cells.get("number", "").strip() else self
        return RowTable._match(table, row, found, context)

    def _twice(self, obj: Any, row: Any, seen: Any, columns: Mapping[str, int], context: Context) -> bool:
        table = replace(self, keys=("number",)) if obj.number else self
        return RowTable._twice(table, obj, row, seen, columns, context)


def _seen_by(user: Any, model: type[Model], name: str, cell: str) -> str:
    rows = visible_to(user, model) if user is not None else model._default_manager.all()
    if cell and not rows.filter(**{name: cell}).exists():
        raise BadWord(", ".join(rows.order_by(name).values_list(name, flat=True)[:8]) or "∅")
    return cell


@dataclass(frozen=True, kw_only=True)
class LineTable(OwnedTable):
    """Lines with who holds them."""

    def _match(self, row: Any, found: Any, context: Context) -> Any:
        """By number and source; without a column for the source, the number alone must tell."""
        if "source" in row.cells:
            source = row.cells["source"].strip().lower()
            found = {
                key: {v: [x for x in fits if x.source == source] for v, fits in by.items()} for key, by in found.items()
            }
        return RowTable._match(self, row, found, context)

    def _valid(self, obj: Any, row: Any, columns: Mapping[str, int], context: Context) -> bool:
        if not RowTable._valid(self, obj, row, columns, context):
            return False
        fault = linefile.fault(obj, self.owner)
        if fault is not None:
            code, name, params = fault
            context.fault(
                code, line=row.record.line, column=columns.get(name, 0), field=name, excerpt=row.masked(), **params
            )
        return fault is None

    def _twice(self, obj: Any, row: Any, seen: Any, columns: Mapping[str, int], context: Context) -> bool:
        if not obj.source:
            return RowTable._twice(self, obj, row, seen, columns, context)
        first = seen.lines.setdefault(("number", f"{obj.source} {obj.number}"), row.record.line)
        if first != row.record.line:
            context.fault(
                "exchange.key-twice",
                line=row.record.line,
                key=obj.number,
                first=first,
                excerpt=row.masked(),
                field="number",
            )
        return first != row.record.line


# -- the format of a table, from CSV or XLSX -----------------------------------------------------------------------
def read(table: OwnedTable, context: Context) -> Reading:
    """Bind the header of the file; a workbook is written as text first."""
    stored = context.file.stored
    table = table.of(context.file.owner, context.actor.user)
    if not sheets.is_workbook(stored.path):
        return table.read(context)
    path = sheets.as_text(stored.path, stored.name)
    if path is None:
        context.fault("table.not-text")
        return Reading(usable=False)
    look = SimpleNamespace(stored=SimpleNamespace(path=path, size=path.stat().st_size))
    reading = table.read(replace(context, file=look))
    if not reading.usable:
        path.unlink()
    return reading


def plan(table: OwnedTable, reading: Reading, context: Context) -> Iterator[Change]:
    """One change a line; the text made of a workbook goes afterwards."""
    path: Path = reading.rows[0]
    try:
        yield from table.of(context.file.owner, context.actor.user).plan(reading, context)
    finally:
        if path != context.file.stored.path:
            path.unlink(missing_ok=True)


def sniff(table: OwnedTable, words: Sequence[str], name: str, head: bytes) -> int:
    """By the header; a workbook shows none in its first bytes, so its name is all there is to judge it by."""
    if head.startswith(SHEET_MARK):
        return 90 if name.lower().endswith(".xlsx") and any(word in text.plain(name) for word in words) else 0
    seen = text.look_at(head)
    return table.score(seen.header) if seen is not None else 0


def count(model: type[Model], owner: Any) -> int:
    return model._default_manager.filter(owner=owner).count()


CUSTOMER_KINDS = {
    "company": ("société", "entreprise", "professionnel", "pro"),
    "private": ("particulier", "private person", "personne"),
    "operator": ("opérateur", "oc", "revendeur"),
    "public": ("organisme public", "public body", "administration", "collectivité"),
}
LINE_KINDS = {
    "extension": ("poste", "poste interne", "ext"),
    "did": ("sda", "ddi", "numéro direct"),
    "fixed": ("fixe", "ligne fixe"),
    "mobile": ("ligne mobile",),
    "sim": ("carte sim",),
    "trunk": ("faisceau", "sip"),
}
VAT_CASES = {
    "auto": ("1", "automatique", "selon les règles", "assujetti"),
    "exempt": ("0", "exonéré", "non assujetti"),
    "standard": ("taux normal", "normal"),
    "reverse": ("autoliquidation",),
    "franchise": ("293 b",),
    "intra": ("intracommunautaire",),
    "export": ("hors union", "hors ue"),
}
KEEP = {"name", "kind", "country", "billable", "vat_case", "payment_days", "end_of_month", "payment_means", "delivery", "language",
        "active", "reseller", "call_detail", "number"}  # fmt: skip

CUSTOMER_COLUMNS: Mapping[str, tuple[tuple[str, ...], Any]] = {
    "number": (("numéro", "n° client", "numéro client", "code client", "customer number", "code"), None),
    "name": (("nom", "raison sociale", "client", "service", "company"), None),
    "kind": (("type", "nature"), one_of(CUSTOMER_KINDS)),
    "parent_number": (("client parent", "rattaché à", "parent", "maison mère"), None),
    "siren": (("n° siren",), None),
    "siret": (("n° siret",), None),
    "vat_number": (("n° tva", "tva intracommunautaire", "numéro de tva", "vat"), None),
    "electronic_address": (("adresse électronique",), None),
    "line1": (("adresse", "adresse 1", "address", "rue"), None),
    "line2": (("adresse 2", "complément", "complément d’adresse"), None),
    "postal_code": (("code postal", "cp", "zip"), None),
    "city": (("ville", "commune"), None),
    "country": (("pays",), str.upper),
    "service_line1": (("adresse de service", "adresse du site"), None),
    "service_postal_code": (("code postal de service",), None),
    "service_city": (("ville de service",), None),
    "billable": (("facturable", "à facturer"), yes_no),
    "vat_case": (("taux", "tva", "cas de tva"), one_of(VAT_CASES)),
    "vat_reason": (("motif d’exonération",), None),
    "reseller": (("revendeur",), yes_no),
    "arcep_declaration": (("déclaration arcep",), None),
    "payment_days": (("délai de paiement", "jours"), None),
    "end_of_month": (("fin de mois",), yes_no),
    "payment_means": (
        ("moyen de paiement", "règlement"),
        one_of({"transfer": ("virement",), "sepa": ("prélèvement", "prélèvement sepa")}),
    ),
    "delivery": (
        ("envoi", "envoi des factures"),
        one_of({"mail": ("mail", "e-mail", "courriel"), "hand": ("papier", "manuel"), "portal": ("plateforme", "pa")}),
    ),
    "invoice_emails": (("courriel", "courriels", "email", "e-mail", "mail"), None),
    "phone": (("téléphone", "tél"), None),
    "language": (("langue",), one_of({"fr": ("français", "french"), "en": ("anglais", "english")})),
    "sell_plan_code": (("grille tarifaire", "tarif", "plan", "tariff plan"), None),
    "brand_slug": (("marque", "brand"), None),
    "call_detail": (("détail des communications",), yes_no),
    "order_reference": (("n° de commande", "bon de commande"), None),
    "buyer_reference": (("référence acheteur",), None),
    "service_code": (("code service",), None),
    "contract": (("contrat",), None),
    "active": (("actif", "état"), yes_no),
    "notes": (("note", "remarques", "commentaire"), None),
}
LINE_COLUMNS: Mapping[str, tuple[tuple[str, ...], Any]] = {
    "number": (("numéro", "poste", "extension", "ligne", "line", "numéro de poste"), None),
    "kind": (("type", "nature"), one_of(LINE_KINDS)),
    "source": (("pbx", "pabx"), str.lower),
    "user_name": (("utilisateur", "nom", "user", "nom du poste"), None),
    "alias": (("sda fixe", "sda", "ddi", "alias"), None),
    "holder_number": (("client", "n° client", "numéro client", "code client", "customer", "service"), str.upper),
    "holder_centre": (("centre de coût", "cost centre", "cost center"), None),
    "holder_since": (("depuis", "à partir du", "since", "date de début"), day),
    "hide_detail": (("jamais détaillé", "confidentiel"), yes_no),
    "notes": (("note", "remarques", "commentaire"), None),
}


def _columns(table: Mapping[str, tuple[tuple[str, ...], Any]], keep: Iterable[str]) -> list[TableColumn]:
    kept = set(keep)
    return [
        TableColumn(name=name, aliases=aliases, parse=parse, keeps_empty=name in kept)
        for name, (aliases, parse) in table.items()
    ]


CUSTOMERS = CustomerTable(
    model=Customer,
    columns=_columns(CUSTOMER_COLUMNS, KEEP),
    keys=("number", "name"),
    tidy={"number": str.upper},
    names={"parent_number": _("belongs to"), "sell_plan_code": _("tariff plan"), "brand_slug": _("brand")},
    create=services.create_customer,
    update=services.update_customer,
    delete=services.delete_customer,
)
LINES = LineTable(
    model=Line,
    columns=_columns(LINE_COLUMNS, {"number", "kind", "hide_detail", *linefile.NAMES}),
    keys=("number",),
    tidy={"number": tidy_number},
    names={"holder_number": _("customer"), "holder_centre": _("cost centre"), "holder_since": _("from")},
    create=linefile.create,
    update=linefile.update,
    delete=linefile.delete,
)

register_format(
    Format(
        slug="customers",
        label=_("Customers"),
        description=_("One customer a line, found by its number, else by its name. Nobody is deleted."),
        icon="building",
        area="clients",
        sniff=partial(sniff, CUSTOMERS, ("client", "customer")),
        read=partial(read, CUSTOMERS),
        plan=partial(plan, CUSTOMERS),
        apply=CUSTOMERS.apply,
        undo=CUSTOMERS.undo,
        fields=CUSTOMERS.labels(),
        says=CUSTOMERS.says(),
        columns=(
            ("nom", _("the name; needed for a new customer")),
            ("numéro", _("given by itself when it is empty")),
            ("type", _("company, private person, operator or public body")),
            ("adresse, code postal, ville, pays", _("the postal code says the territory, hence the VAT")),
            ("siren, siret, tva intracommunautaire", _("kept even when they are wrong; the customer’s page says so")),
            ("facturable, taux", _("oui or non; 1: VAT by the rules, 0: exempt")),
            ("grille tarifaire, marque, client parent", _("by their codes and numbers")),
            ("courriel, délai de paiement, envoi, contrat…", _("optional; a column that is not there changes nothing")),
        ),
        sample="numéro;nom;type;adresse;code postal;ville;siren;facturable;taux;courriel\n"
        "C000001;Menuiserie Perret;société;4 rue des Forges;39100;Dole;552100554;oui;1;compta@perret.example\n"
        ";Lucie Vautrin;particulier;12 avenue de Paris;25000;Besançon;;oui;1;lucie@vautrin.example\n",
        existing=partial(count, Customer),
    )
)
register_format(
    Format(
        slug="lines",
        label=_("Lines and who holds them"),
        description=_("One extension or number a line, with its customer and the day from which it holds it."),
        icon="phone",
        area="clients",
        sniff=partial(sniff, LINES, ("ligne", "line", "poste", "extension")),
        read=partial(read, LINES),
        plan=partial(plan, LINES),
        apply=LINES.apply,
        undo=LINES.undo,
        fields=LINES.labels(),
        says=LINES.says(),
        columns=(
            ("poste", _("the extension or number; needed")),
            ("client", _("the number of the customer; empty changes nothing")),
            ("depuis", _("the first day; today when it is empty and the customer is new")),
            ("centre de coût", _("its code; the customer must have it")),
            ("utilisateur, sda fixe, type, source", _("optional; a column that is not there changes nothing")),
        ),
        sample="poste;type;utilisateur;sda fixe;client;depuis;centre de coût\n"
        "201;poste;Anne Roussel;0384791201;C000001;2026-01-01;\n0384791210;sda;Accueil;;C000001;01/01/2026;\n",
        existing=partial(count, Line),
    )
)
