"""The row checks of an IPE file, one table of rules: each a code, a severity, a sentence and the rows it concerns.

Source: the reading of the protocol's field definitions kept in ``docs`` (interop-fibre, row-level checks). Rules work on the typed
rows of the reader; those over a whole file first gather small facts block by block (:class:`Whole`).
"""

import datetime as dt
import math
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as of

import polars as pl

from chappe.core.base.issue import Severity, declare
from chappe.core.interop.layout import Layout
from chappe.core.interop.reader import LINE, no_issues, remark

KM_A_DEGREE = 111.2  # of latitude
NOTICE_MONTHS = 3  # between the first hand-over of a PM and its commercial opening
KEPT_MONTHS = 3  # an abandoned row stays in the files, then disappears

#: state → states that may follow it (and itself). ABANDONNE is always allowed.
BUILDING_PATHS: Mapping[str, frozenset[str]] = {
    "CIBLE": frozenset({"SIGNE", "EN COURS DE DEPLOIEMENT", "RACCORDABLE DEMANDE"}),
    "SIGNE": frozenset({"EN COURS DE DEPLOIEMENT", "RACCORDABLE DEMANDE"}),
    "EN COURS DE DEPLOIEMENT": frozenset({"DEPLOYE", "RACCORDABLE DEMANDE"}),
    "RACCORDABLE DEMANDE": frozenset({"DEPLOYE", "EN COURS DE DEPLOIEMENT"}),
    "DEPLOYE": frozenset(),
    "ABANDONNE": frozenset(),
}

declare(
    {
        "ipe.duplicate": "“{value}” stands already on line {found}: the first one counts.",
        "ipe.address-twice": "Same address and building as line {found}.",
        "ipe.signed": "SIGNE needs an agreement that is necessary (O) and the date of its signature.",
        "ipe.pm-without-state": "The PM “{value}” has no state.",
        "ipe.state-without-pm": "A state of PM is given without a PM.",
        "ipe.pm-dates": "PM “{value}” is DEPLOYE: installation (past), first hand-over and commercial opening are needed.",
        "ipe.pm-notice": "PM “{value}” opens less than three months after its first hand-over.",
        "ipe.pm-behind": "The address is DEPLOYE, its PM “{value}” is not.",
        "ipe.pm-dwellings": "PM “{value}”: the dwellings of its rows add up to {found}, {length} are written.",
        "ipe.pm-differs": "PM “{value}”: {name} is not the same on all its rows; the latest row counts.",
        "ipe.abandoned": "ABANDONNE for more than three months: the row disappears from the next full file.",
        "ipe.no-address": "No hexaclé, no INSEE with Rivoli and number, no coordinates: nobody can find this address.",
        "ipe.hexacle-of-street": "The hexaclé “{value}” is that of the street, not of the number.",
        "ipe.far-from-commune": "The point is {length} km away from the middle of its commune ({value}).",
        "ipe.transition": "{value}: this change of state is not allowed.",
    }
)


@dataclass(frozen=True, slots=True)
class Rule:
    """``rows`` selects the rows at fault; ``needs`` are the fields it reads: a file that lacks one is not judged."""

    code: str
    severity: Severity
    needs: tuple[str, ...]
    rows: pl.Expr
    column: str = ""
    value: str = ""


def row_rules(today: dt.date) -> tuple[Rule, ...]:
    """Rules that look at one row at a time."""
    c = pl.col
    abandoned_before = _months_before(today, KEPT_MONTHS)
    pm, opened, handed = c("pm").is_not_null(), c("pm_opened_on"), c("pm_first_handover_on")
    return (
        Rule("ipe.signed", Severity.WARNING, ("state", "agreement_needed", "agreement_on"), (c("state") == "SIGNE") & ~(c("agreement_needed").fill_null(value=False) & c("agreement_on").is_not_null()), "EtatImmeuble"),
        Rule("ipe.pm-without-state", Severity.WARNING, ("pm", "pm_state"), pm & c("pm_state").is_null(), "EtatPM", "pm"),
        Rule("ipe.state-without-pm", Severity.WARNING, ("pm", "pm_state"), ~pm & c("pm_state").is_not_null(), "ReferencePM"),
        Rule("ipe.pm-dates", Severity.WARNING, ("pm", "pm_state", "pm_installed_on", "pm_first_handover_on", "pm_opened_on"), (c("pm_state") == "DEPLOYE") & (c("pm_installed_on").is_null() | (c("pm_installed_on") > today) | handed.is_null() | opened.is_null()), "DateInstallationPM", "pm"),
        Rule("ipe.pm-notice", Severity.WARNING, ("pm", "pm_opened_on", "pm_first_handover_on"), opened < handed.dt.offset_by(f"{NOTICE_MONTHS}mo"), "DateMiseEnServiceCommercialePM", "pm"),
        Rule("ipe.pm-behind", Severity.WARNING, ("state", "pm", "pm_state"), (c("state") == "DEPLOYE") & pm & (c("pm_state") != "DEPLOYE"), "EtatPM", "pm"),
        Rule("ipe.abandoned", Severity.INFO, ("state", "modified_on"), (c("state") == "ABANDONNE") & (c("modified_on") < abandoned_before), "EtatImmeuble"),
        Rule("ipe.hexacle-of-street", Severity.WARNING, ("hexacle", "hexacle_street"), c("hexacle") == c("hexacle_street"), "CodeAdresseImmeuble", "hexacle"),
        Rule("ipe.no-address", Severity.WARNING, ("insee",), ~_findable(), "CodeAdresseImmeuble"),
    )  # fmt: skip


def _findable() -> pl.Expr:
    """The four ways an address is looked up, in the order infrastructure operators use."""
    c = pl.col
    by_street = c("insee").is_not_null() & c("rivoli").is_not_null() & c("number").is_not_null()
    by_hexacle_street = c("hexacle_street").is_not_null() & c("number").is_not_null()
    return c("hexacle").is_not_null() | by_street | by_hexacle_street | (c("x").is_not_null() & c("y").is_not_null())


#: kilometres from the middle of a commune beyond which no point of it stands; those of Guyane are as large as a département
FAR_KM, FAR_KM_GUYANE = 40.0, 250.0


def far_points(points: pl.DataFrame, centres: pl.DataFrame) -> pl.DataFrame:
    """Remarks on points that cannot be in the commune they name: another projection, another town, X for Y.

    ``points``: line, insee, longitude, latitude; ``centres``: insee, east, north, all in degrees. Without a shape of the commune
    the distance from its middle is all there is to judge by, so only the impossible is told.
    """
    c = pl.col
    north, east = c("latitude") - c("north"), (c("longitude") - c("east")) * (c("north") * (math.pi / 180)).cos()
    far = pl.when(c("insee").str.starts_with("973")).then(FAR_KM_GUYANE).otherwise(FAR_KM)
    away = points.join(centres, on="insee").with_columns(((north**2 + east**2).sqrt() * KM_A_DEGREE).alias("away"))
    told = away.filter(c("away") > far).select(LINE, c("insee").alias("value"), c("away").round().alias("length"))
    return remark(told, "ipe.far-from-commune", Severity.WARNING, "CoordonneeImmeubleX")


def _months_before(day: dt.date, months: int) -> dt.date:
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return dt.date(year, month + 1, min(day.day, 28))


def check_rows(rows: pl.DataFrame, layout: Layout, today: dt.date) -> pl.DataFrame:
    """Remarks of every row rule on these rows."""
    optional = ("rivoli", "hexacle", "hexacle_street", "number", "x", "y")
    missing = [name for name in optional if name not in rows.columns]
    whole = rows.with_columns(pl.lit(None).alias(name) for name in missing)
    found = []
    for rule in row_rules(today):
        if not set(rule.needs) <= set(rows.columns):
            continue
        hit = whole.filter(rule.rows)
        if len(hit):
            shown = hit.select(LINE, *([pl.col(rule.value).cast(pl.String).alias("value")] if rule.value else []))
            found.append(remark(shown, rule.code, rule.severity, rule.column))
    return pl.concat(found) if found else no_issues()


#: kind of file → the fields that together tell its rows apart, those that a file may lack among them.
KEYS: Mapping[str, tuple[str, ...]] = {"ipe": ("oi_code", "reference"), "cpn": ("pm", "prdm")}


@dataclass(slots=True)
class Whole:
    """Facts gathered over a file for the rules that need all of it: a few short columns a row, the rest once a PM."""

    layout: Layout
    facts: list[pl.DataFrame] = of(default_factory=list)
    variants: list[pl.DataFrame] = of(default_factory=list)

    def add(self, rows: pl.DataFrame) -> None:
        """Take what the rules need of a block."""
        key = KEYS.get(self.layout.kind, ("reference",))
        wanted = [*key, "hexacle", "building", "dwellings", "pm", "pm_dwellings"]
        have = [name for name in dict.fromkeys(wanted) if name in rows.columns]
        self.facts.append(rows.select(LINE, *have))
        if self.layout.kind != "ipe" or "pm" not in have:
            return
        told = [c.field for c in self.layout.columns if c.of == "pm" and c.field in rows.columns and c.field != "pm"]
        if told:
            known = rows.filter(pl.col("pm").is_not_null()).select(LINE, "pm", *told)
            # A PM is told on hundreds of rows, nearly always in the same words: each wording is kept once.
            self.variants.append(
                known.with_columns(pl.struct(told).hash(0).alias("#pm")).unique(["pm", "#pm"], maintain_order=True)
            )

    def remarks(self) -> tuple[pl.DataFrame, list[int]]:
        """(remarks, lines that repeat a row's key and must not be used)."""
        if not self.facts:
            return no_issues(), []
        facts = pl.concat(self.facts)
        twins, lines = _twins(facts, self.layout)
        found = [twins]
        if {"hexacle", "building"} <= set(facts.columns):
            found.append(_same_address(facts))
        if "pm" in facts.columns and self.layout.kind == "ipe":
            found += [_dwellings(facts), *_differing(self.variants, self.layout)]
        return pl.concat(found).sort(LINE, maintain_order=True), lines


def _twins(facts: pl.DataFrame, layout: Layout) -> tuple[pl.DataFrame, list[int]]:
    key = [name for name in KEYS.get(layout.kind, ("reference",)) if name in facts.columns]
    first = pl.col(LINE).min().over(key)
    shown = pl.concat_str(key[-1:] if layout.kind == "ipe" else key, separator=" – ").alias("value")
    again = facts.select(LINE, shown, first.alias("found")).filter(pl.col(LINE) > pl.col("found"))
    return remark(again, "ipe.duplicate", Severity.ERROR, layout.key), again[LINE].to_list()


def _same_address(facts: pl.DataFrame) -> pl.DataFrame:
    known = facts.filter(pl.col("hexacle").is_not_null())
    first = pl.col(LINE).min().over("hexacle", "building")
    again = known.select(LINE, first.alias("found")).filter(pl.col(LINE) > pl.col("found"))
    return remark(again, "ipe.address-twice", Severity.INFO, "CodeAdresseImmeuble")


def _dwellings(facts: pl.DataFrame) -> pl.DataFrame:
    if not {"dwellings", "pm_dwellings"} <= set(facts.columns):
        return no_issues()
    sums = (
        facts.filter(pl.col("pm").is_not_null()).group_by(pl.col("pm").alias("value"))
        .agg(pl.col(LINE).min(), pl.col("dwellings").sum().alias("found"), pl.col("pm_dwellings").max().alias("length"))
        .filter(pl.col("found") != pl.col("length"))
    )  # fmt: skip
    return remark(sums, "ipe.pm-dwellings", Severity.WARNING, "NombreLogementsPM")


def _differing(variants: list[pl.DataFrame], layout: Layout) -> list[pl.DataFrame]:
    """PMs whose attributes are not the same on all rows: a remark an attribute and PM, on the first row of the PM."""
    if not variants:
        return []
    known = pl.concat(variants).unique(["pm", "#pm"], maintain_order=True)
    found = []
    for column in layout.columns:
        if column.of != "pm" or column.field not in known.columns or column.field == "pm":
            continue
        hit = known.group_by(pl.col("pm").alias("value")).agg(
            pl.col(LINE).min(), pl.col(column.field).n_unique().alias("n")
        )
        hit = hit.filter(pl.col("n") > 1)
        if len(hit):
            found.append(remark(hit, "ipe.pm-differs", Severity.WARNING, column.name))
    return found


def refused_transitions(rows: pl.DataFrame, before: pl.DataFrame) -> pl.DataFrame:
    """Rows (``line``, ``reference``, ``state``) whose state may not follow the one known (``reference``, ``state``)."""
    allowed = pl.DataFrame(
        [(old, new) for old, nexts in BUILDING_PATHS.items() for new in (*nexts, old, "ABANDONNE")],
        schema={"was": pl.String, "state": pl.String},
        orient="row",
    ).unique()
    known = rows.select(LINE, "reference", "state").join(
        before.select("reference", pl.col("state").alias("was")), on="reference", how="inner"
    )
    bad = known.filter(pl.col("was").is_not_null()).join(allowed, on=["was", "state"], how="anti")
    shown = bad.select(LINE, pl.format("{} → {}", "was", "state").alias("value"))
    return remark(shown, "ipe.transition", Severity.ERROR, "EtatImmeuble")
