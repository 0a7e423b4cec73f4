"""What a tariff format is: its tables as data, and the function that turns bound rows into a Tariff.

Also the two tables every CGRateS format shares, Destinations and Timings. Knows no single format.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from chappe.core.base.issue import Severity
from chappe.core.rating.model import ALWAYS, ANY, Activation, Origin, ProfileKey, Tariff, Timing
from chappe.core.tariff import cells
from chappe.core.tariff.faults import Faults
from chappe.core.tariff.layout import Layout, Row
from chappe.core.tariff.links import Link, Words, check_links, check_numbers, check_words, kept, without_repeats

Rows = Mapping[str, Sequence[Row]]


@dataclass(frozen=True, slots=True)
class Format:
    """One tariff format. ``build`` gets the rows by table name and fills the Tariff.

    ``lost`` is how bad a dangling tag is. ``rated`` names the tables that make the prices; every other
    layout is kept as it is in Tariff.other_tables.
    """

    slug: str
    label: str
    layouts: tuple[Layout, ...]
    build: Callable[[Rows, Tariff, Faults], None]
    links: tuple[Link, ...] = ()
    words: tuple[Words, ...] = ()
    numbers: tuple[tuple[str, str], ...] = ()
    rated: frozenset[str] = frozenset()
    lost: Severity = Severity.ERROR
    keyed_by: str = "category"
    max_levels: int = 3
    timezone: str = ""

    def layout(self, table: str) -> Layout:
        return next(layout for layout in self.layouts if layout.table == table)


@dataclass(slots=True)
class Draft:
    """Profiles while their rows are read."""

    rows: dict[ProfileKey, list[Activation]] = field(default_factory=dict)

    def add(self, key: ProfileKey, activation: Activation) -> None:
        self.rows.setdefault(key, []).append(activation)

    def sorted(self) -> dict[ProfileKey, list[Activation]]:
        """By time; rows of the same moment stay in file order, so that the last one read stands last."""
        return {key: sorted(rows, key=lambda row: row.at) for key, rows in self.rows.items()}


def build_linked(form: Format, tables: dict[str, list[Row]], tariff: Tariff, faults: Faults) -> None:
    """The steps all CGRateS formats share: repeats, words, numbers, links, prices, tables kept aside."""
    for name, rows in tables.items():
        if name != "Destinations":  # repeats of a prefix are told with more words there
            tables[name] = without_repeats(rows, faults)
    check_words(tables, form.words, faults)
    check_numbers(tables, form.numbers, faults)
    lost = check_links(tables, form.links, form.lost, faults)
    tariff.timings = read_timings(tables.get("Timings", ()), faults)
    tariff.destinations = read_destinations(tables.get("Destinations", ()), faults)
    form.build(tables, tariff, faults)
    for name, rows in tables.items():
        if name not in form.rated:
            tariff.other_tables[name] = kept(rows)
    for row in lost:
        table = row.bound.layout.table
        if table in form.rated:  # a row that prices nothing is still shown
            tariff.other_tables.setdefault(f"{table} (inactive)", []).extend(kept([row]))


def read_destinations(rows: Iterable[Row], faults: Faults) -> dict[str, dict[str, Origin]]:
    """Tag → prefixes. 100,000 rows pass here: the plain case takes no detour."""
    found: dict[str, dict[str, Origin]] = {}
    for row in rows:
        tag, text = row.cells
        if not (text.isdigit() and text.isascii() and len(text) <= 40):
            checked = cells.prefix(row, "Prefix", faults)
            if checked is None:
                continue
            text = checked
        prefixes = found.get(tag)
        if prefixes is None:
            prefixes = found[tag] = {}
        first = prefixes.get(text)
        if first is None:
            prefixes[text] = Origin(row.file, row.line)
        else:
            where = (row.file, row.line, row.column("Prefix"), "Prefix")
            faults.warn("tariff-prefix-repeated", *where, prefix=text, destination=tag, first=first.line)
    return found


def read_timings(rows: Iterable[Row], faults: Faults) -> dict[str, Timing]:
    """Tag → timing, with ``*any`` always there. A tag that comes again with other moments is refused."""
    found: dict[str, Timing] = {ANY: ALWAYS}
    for row in rows:
        clock = "Time" if "Time" in row.bound.layout.index else "StartTime"
        timing = cells.timing(row, faults, clock)
        if timing is None:
            continue
        first = found.get(timing.tag)
        if first is None:
            found[timing.tag] = timing
        else:
            where = (row.file, row.line, row.column("Tag"), "Tag")
            faults.add(
                "tariff-tag-twice", *where, table="Timings", value=timing.tag, tag=timing.tag, first=first.origin.line
            )
    return found


def triggers_without_actions(rows: Iterable[Row], faults: Faults) -> None:
    for row in rows:
        if not row.get("ActionsTag"):
            where = (row.file, row.line, row.column("ActionsTag"), "ActionsTag")
            faults.warn("tariff-trigger-no-action", *where, tag=row.get("Tag"))


def check_fallbacks(draft: Draft, severity: Severity, faults: Faults) -> None:
    """Each fallback subject must have a profile of the same direction, tenant and category."""
    for key, activations in draft.rows.items():
        for activation in activations:
            for name in activation.fallbacks:
                if ProfileKey(key.direction, key.tenant, key.category, name) not in draft.rows:
                    origin = activation.origin
                    faults.add(
                        "tariff-no-fallback", origin.file, origin.line, 0, "RatesFallbackSubject", severity, value=name
                    )
