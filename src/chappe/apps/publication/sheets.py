"""A sheet is one content for one or several recipients: what each receives, put together so that the same rows are written once."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from chappe.apps.parties.queries import protocol_version
from chappe.apps.publication.models import Flow, Kind, PublishedFile, Recipient, Zone
from chappe.core.interop.names import make_name
from chappe.core.interop.writer import Style

LATEST = "3.1"
DENSE = ("1", "2")
OPERATIONS = {(Flow.IPE, Zone.ZTD): "IPE", (Flow.IPE, Zone.ZMD): "IPEZMD", (Flow.CPN, Zone.NONE): "CPN"}


@dataclass(frozen=True)
class Period:
    """What a file tells about: the state at the end of ``last``, or what happened from ``first`` to it."""

    kind: str
    first: dt.date
    last: dt.date


def period(kind: str, day: dt.date) -> Period:
    """The period of a file of ``kind`` made for ``day``: the month up to it for a history, the day itself otherwise."""
    return Period(kind, day.replace(day=1) if kind == Kind.HISTO else day, day)


@dataclass(frozen=True)
class Want:
    """One file that one recipient must have."""

    recipient: Recipient
    flow: str
    zone: str
    version: str
    period: Period

    def key(self) -> tuple[object, ...]:
        """As :meth:`PublishedFile.key`."""
        return (self.recipient.operator_id, self.flow, self.period.kind, self.zone, self.period.last)

    def name(self, sequence: int) -> str:
        """``FIBJ_39_PM_IPEZMD_DELTA_V31_20261121_01_BORL.csv``."""
        return make_name(
            operation=OPERATIONS[Flow(self.flow), Zone(self.zone)],
            oi=self.recipient.oi_code,
            zone=self.recipient.place,
            version=self.version,
            day=self.period.last,
            sequence=sequence,
            oc=self.recipient.operator.code_interop,
            kind=self.period.kind,
        )

    def content(self) -> tuple[object, ...]:
        """Recipients for whom this is the same have the same bytes."""
        of = self.recipient
        scope = (tuple(of.commune_codes()), tuple(of.pm_references()), of.oi_code if self.flow == Flow.IPE else "")
        return (self.flow, self.version, self.period, self.zone, scope, of.encoding, of.decimal, of.filler)


@dataclass
class Sheet:
    """One content and all who want it."""

    wants: list[Want] = field(default_factory=list)

    @property
    def one(self) -> Want:
        return self.wants[0]

    @property
    def style(self) -> Style:
        of = self.one.recipient
        return Style(encoding=of.encoding, decimal=of.decimal, filler=of.filler)

    def keeps(self) -> pl.Expr:
        """Which rows go in it. A premises whose zone nobody has said goes with the less dense ones: it is not lost."""
        of, rule = self.one.recipient, pl.lit(True)
        if self.one.flow == Flow.IPE:
            dense = pl.col("zone").is_in(DENSE).fill_null(False)
            rule &= dense if self.one.zone == Zone.ZTD else ~dense
            rule &= pl.col("oi_code").is_null() | (pl.col("oi_code") == of.oi_code)
        if communes := of.commune_codes():
            rule &= pl.col("insee" if self.one.flow == Flow.IPE else "pm_insee").is_in(communes)
        if pms := of.pm_references():
            rule &= pl.col("pm").is_in(pms)
        return rule


def wants(recipients: Iterable[Recipient], flows: Sequence[str], of: Period) -> list[Want]:
    """Every file of a period that these recipients subscribe to."""
    found = []
    for recipient in recipients:
        if of.kind not in recipient.kinds():
            continue
        for flow in recipient.flows():
            if flow in flows:
                version = protocol_version(recipient.operator, flow, LATEST)
                zones = recipient.zones() if flow == Flow.IPE else [str(Zone.NONE)]
                found += [Want(recipient, flow, zone, version, of) for zone in zones]
    return found


def sheets(of: Iterable[Want]) -> list[Sheet]:
    """Put together what is the same content, in the order in which it is wanted."""
    found: dict[tuple[object, ...], Sheet] = {}
    for want in of:
        found.setdefault(want.content(), Sheet()).wants.append(want)
    return list(found.values())


def existing(of: Iterable[Want]) -> Mapping[tuple[object, ...], PublishedFile]:
    """The newest file of each want that has one, by key."""
    asked = list(of)
    days = {want.period.last for want in asked}
    operators = {want.recipient.operator_id for want in asked}
    rows = PublishedFile.objects.filter(operator__in=operators, day__in=days).order_by("sequence")
    found = {row.key(): row for row in rows}
    return {want.key(): found[want.key()] for want in asked if want.key() in found}
