"""The format “gracethd”: an archive of t_*.csv becomes PMs, boxes, cables, fibres, splices and routes, after a plan that is shown.

Reading is core.gracethd's, comparing is comparing.py's, writing is loading.py's; here they are only bound to the exchange of files.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _g
from django.utils.translation import gettext_lazy as _

from chappe.apps.exchange.formats import Applied, Change, Context, Format, Reading, register_format
from chappe.apps.network.access import AREA
from chappe.apps.network.comparing import Comparison
from chappe.apps.network.loading import Loader, take_back
from chappe.apps.network.models import Building, Cable, Pbo, Pm, Pto
from chappe.core.base.issue import Severity
from chappe.core.gracethd.source import read_source
from chappe.core.gracethd.things import gather
from chappe.core.network.colours import ORANGE, SCHEMES
from chappe.kit.access.actor import Actor

_TABLE = re.compile(
    rb"\bt_(?:noeud|adresse|zsro|zpbo|ebp|cable(?:line)?|fibre|position|cassette|tiroir|ptech|suf|baie|ltech|sitetech)(?:_patch20\d)?\.csv",
    re.I,
)
SURE = 90  # above what any archive of tables gets


class SetOptions(forms.Form):
    """What a set does not say."""

    oi_code = forms.CharField(
        label=_("OI code of new buildings"),
        required=False,
        max_length=5,
        help_text=_("As in the IPE files: four characters. Empty: none."),
    )
    scheme = forms.ChoiceField(
        label=_("Colours of new cables"), required=False, choices=[(name, name) for name in SCHEMES], initial=ORANGE,
        help_text=_("The order of the colours of their maker; it can be changed on each cable."),
    )  # fmt: skip

    def __init__(self, *args: Any, user: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)

    def as_options(self) -> dict[str, str]:
        """What is kept with the file."""
        return {
            "oi_code": self.cleaned_data["oi_code"].strip().upper(),
            "scheme": self.cleaned_data["scheme"] or ORANGE,
        }


def _sniff(name: str, head: bytes) -> int:
    return SURE if head.startswith(b"PK\x03\x04") and _TABLE.search(head) else 0


def read(context: Context) -> Reading:
    """Every table and its faults; not usable when a table that is needed is missing."""
    with context.file.stored.open() as content:
        source = read_source(content)
    tables = [[table.file, name, len(table.rows)] for name, table in source.tables.items() if table.columns]
    lines = sum(len(table.rows) for table in source.tables.values())
    things = []
    if source.usable:
        found = gather(source)
        things = found.things
    for issue in source.issues:
        context.issue(issue, excerpt=str(issue.params.get("value", "")))
    errors = sum(issue.severity is Severity.ERROR for issue in source.issues)
    counts = Counter(thing.kind for thing in things)
    return Reading(
        rows=things, usable=source.usable, lines=lines, refused=errors, facts={"tables": tables, "things": dict(counts)}
    )


def plan(reading: Reading, context: Context) -> Iterator[Change]:
    """What the set would make, change and part. The threshold is a share of what the set covers, not of the whole network."""
    comparison = Comparison(context, reading.rows)
    yield from comparison.changes()
    reading.counts = {"existing": comparison.existing}


def apply(file: Any, changes: Iterable[Any], actor: Actor) -> Applied:
    """Everything, then the routes of each PM that was touched."""
    extra = {
        "building": {"oi_code": file.options.get("oi_code", "")},
        "cable": {"scheme": file.options.get("scheme") or ORANGE},
    }
    return Loader(actor, extra).apply(changes)


def undo(file: Any, actor: Actor) -> None:
    """Everything back as it was, unless something later depends on it."""
    take_back(list(file.changes.exclude(kind="refuse").order_by("pk")), actor)


def _described(options: Mapping[str, Any]) -> Sequence[tuple[Any, str]]:
    return [
        (_("OI code of new buildings"), options.get("oi_code") or _g("none")),
        (_("Colours of new cables"), options.get("scheme") or ORANGE),
    ]


def _labels() -> dict[str, Any]:
    """field → what a plan calls it."""
    found = {
        field.name: field.verbose_name for model in (Building, Cable, Pto, Pbo, Pm) for field in model._meta.fields
    }
    more = {"a": _("fibre"), "b": _("joined with"), "fibre": _("fibre"), "box": _("box"), "cassette": _("cassette"),
            "place": _("place in the cassette"), "connector": _("connector"), "rank": _("place in the PM"), "name": _("name")}  # fmt: skip
    return found | more


register_format(
    Format(
        slug="gracethd",
        label="GraceTHD",
        description=_(
            "Archive (ZIP) of the t_….csv of GraceTHD v2.0.1: PM, PBO, sockets, cables, fibres, splices, and the routes they make."
        ),
        icon="topology-star",
        area=AREA,
        options=SetOptions,
        sniff=_sniff,
        read=read,
        plan=plan,
        apply=apply,
        undo=undo,
        partners=False,
        queue="bulk",
        fields=_labels(),
        columns=(
            ("t_zsro, t_noeud, t_adresse", _("the PM, its place and its address")),
            ("t_ebp, t_zpbo, t_ptech", _("closures and PBO; sockets with t_suf")),
            ("t_cable, t_fibre", _("cables with their fibres and tubes")),
            ("t_cableline, t_cheminement", _("the course of the cables, drawn on the map")),
            ("t_baie, t_tiroir, t_cassette, t_position", _("positions of the PM, splices of the boxes")),
        ),
        described=_described,
        identity=lambda options: "",
    )
)
