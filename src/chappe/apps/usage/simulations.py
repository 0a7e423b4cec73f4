"""Two tariffs over the same stored calls: verbs and arithmetic of the simulator. Changes no stored price."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any

import pyarrow as pa
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from chappe.apps.tariffs.loading import load_compiled
from chappe.apps.tariffs.models import TariffVersion
from chappe.apps.usage import lake
from chappe.apps.usage.access import AREA
from chappe.apps.usage.models import Simulation, SimulationRow, UsageBatch
from chappe.apps.usage.rights import may_use
from chappe.kit.access.actor import Actor
from chappe.kit.access.door import Level, require, require_on
from chappe.kit.audit.services import created, deleted
from chappe.kit.jobs.services import enqueue

CHUNK = 100_000
#: The call as a file would say it. The start is written with its own offset: some tariffs follow the call's clock.
START = """strftime((start AT TIME ZONE 'UTC') + to_seconds(utc_offset), '%Y-%m-%dT%H:%M:%S.%f')
    || CASE WHEN utc_offset < 0 THEN '-' ELSE '+' END
    || printf('%02d:%02d', abs(utc_offset) // 3600, abs(utc_offset) % 3600 // 60)"""
USAGE = "printf('%d.%06d', usage // 1000000, usage % 1000000)"
COLUMNS = f"""call_id AS id, tenant, tor, category, direction, subject, account, destination,
    {START} AS start, {USAGE} AS usage, usage AS millionths, matched_destination AS stored"""
Key = tuple[str, str]


def create(*, actor: Actor, name: str, month: str, first: TariffVersion, second: TariffVersion) -> Simulation:
    """Queue a comparison over the calls of ``month`` that this person may see."""
    owner = actor.user.organisation if actor.user is not None else None
    if actor.user is not None:
        require(actor.user, AREA, Level.WRITE)
        may_use(actor.user, first)
        may_use(actor.user, second)
    if first == second:
        raise ValidationError(_("Choose two different versions: the same one twice differs by nothing."))
    with transaction.atomic():
        simulation = Simulation.objects.create(name=name, month=month, first=first, second=second, owner=owner)
        created(actor, simulation)
        simulation.job = enqueue(
            "usage.simulate",
            actor=actor,
            label=_("Simulate %(name)s") % {"name": name},
            owner=owner,
            simulation=simulation.pk,
        )
        simulation.save(update_fields=["job"])
    return simulation


def delete(*, actor: Actor, simulation: Simulation) -> None:
    """Forget a comparison. The calls and their prices are not touched."""
    if actor.user is not None:
        require_on(actor.user, simulation, Level.ADMIN)
    with transaction.atomic():
        deleted(actor, simulation)
        simulation.delete()


def fail(*, simulation: Simulation, problem: str) -> None:
    """Say on the simulation why it stopped."""
    Simulation.objects.filter(pk=simulation.pk).update(state=Simulation.State.FAILED, problem=problem)


class Sums:
    """Per customer and destination: calls, usage, both totals, and how many calls each tariff cannot price."""

    def __init__(self) -> None:
        self.rows: dict[Key, list[int]] = defaultdict(lambda: [0] * 6)

    def add(self, calls: pa.RecordBatch, first: pa.RecordBatch, second: pa.RecordBatch) -> None:
        """Add one batch of calls and their two prices; amounts as nano integers."""
        import polars as pl

        frame = pl.DataFrame(
            {
                "subject": pl.from_arrow(calls.column("subject")),
                "usage": pl.from_arrow(calls.column("millionths")),
                "destination": _destination(first, second, calls),
                "first": _nano(first),
                "second": _nano(second),
            }
        )
        grouped = frame.group_by("subject", "destination").agg(
            pl.len().alias("calls"),
            pl.col("usage").sum(),
            pl.col("first").sum().alias("first"),
            pl.col("second").sum().alias("second"),
            pl.col("first").is_null().sum().alias("no_first"),
            pl.col("second").is_null().sum().alias("no_second"),
        )
        for subject, destination, *figures in grouped.iter_rows():
            row = self.rows[subject or "", destination or ""]
            for place, figure in enumerate(figures):
                row[place] += figure


def _nano(rated: pa.RecordBatch) -> Any:
    """The column ``total`` as nano integers; null where the call has no price."""
    import polars as pl

    return (pl.from_arrow(rated.column("total")) * 1_000_000_000).cast(pl.Int64)


def _destination(first: pa.RecordBatch, second: pa.RecordBatch, calls: pa.RecordBatch) -> Any:
    import polars as pl

    frame = pl.DataFrame(
        {
            "a": pl.from_arrow(first.column("matched_destination")),
            "b": pl.from_arrow(second.column("matched_destination")),
            "c": pl.from_arrow(calls.column("stored")),
        }
    )
    return frame.select(pl.coalesce("a", "b", "c")).to_series()


def run(*, simulation: Simulation, progress: Callable[[int, int], None]) -> None:
    """Price the month twice and keep the sums; a second run replaces the rows of the first."""
    ready = UsageBatch.objects.filter(state=UsageBatch.State.READY)
    if simulation.owner_id:
        ready = ready.filter(owner=simulation.owner_id)
    batches = list(ready.values_list("pk", flat=True))
    from chappe.core.usage.arrow import rate_batches  # the compiled kernel: only when a simulation runs

    sums, seen = Sums(), 0
    total = lake.query(
        "SELECT count(*) AS n FROM calls WHERE status <> 'REJECTED'", months=[simulation.month], batches=batches
    )
    expected = total.to_pylist()[0]["n"]
    first, second = load_compiled(simulation.first), load_compiled(simulation.second)
    for calls in _calls(simulation.month, batches):
        one, two = next(rate_batches(first, [calls])), next(rate_batches(second, [calls]))
        sums.add(calls, one, two)
        seen += calls.num_rows
        progress(seen, expected)
    _keep(simulation, sums, seen)


def _calls(month: str, batches: list[int]) -> Iterator[pa.RecordBatch]:
    """Calls of a month in the shape of a file of calls."""
    sql = f"SELECT {COLUMNS} FROM calls WHERE status <> 'REJECTED'"
    for part in lake.stream(sql, CHUNK, months=[month], batches=batches):
        if part.num_rows:
            yield part


def _keep(simulation: Simulation, sums: Sums, calls: int) -> None:
    rows = [
        SimulationRow(
            simulation=simulation, subject=subject, destination=destination, calls=n, usage=usage, first_total=first,
            second_total=second, difference=second - first, first_unrated=no_first, second_unrated=no_second,
        )
        for (subject, destination), (n, usage, first, second, no_first, no_second) in sorted(sums.rows.items())
    ]  # fmt: skip
    with transaction.atomic():
        simulation.rows.all().delete()
        SimulationRow.objects.bulk_create(rows, batch_size=1000)
        simulation.calls = calls
        simulation.first_total = sum(row.first_total for row in rows)
        simulation.second_total = sum(row.second_total for row in rows)
        simulation.state = Simulation.State.READY
        simulation.problem = ""
        simulation.save()
