"""From a stored file and a tariff version to the rows of the lake. Reads; commits nothing itself."""

from collections.abc import Callable, Iterator
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from django.conf import settings

from chappe.apps.tariffs.loading import load_compiled
from chappe.apps.usage import lake
from chappe.apps.usage.models import UsageBatch
from chappe.core.usage.rows import RepeatedIdsError, UnreadableFileError, rated_rows
from chappe.core.usage.twins import Twins
from chappe.kit.jobs.context import PermanentError

Progress = Callable[[int, int], None]


def into_lake(batch: UsageBatch, progress: Progress) -> None:
    """Rate the file of ``batch`` and commit it to the lake, once.

    Ids are compared while rows stream to the writer. When some repeat, the rows raise at their end, the writer
    takes its files back, and the file is read a second time knowing which lines to refuse.
    Raises PermanentError when the file as a whole cannot be read.
    """
    uid = str(batch.uid)
    rows = _Rows(batch, progress)
    try:
        lake.commit(uid, rows)
    except Exception as error:
        # The writer hides what its rows raised behind an error of its own: the rows remember it.
        if isinstance(rows.stopped, UnreadableFileError):
            raise PermanentError(str(rows.stopped)) from error
        if not isinstance(rows.stopped, RepeatedIdsError):
            raise
        lake.commit(uid, _Rows(batch, progress, rows.stopped.twins))


class _Rows:
    """The rated rows of a batch as the lake keeps them; ``stopped`` is what ended them too soon, or None."""

    def __init__(self, batch: UsageBatch, progress: Progress, twins: Twins | None = None) -> None:
        self.batch, self.progress, self.twins = batch, progress, twins
        self.stopped: Exception | None = None

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        batch = self.batch
        received = f"{batch.created_at.astimezone(ZoneInfo(settings.TIME_ZONE)):%Y-%m}"
        try:
            for part in rated_rows(
                load_compiled(batch.version),
                batch.source.path,
                name=batch.name,
                twins=self.twins,
                progress=self.progress,
            ):
                yield _of_batch(part, batch.pk, received)
        except Exception as error:
            self.stopped = error
            raise


def _of_batch(part: pa.RecordBatch, batch: int, received: str) -> pa.RecordBatch:
    """The rows with their batch and month. A call whose start cannot be read stands in the month it came in."""
    local = pc.assume_timezone(
        pc.local_timestamp(pc.cast(part.column("start"), pa.timestamp("us", settings.TIME_ZONE))), "UTC"
    )
    month = pc.fill_null(pc.strftime(local, format="%Y-%m", locale="C"), received)
    columns = {name: part.column(name) for name in part.schema.names}
    columns["batch"] = pa.array(np.full(part.num_rows, batch, np.int64))
    columns["month"] = month
    return pa.RecordBatch.from_arrays([columns[name] for name in lake.SCHEMA.names], schema=lake.SCHEMA)
