"""Tariff plans of the demonstration: the seed's tables, the worked examples, a price list and its next year."""

import csv
import datetime as dt
import io
import zipfile
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

from django.conf import settings

from chappe.apps.parties.models import Operator
from chappe.apps.tariffs.models import TariffPlan, TariffVersion
from chappe.apps.tariffs.services import activate, create_plan, load_version
from chappe.kit.access.actor import Actor
from chappe.kit.documents.services import store

EXAMPLES = Path(__file__).resolve().parents[4] / "examples" / "tariffs"
RISE = Decimal("1.04")  # of next year's prices abroad
#: A short number that the PBXs of the demonstration call (330 goes before it: else 39 is Italy). 3631 is left without a price: an anomaly to find.
SHORT = "PRO_2026;1;2026-01-01;;S;3303949;Numéro court banalisé;SVA;SVA;TOUT;;;MIN;1;1;;;SUP;4;0,024;0;MIN;EUR;20\n"
MOBILE_FALL = Decimal("0.90")


@dataclass(frozen=True)
class Versions:
    """What prices the calls of the demonstration."""

    retail: TariffVersion
    next_retail: TariffVersion
    wholesale: TariffVersion
    buying: TariffVersion  # what Altitel itself pays for its calls

    def of(self, tenant: str) -> TariffVersion:
        """The version that prices the calls of a tenant."""
        return self.wholesale if tenant == "BOREAL" else self.retail


def build(*, actor: Actor, today: dt.date, operators: dict[str, Operator]) -> Versions:
    """Load and activate; a second run finds what the first one made."""
    year = _midnight(dt.date(today.year, 1, 1))
    soon = _midnight(dt.date(today.year + 1, 1, 1))
    prices = (EXAMPLES / "price-list" / "TARIF_PRO_2026.csv").read_text("utf-8").rstrip("\n") + "\n" + SHORT
    retail_plan = _plan(actor, "PRO", "Grille professionnelle", operators["ALTITEL"])
    retail = _version(actor, retail_plan, "TARIF_PRO.csv", prices.encode())
    following = _version(actor, retail_plan, "TARIF_PRO_SUIVANT.csv", changed(prices, RISE, MOBILE_FALL).encode())
    wholesale_plan = _plan(actor, "GROS", "Grille de gros", operators["BOREAL"])
    cheaper = changed(prices, Decimal("0.72"), Decimal("0.75"))
    wholesale = _version(actor, wholesale_plan, "TARIF_GROS.csv", cheaper.encode())
    buying_plan = _plan(actor, "ACHAT", "Grille d’achat d’Altitel", operators["ALTITEL"])
    buying = _version(actor, buying_plan, "TARIF_ACHAT.csv", changed(prices, Decimal("0.55"), Decimal("0.50")).encode())
    for version, moment in ((retail, year), (wholesale, year), (buying, year), (following, soon)):
        if version.state != TariffVersion.State.ACTIVE:
            activate(actor=actor, version=version, at=moment)
    for code, name, folder in (
        ("CGR-2012", "Tables de la page d’import de 2012", "seed-2012"),
        ("ALICE", "Exemples de fin 2012 : jour, soir, week-end", "end-2012"),
        ("EXEMPLE-091", "Exemples v0.9.1 : paliers, Noël, plafond", "v0.9.1"),
    ):
        _version(actor, _plan(actor, code, name, None), f"{folder}.zip", _zipped(EXAMPLES / folder))
    return Versions(retail, following, wholesale, buying)


def _midnight(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), ZoneInfo(settings.TIME_ZONE))


def _plan(actor: Actor, code: str, name: str, owner: Operator | None) -> TariffPlan:
    found = TariffPlan.objects.filter(code=code).first()
    return found or create_plan(actor=actor, data={"code": code, "name": name, "owner": owner})


def _version(actor: Actor, plan: TariffPlan, name: str, content: bytes) -> TariffVersion:
    stored = store(io.BytesIO(content), name=name, actor=actor, owner=plan.owner)
    return load_version(actor=actor, plan=plan, stored=stored)


def _zipped(folder: Path) -> bytes:
    """The tables of a folder as an archive, the same bytes at every run."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.glob("*.csv")):
            if path.name != "calls.csv":
                archive.writestr(zipfile.ZipInfo(path.name, (2026, 1, 1, 0, 0, 0)), path.read_bytes())
    return out.getvalue()


def changed(prices: str, abroad: Decimal, mobile: Decimal) -> str:
    """The price list with its prices abroad and to mobiles multiplied, to four decimals; free ones stay free."""
    rows = list(csv.DictReader(io.StringIO(prices), delimiter=";"))
    out = io.StringIO()
    writer = csv.DictWriter(out, rows[0].keys(), delimiter=";", lineterminator="\n")
    writer.writeheader()
    for row in rows:
        factor = (
            mobile if "mobile" in row["destination"].lower() else abroad if row["zone"] != "NATIONAL" else Decimal(1)
        )
        price = Decimal(row["prix_unite"].replace(",", ".") or "0")
        if price and factor != 1:
            row["prix_unite"] = str((price * factor).quantize(Decimal("0.0001"))).replace(".", ",")
        writer.writerow(row)
    return out.getvalue()
