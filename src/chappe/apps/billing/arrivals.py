"""Calls that came, or took another price, after the drafts of a run were computed: told, so that the run is computed again. Changes nothing."""

from django.db.models import Min

from chappe.apps.billing.due.charge import Window
from chappe.apps.billing.models import Run
from chappe.apps.usage import lake
from chappe.apps.usage.models import StreamCommit, UsageBatch

COUNT = """
SELECT count(*) AS calls FROM calls
WHERE status = 'RATED' AND total <> 0 AND customer IS NOT NULL
"""


def since(run: Run) -> int:
    """Priced calls of somebody, of the months of the run, that its drafts cannot know. Nothing once it is issued."""
    if run.computed_at is None or run.state not in {Run.State.READY, Run.State.CHECKED}:
        return 0
    standing = UsageBatch.objects.filter(owner=run.owner_id, state=UsageBatch.State.READY)
    whole = set(standing.filter(ended_at__gt=run.computed_at).values_list("pk", flat=True))
    fresh = StreamCommit.objects.filter(batch__in=standing.exclude(pk__in=whole), created_at__gt=run.computed_at)
    first_lines = dict(fresh.values_list("batch").annotate(first=Min("first_line")).values_list("batch", "first"))
    first_lines |= dict.fromkeys(whole, 0)
    months = [f"{month:%Y-%m}" for month in Window(run.month, run.lookback).months]
    found = 0
    for batch, first in first_lines.items():
        rows = lake.query(COUNT + " AND line >= ?", months=months, batches=[batch], parameters=[first])
        found += rows.column("calls")[0].as_py()
    return found
