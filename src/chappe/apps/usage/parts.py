"""The Parquet files of one batch, written part by part in bounded memory, and named for a Delta commit.

Nothing here is visible to a reader: ``lake.commit`` names the finished files in one transaction. A run that is
killed leaves files that no transaction names; ``lake.compact`` removes them after a day. Each attempt has files of
its own: one that lost its lease and wakes up must never write into what another has committed.
"""

import json
import os
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from deltalake.transaction import AddAction

PARTITION = "month"
ROW_GROUP = 1 << 17  # rows: small enough to hold, large enough for its statistics to be worth reading
HELD = 1 << 18  # rows of all months together before everything held is written out
REPEATED = [
    "tenant", "tor", "category", "direction", "subject", "account", "status", "reason", "rate", "matched_prefix",
    "matched_destination", "plan_version",
]  # fmt: skip


class Parts:
    """One file a month under ``root``, named after ``uid`` and this attempt."""

    def __init__(self, root: Path, uid: str, schema: pa.Schema) -> None:
        self.root, self.name = root, f"{uid}-{os.urandom(4).hex()}.parquet"
        self.schema = pa.schema([field for field in schema if field.name != PARTITION])
        self.held: dict[str, list[pa.RecordBatch]] = {}
        self.rows: dict[str, int] = {}
        self.writers: dict[str, pq.ParquetWriter] = {}
        self.written: dict[str, int] = {}

    def write(self, batch: pa.RecordBatch) -> None:
        """Put the rows of a batch behind those of their months."""
        months = batch.column(PARTITION)
        bare = batch.select(self.schema.names)
        for month in pc.unique(months).to_pylist():
            mine = bare.filter(pc.equal(months, month)) if len(pc.unique(months)) > 1 else bare
            self.held.setdefault(month, []).append(mine)
            self.rows[month] = self.rows.get(month, 0) + mine.num_rows
            if self.rows[month] >= ROW_GROUP:
                self._flush(month)
        if sum(self.rows.values()) >= HELD:
            for month in list(self.held):
                self._flush(month)

    def finish(self) -> list[AddAction]:
        """Write what is held, close the files, put them on the disk; what a transaction says of them."""
        for month in list(self.held):
            self._flush(month)
        actions = []
        for month, writer in self.writers.items():
            writer.close()
            path = self._path(month)
            synced(path)
            status = path.stat()
            actions.append(
                AddAction(
                    path=path.relative_to(self.root).as_posix(),
                    size=status.st_size,
                    partition_values={PARTITION: month},
                    modification_time=int(status.st_mtime * 1000),
                    data_change=True,
                    stats=json.dumps({"numRecords": self.written[month]}),
                )
            )
        return actions

    def drop(self) -> None:
        """Leave no trace: the rows stopped before their end."""
        for month, writer in self.writers.items():
            writer.close()
            self._path(month).unlink(missing_ok=True)

    def _path(self, month: str) -> Path:
        return self.root / f"{PARTITION}={month}" / self.name

    def _flush(self, month: str) -> None:
        if month not in self.writers:
            self._path(month).parent.mkdir(parents=True, exist_ok=True)
            self.writers[month] = pq.ParquetWriter(
                self._path(month), self.schema, compression="snappy", use_dictionary=REPEATED
            )
        table = pa.Table.from_batches(self.held.pop(month), self.schema)
        self.writers[month].write_table(table, row_group_size=ROW_GROUP)
        self.written[month] = self.written.get(month, 0) + table.num_rows
        self.rows[month] = 0


def synced(path: Path) -> None:
    """What was written to a file is on the disk when this returns."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
