"""From a stored file and a tariff version to the rows of the lake.

The compiled kernel is imported when the first file is rated: every page and command of the house loads this
module, and few of them rate.
"""

from collections.abc import Callable, Iterator
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
from django.conf import settings

from chappe.apps.tariffs.loading import load_compiled
from chappe.apps.usage import lake
from chappe.apps.usage.models import UsageBatch
from chappe.kit.jobs.context import PermanentError

Progress = Callable[[int, int], None]


def into_lake(batch: UsageBatch, progress: Progress) -> None:
    """Rate the file of ``batch`` and commit it to the lake, once.

    Ids are compared while rows stream to the writer. When some repeat, the rows raise at their end, the writer
    takes its files back, and the file is read a second time knowing which lines to refuse.
    Raises PermanentError when the file as a whole cannot be read.
    """
    from chappe.core.usage.rows import RepeatedIdsError, UnreadableFileError

    try:
        _commit(batch, progress)
    except RepeatedIdsError as repeated:
        _commit(batch, progress, repeated.twins)
    except UnreadableFileError as error:
        raise PermanentError(str(error)) from error


def _commit(batch: UsageBatch, progress: Progress, twins: Any = None) -> None:
    """One reading of the file into the lake. What stopped the rows is raised as it was, a cancellation too."""
    rows = _Rows(batch, progress, twins)
    try:
        lake.commit(str(batch.uid), rows)
    except Exception as error:
        if rows.stopped is None:
            raise
        # The writer hides what its rows raised behind an error of its own: the rows remember it.
        raise rows.stopped from error


class _Rows:
    """The rated rows of a batch as the lake keeps them; ``stopped`` is what ended them too soon, or None."""

    def __init__(self, batch: UsageBatch, progress: Progress, twins: Any = None) -> None:
        # Everything the database knows is read here: the writer asks for rows from a thread of its own, which
        # would open a connection of its own.
        self.pk, self.name, self.path = batch.pk, batch.name, batch.source.path
        self.received = f"{batch.created_at.astimezone(ZoneInfo(settings.TIME_ZONE)):%Y-%m}"
        self.compiled = load_compiled(batch.version)
        self.progress, self.twins = progress, twins
        self.stopped: Exception | None = None

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        from chappe.core.usage.rows import rated_rows

        try:
            for part in rated_rows(self.compiled, self.path, name=self.name, twins=self.twins, progress=self.progress):
                yield _of_batch(part, self.pk, self.received)
        except Exception as error:
            self.stopped = error
            raise


def _of_batch(part: pa.RecordBatch, batch: int, received: str) -> pa.RecordBatch:
    """The rows with their batch and month. A call whose start cannot be read stands in the month it came in."""
    import numpy as np

    from chappe.core.usage.rows import months

    columns = {name: part.column(name) for name in part.schema.names}
    columns["batch"] = pa.array(np.full(part.num_rows, batch, np.int64))
    columns["month"] = months(part.column("start"), settings.TIME_ZONE, received)
    return lake.whole_columns(pa.RecordBatch.from_pydict(columns))
