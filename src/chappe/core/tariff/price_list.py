"""Format ``price-list``: one flat table that a salesperson keeps in a spreadsheet (CSV or XLSX).

Columns, words and units are data; a row becomes a :class:`PriceRow`. Times and amounts are read as text and
never pass through a float. What rows mean together is in ``price_plan.py``.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from zoneinfo import ZoneInfo

from chappe.core.base.money import plain
from chappe.core.rating.model import Origin, Price, Rate, Rounding, ServicePart, Slot, UnitKind
from chappe.core.tariff import bands, cells
from chappe.core.tariff.faults import Faults
from chappe.core.tariff.layout import Column, Layout, Row

MILLION = cells.MILLION
#: Unit → (millionths of the usage it holds, is it time?, per act?). 1 MO is 1,000,000 bytes, as invoices count;
#: MIO (1,048,576) is there for who means it.
UNITS: dict[str, tuple[int, str]] = {
    "MIN": (60 * MILLION, "time"), "MN": (60 * MILLION, "time"), "MINUTE": (60 * MILLION, "time"),
    "S": (MILLION, "time"), "SEC": (MILLION, "time"), "SECONDE": (MILLION, "time"), "SECOND": (MILLION, "time"),
    "H": (3600 * MILLION, "time"),
    "ACTE": (MILLION, "act"), "APPEL": (MILLION, "act"), "ACT": (MILLION, "act"), "CALL": (MILLION, "act"),
    "EVENT": (MILLION, "act"), "SMS": (MILLION, "act"), "MMS": (MILLION, "act"),
    "KO": (1000 * MILLION, "volume"), "KB": (1000 * MILLION, "volume"),
    "MO": (10**6 * MILLION, "volume"), "MB": (10**6 * MILLION, "volume"),
    "GO": (10**9 * MILLION, "volume"), "GB": (10**9 * MILLION, "volume"),
    "KIO": (1024 * MILLION, "volume"), "MIO": (1024**2 * MILLION, "volume"), "GIO": (1024**3 * MILLION, "volume"),
}  # fmt: skip
#: Type → (category of the rating key, kinds of unit that fit).
TYPES: dict[str, tuple[str, frozenset[str]]] = {
    "VOIX": ("call", frozenset({"time", "act"})), "VOICE": ("call", frozenset({"time", "act"})),
    "APPEL": ("call", frozenset({"time", "act"})), "SVA": ("call", frozenset({"time", "act"})),
    "SMS": ("sms", frozenset({"act"})), "MMS": ("mms", frozenset({"act"})),
    "DATA": ("data", frozenset({"volume"})), "DONNEES": ("data", frozenset({"volume"})),
}  # fmt: skip
WAYS = {
    "": "OUT", "S": "OUT", "SORTANT": "OUT", "OUT": "OUT", "*OUT": "OUT",
    "E": "IN", "ENTRANT": "IN", "IN": "IN", "*IN": "IN",
}  # fmt: skip
ROUNDINGS = {
    "SUP": Rounding.UP, "UP": Rounding.UP, "PROCHE": Rounding.MIDDLE, "NEAREST": Rounding.MIDDLE,
    "INF": Rounding.DOWN, "DOWN": Rounding.DOWN, "AUCUN": Rounding.NONE, "NONE": Rounding.NONE,
}  # fmt: skip
DECIMALS_UNSAID = 4
LAYOUT = Layout(
    "PriceList",
    (
        Column("tarif_code", ("tarif", "code_tarif", "code", "grille", "tariff", "plan", "tariff_code"), needed=False),
        Column("version", needed=False),
        Column("debut_validite", ("debut", "valable_du", "date_debut", "valid_from", "date_effet", "du"), needed=False),
        Column("fin_validite", ("fin", "valable_au", "date_fin", "valid_to", "valid_until", "au"), needed=False),
        Column("sens", ("direction",), needed=False),
        Column("prefixe", ("prefix", "indicatif", "numero", "number", "dial_code"), filled=True),
        Column("destination", ("libelle", "nom", "pays", "name", "description", "country"), filled=True),
        Column("zone", ("categorie_zone",), needed=False),
        Column("type", ("type_trafic", "service", "usage", "category"), needed=False),
        Column("plage", ("bande", "plage_horaire", "band", "period"), needed=False),
        Column(
            "prix_connexion",
            ("connexion", "frais_connexion", "mise_en_relation", "connect_fee", "setup_fee"),
            needed=False,
        ),
        Column(
            "prix_unite", ("prix", "prix_ht", "prix_unitaire", "prix_minute", "tarif_ht", "price", "rate", "unit_price")
        ),
        Column("unite", ("unit", "unites", "par"), needed=False),
        Column("premier_palier", ("palier1", "first_step", "initial_increment", "minimum_s"), needed=False),
        Column("palier_suivant", ("palier", "paliers_suivants", "next_step", "increment", "pas"), needed=False),
        Column("minimum_facture", ("minimum", "minimum_charge", "cout_minimum"), needed=False),
        Column("duree_gratuite_s", ("gratuite_s", "secondes_gratuites", "free_seconds", "franchise_s"), needed=False),
        Column("arrondi", ("rounding",), needed=False),
        Column("decimales", ("arrondi_decimales", "decimals"), needed=False),
        Column("sva_c", ("part_c", "c"), needed=False),
        Column("sva_s", ("part_s", "s", "prix_service"), needed=False),
        Column("sva_mode", ("mode_s", "mode_sva"), needed=False),
        Column("sva_gratuite_s", needed=False),
        Column("sva_tva", needed=False),
        Column("devise", ("currency", "monnaie"), needed=False),
        Column("tva", ("vat", "taux_tva", "code_tva"), needed=False),
        Column("tenant", ("client_groupe", "societe"), needed=False),
        Column("sujet", ("subject", "client", "abonne"), needed=False),
    ),
    ("tarif", "tarifs", "pricelist", "grille", "tarification", "prix"),
    required=True,
)
PREFIX_PLACE = LAYOUT.index["prefixe"]
_ROUNDING = re.compile(r"\s*([A-Za-zÀ-ÿ]+)\s*[;,:/ ]*\s*(\d?)\s*(?:d[eé]c\w*)?\s*\Z")
_PREFIX = re.compile(r"[0-9*#]{1,40}\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class PriceRow:
    """A readable row: where it applies, when, and its rate."""

    code: str
    way: str
    tenant: str
    subject: str
    category: str
    prefix: str
    destination: str
    band: str
    valid_from: int | None
    valid_to: int | None
    currency: str
    rate: Rate
    origin: Origin


def read_rows(rows: Iterable[Row], zone: ZoneInfo, known_bands: set[str], faults: Faults) -> list[PriceRow]:
    """Every row that can be read; each fault of the others is noted.

    Rows that differ by their prefix alone share one Rate, that of the first: lists repeat a price for each of
    a country's prefixes.
    """
    found: list[PriceRow] = []
    known: dict[tuple[str, ...], PriceRow] = {}
    for row in rows:
        terms = (*row.cells[:PREFIX_PLACE], *row.cells[PREFIX_PLACE + 1 :])
        same = known.get(terms)
        if same is not None:
            prefix = _prefix(row, faults)
            if prefix is not None:
                found.append(_with_prefix(same, prefix, Origin(row.file, row.line)))
            continue
        before, told = faults.errors, faults.told
        read = _row(row, zone, known_bands, faults)
        if read is not None and faults.errors == before:
            found.append(read)
            if faults.told == told:
                known[terms] = read
    return found


def _with_prefix(same: PriceRow, prefix: str, origin: Origin) -> PriceRow:
    return PriceRow(
        same.code, same.way, same.tenant, same.subject, same.category, prefix, same.destination, same.band,
        same.valid_from, same.valid_to, same.currency, same.rate, origin,
    )  # fmt: skip


def _row(row: Row, zone: ZoneInfo, known_bands: set[str], faults: Faults) -> PriceRow | None:
    kind = _word(row, "type", TYPES, faults, empty="VOIX")
    way = _word(row, "sens", WAYS, faults)
    band = _band(row, known_bands, faults)
    prefix = _prefix(row, faults)
    since, until = _day(row, "debut_validite", zone, faults), _day(row, "fin_validite", zone, faults)
    if since is not None and until is not None and until <= since:
        faults.add("tariff-validity", row.file, row.line, row.column("fin_validite"), "fin_validite")
    if kind is None or way is None or prefix is None:
        return None
    rate = _rate(row, kind, band, faults)
    if rate is None:
        return None
    return PriceRow(
        row.get("tarif_code"), WAYS[way], row.get("tenant") or "*any", row.get("sujet"), TYPES[kind][0], prefix,
        row.get("destination"), band, since, until, row.get("devise").upper(), rate, Origin(row.file, row.line),
    )  # fmt: skip


def _word(row: Row, name: str, known: Iterable[str], faults: Faults, empty: str = "") -> str | None:
    word = row.get(name).upper().replace("É", "E") or empty
    if word in known:
        return word
    listed = ", ".join(word for word in known if word)
    faults.add(
        "tariff-bad-word", row.file, row.line, row.column(name), name, value=cells.shown(row.get(name)), known=listed
    )
    return None


def _band(row: Row, known: set[str], faults: Faults) -> str:
    word = row.get("plage").upper()
    if word in bands.ALL_DAY_WORDS:
        return bands.ALL_DAY
    if word not in known:
        listed = ", ".join([bands.ALL_DAY, *sorted(known)])
        faults.add(
            "tariff-bad-word", row.file, row.line, row.column("plage"), "plage", value=cells.shown(word), known=listed
        )
    return word


def _prefix(row: Row, faults: Faults) -> str | None:
    """E.164 digits: no ``+``, ``00`` or punctuation; a national ``0…`` becomes ``33…``; short numbers stay."""
    text = row.get("prefixe")
    where = (row.file, row.line, row.column("prefixe"), "prefixe")
    if text.lower() in {"*any", "*all"}:
        return "*any"
    bare = re.sub(r"[\s.\-()/]", "", text).removeprefix("+")
    bare = bare.removeprefix("00") if bare.startswith("00") else bare
    if not _PREFIX.match(bare):
        faults.add("tariff-bad-prefix", *where, value=cells.shown(text))
        return None
    if bare.startswith("0"):
        faults.warn("tariff-prefix-national", *where, value=bare, meant="33" + bare[1:])
        bare = "33" + bare[1:]
    return bare


def _day(row: Row, name: str, zone: ZoneInfo, faults: Faults) -> int | None:
    text = row.get(name)
    if not text:
        return None
    value = cells.parse_day(text, zone, end=name == "fin_validite")
    if value is None:
        faults.add("tariff-bad-date", row.file, row.line, row.column(name), name, value=cells.shown(text))
    return value


def _rate(row: Row, kind: str, band: str, faults: Faults) -> Rate | None:
    unit = _word(row, "unite", UNITS, faults, empty={"call": "MIN", "data": "MO"}.get(TYPES[kind][0], "ACTE"))
    if unit is None:
        return None
    if UNITS[unit][1] not in TYPES[kind][1]:
        faults.add("tariff-unit-kind", row.file, row.line, row.column("unite"), "unite", unit=unit, type=kind)
        return None
    fee = cells.price(row, "prix_connexion", faults, comma=True, empty=Price())
    price = _unit_price(row, faults)
    least = cells.price(row, "minimum_facture", faults, comma=True, empty=Price())
    rounding = _rounding(row, faults)
    slots = _slots(row, kind, unit, (price, fee), faults) if price is not None and fee is not None else ()
    service = _service(row, unit, faults)
    if not slots or least is None or rounding is None:
        return None
    return Rate(
        row.get("destination") if band == bands.ALL_DAY else f"{row.get('destination')} {band}", slots, *rounding, minimum=least if least.digits else None,
        service=service, vat=row.get("tva"), zone=row.get("zone"), band=band, origin=Origin(row.file, row.line),
    )  # fmt: skip


def _unit_price(row: Row, faults: Faults) -> Price | None:
    """The unit price; a C part is the same thing and is taken when both are written."""
    if not row.get("sva_c"):
        return cells.price(row, "prix_unite", faults, comma=True)
    price = cells.price(row, "sva_c", faults, comma=True)
    if row.get("prix_unite") and cells.parse_price(row.get("prix_unite")) != price:
        where = (row.file, row.line, row.column("sva_c"), "sva_c")
        faults.warn("tariff-two-c", *where, value=row.get("sva_c"), price=row.get("prix_unite"))
    return price


def _slots(row: Row, kind: str, unit: str, paid: tuple[Price, Price], faults: Faults) -> tuple[Slot, ...]:
    """Free seconds, first step, next steps (§5.3 of the numbering notes): slots of one call."""
    size, nature = UNITS[unit]
    price, fee = paid
    if nature == "act":
        if row.get("duree_gratuite_s").strip("0"):
            where = (row.file, row.line, row.column("duree_gratuite_s"), "duree_gratuite_s")
            faults.warn("tariff-free-act", *where)
        act = UnitKind.CALL if TYPES[kind][0] == "call" else UnitKind.USAGE
        return (Slot(price, MILLION, MILLION, 0, fee, act),)
    measure = MILLION if nature == "time" else size  # steps: seconds, or the unit of the row for volumes
    smallest = MILLION  # one second, one byte
    following = _steps(row, "palier_suivant", measure, faults) or smallest
    first = _steps(row, "premier_palier", measure, faults) or following
    free = _steps(row, "duree_gratuite_s", MILLION, faults) if nature == "time" else 0
    slots = [Slot(price, size, first, free, Price() if free else fee)]
    if first != following:
        slots.append(Slot(price, size, following, free + first))
    if free:
        slots.insert(0, Slot(Price(), size, smallest, 0, fee))
    return tuple(slots)


def _steps(row: Row, name: str, measure: int, faults: Faults) -> int:
    text = row.get(name)
    if not text:
        return 0
    value = cells.parse_price(text)
    if value is None or value.digits < 0 or value.digits * measure % 10**value.scale:
        faults.add("tariff-bad-number", row.file, row.line, row.column(name), name, value=cells.shown(text))
        return 0
    return value.digits * measure // int(10**value.scale)


def _rounding(row: Row, faults: Faults) -> tuple[Rounding, int] | None:
    """``SUP;4``, ``PROCHE 2``, or the method here and the places in ``decimales``."""
    text = row.get("arrondi")
    if not text:
        return Rounding.NONE, 9
    match = _ROUNDING.match(text)
    method = ROUNDINGS.get(match[1].upper()) if match else None
    if match is None or method is None:
        where = (row.file, row.line, row.column("arrondi"), "arrondi")
        faults.add("tariff-bad-word", *where, value=cells.shown(text), known=", ".join(ROUNDINGS))
        return None
    if method is Rounding.NONE:
        return method, 9
    places = match[2] or row.get("decimales")
    if len(places) == 1 and places.isascii() and places.isdigit():
        return method, int(places)
    faults.warn(
        "tariff-rounding-decimals", row.file, row.line, row.column("arrondi"), "arrondi", decimals=DECIMALS_UNSAID
    )
    return method, DECIMALS_UNSAID


def _service(row: Row, unit: str, faults: Faults) -> ServicePart | None:
    """The S part: per act or per minute, charged by the second, after its own free seconds."""
    if not row.get("sva_s"):
        return None
    price = cells.price(row, "sva_s", faults, comma=True)
    mode = _word(row, "sva_mode", UNITS, faults, empty=unit)
    if price is None or mode is None or not price.digits:
        return None
    size, nature = UNITS[mode]
    kind = UnitKind.CALL if nature == "act" else UnitKind.USAGE
    free = _steps(row, "sva_gratuite_s", MILLION, faults)
    return ServicePart(price, size, kind, free, row.get("sva_tva") or row.get("tva"))


@lru_cache(maxsize=65_536)
def decimal(price: Price) -> str:
    """``Price(125, 4)`` → ``"0.0125"``, at any scale."""
    if price.scale <= 9:
        return plain(price.digits * 10 ** (9 - price.scale))
    digits = f"{abs(price.digits):0{price.scale + 1}d}"
    return ("-" if price.digits < 0 else "") + f"{digits[: -price.scale]}.{digits[-price.scale :]}".rstrip("0")
