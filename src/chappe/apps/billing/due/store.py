"""Where the calls of runs are kept: Parquet files, one row a call and run, with the amount that this run bills of it.

A file belongs to a computation (attempt) of a run and never changes. It counts once the customer's invoice of that run
is issued: nothing is written at that moment, so that a crash cannot part the two.
"""

import datetime as dt
import os
import shutil
from collections.abc import Iterable
from pathlib import Path

import duckdb
from django.conf import settings
from django.db.models import Exists, OuterRef, Q

from chappe.apps.billing.models import BilledLine, Invoice, Run

MEMORY = "2GB"
THREADS = 2


def folder() -> Path:
    """Beside the usage lake, so that a backup takes both."""
    return Path(settings.DATA) / "lake" / "billed"


def month_folder(month: dt.date) -> Path:
    return folder() / f"month={month:%Y-%m}"


def file_of(run: Run, month: dt.date, part: int) -> Path:
    """The file of one part of a computation."""
    return month_folder(month) / f"run-{run.pk}-{run.attempt}-{part}.parquet"


def files_of(month: dt.date, runs: Iterable[tuple[int, int]]) -> list[str]:
    """Files of a month that belong to these (run, attempt)."""
    place = month_folder(month)
    names = [f"run-{run}-{attempt}-" for run, attempt in set(runs)]
    if not place.is_dir() or not names:
        return []
    return sorted(str(path) for path in place.glob("run-*.parquet") if path.name.startswith(tuple(names)))


def drop(run: Run, *, keep_attempt: int | None = None) -> int:
    """Remove the files of a run (but those of one attempt); answers how many."""
    gone = 0
    for path in folder().glob(f"month=*/run-{run.pk}-*.parquet"):
        if keep_attempt is not None and path.name.startswith(f"run-{run.pk}-{keep_attempt}-"):
            continue
        path.unlink(missing_ok=True)
        gone += 1
    return gone


def engine() -> duckdb.DuckDBPyConnection:
    """An engine of one computation: bounded memory, spilling beside the data."""
    spill = Path(settings.DATA) / "tmp" / f"billing-{os.getpid()}"
    spill.mkdir(parents=True, exist_ok=True)
    connection = duckdb.connect(":memory:")
    connection.execute(f"SET threads={THREADS}; SET memory_limit='{MEMORY}'; SET TimeZone='UTC'")
    connection.execute("SET preserve_insertion_order=false")
    connection.execute(f"SET temp_directory='{spill.as_posix()}'")
    return connection


def clean_spill() -> None:
    """Remove what an engine of this process spilled."""
    shutil.rmtree(Path(settings.DATA) / "tmp" / f"billing-{os.getpid()}", ignore_errors=True)


def standing(customer_ids: Iterable[int]) -> list[tuple[int, int, int]]:
    """(run, attempt, customer) whose calls were billed: the invoice is issued, and was not given back to be billed anew.

    A corrected invoice (384) takes the place of the one it amends: the calls of that one stay billed.
    """
    corrected = Invoice.objects.filter(
        preceding=OuterRef("pk"), kind=Invoice.Kind.CORRECTED, state=Invoice.State.ISSUED
    )
    issued = Invoice.objects.filter(state=Invoice.State.ISSUED, run__isnull=False, customer__in=list(customer_ids))
    issued = issued.filter(Q(is_rebilled=False) | Exists(corrected))
    return list(issued.values_list("run_id", "run__attempt", "customer_id"))


def taken_out(customer_ids: Iterable[int]) -> list[tuple[int, int, str]]:
    """(run, customer, key) of lines of communications taken out of an issued invoice: their calls stay due."""
    lines = BilledLine.objects.filter(
        is_removed=True, key__startswith="calls:", customer__in=list(customer_ids), invoice__run__isnull=False
    )
    return list(lines.values_list("invoice__run_id", "customer_id", "key"))
