"""One measurement in a process of its own, so that its peak memory is its own. Prints one line of JSON."""

import json
import os
import resource
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks import made


class Clock:
    """Wall time and processor time (of all threads) since it was made."""

    def __init__(self) -> None:
        self.wall, self.cpu = time.perf_counter(), time.process_time()

    def taken(self) -> dict[str, float]:
        return {"seconds": time.perf_counter() - self.wall, "cpu": time.process_time() - self.cpu}


def rate(source: str, target: str) -> dict:
    """Read, rate, write."""
    from chappe.core.rating.compile import compile_tariff
    from chappe.core.usage.file import rate_file

    compiled = compile_tariff(made.tariff())
    rate_file(compiled, made.calls(1000), Path(target).with_name("warm" + Path(target).suffix))
    clock = Clock()
    summary = rate_file(compiled, source, target)
    return {**clock.taken(), "rated": summary.rated, "rows": summary.rows, "total": summary.as_dict()["total"]}


def merely(source: str, target: str) -> dict:
    """What Polars needs to read ``source`` whole and to write a file of the columns and values of ``target``."""
    import polars as pl

    def read(path: str) -> pl.DataFrame:
        return pl.read_parquet(path) if path.endswith(".parquet") else pl.read_csv(path)

    output = read(target)
    spare = str(Path(target).with_name("polars" + Path(target).suffix))
    clock = Clock()
    taken = read(source)
    reading = clock.taken()
    rows = taken.height
    del taken
    clock = Clock()
    if target.endswith(".parquet"):
        output.write_parquet(spare, compression="snappy")  # as ours
    else:
        output.write_csv(spare)
    writing = clock.taken()
    Path(spare).unlink()
    return {name: reading[name] + writing[name] for name in reading} | {"rows": rows}


def as_parquet(source: str, target: str) -> dict:
    """The calls as a Parquet file with typed moments, for the measurements that start from one."""
    import polars as pl

    frame = pl.scan_csv(source, schema_overrides={"id": pl.String, "tor": pl.String, "destination": pl.String})
    moments = [pl.col(name).str.to_datetime(time_unit="us", time_zone="UTC") for name in ("start", "end")]
    frame.with_columns(moments).sink_parquet(target)
    return {"seconds": 0.0}


def house() -> None:
    """The product itself, with a data folder of its own."""
    import django

    os.environ["CHAPPE_DATA"] = str(made.DATA / "house")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chappe.web.settings")
    django.setup()


def lake(source: str, times: str) -> dict:
    """Read Parquet, rate, commit once to the lake: what the product does with a file of calls, less its database.

    So many ``times``, as files of their own.
    """
    house()
    from chappe.apps.usage import lake
    from chappe.apps.usage.rating import _of_batch
    from chappe.core.rating.compile import compile_tariff
    from chappe.core.usage.rows import rated_rows

    compiled = compile_tariff(made.tariff())
    shutil.rmtree(lake.location(), ignore_errors=True)
    for _ in rated_rows(compiled, made.calls(1000)):
        pass
    clock = Clock()
    for batch in range(1, int(times) + 1):
        rows = rated_rows(compiled, Path(source))
        lake.commit(f"benchmark-{batch}", (_of_batch(part, batch, "2026-03") for part in rows))
    taken = clock.taken()
    return {**taken, "rows": lake.query("SELECT count(*) AS n FROM calls").to_pylist()[0]["n"]}


def merely_lake(source: str, _target: str) -> dict:
    """What Polars needs to read the Parquet file and to commit the rated columns to a Delta table by month."""
    import polars as pl

    folder = made.DATA / "house" / "lake"
    output = pl.read_delta(str(folder / "usage"))
    spare = folder / "polars"
    shutil.rmtree(spare, ignore_errors=True)
    clock = Clock()
    rows = pl.read_parquet(source).height
    output.write_delta(str(spare), delta_write_options={"partition_by": ["month"]})
    taken = clock.taken()
    shutil.rmtree(spare)
    return {**taken, "rows": rows}


def list_page(_source: str, times: str) -> dict:
    """What the list page of calls asks of the lake: seconds of each question."""
    house()
    from django.core.management import call_command

    from chappe.apps.usage import lake
    from chappe.apps.usage.models import Call

    call_command("migrate", verbosity=0)
    standing = list(range(1, int(times) + 1))
    Call.standing = staticmethod(lambda: standing)  # what lake() wrote has no rows in this database
    calls = Call.objects.get_queryset()
    month = calls.filter(month="2026-03")
    french = month.filter(matched_destination="D007")
    sums = "SELECT sum(total) AS total, count(*) AS calls FROM calls WHERE matched_destination = 'D007'"
    questions: dict[str, Callable[[], Any]] = {
        "count": month.count,
        "first page": lambda: list(month.order_by("-start")[:50]),
        "a later page": lambda: list(month.order_by("-start")[5000:5050]),
        "filter on destination": lambda: list(french.order_by("-start")[:50]),
        "count of the filter": french.count,
        "search a number": lambda: list(month.filter(destination__startswith="3312").order_by("-start")[:50]),
        "sum of the filter": lambda: lake.query(sums, months=["2026-03"], batches=standing).to_pylist(),
    }
    month.exists()
    answer: dict[str, Any] = {"rows": month.count(), "questions": {}}
    for name, ask in questions.items():
        clock = Clock()
        ask()
        answer["questions"][name] = clock.taken()["seconds"]
    return answer


def kernel(source: str, _target: str) -> dict:
    """The kernel alone: the columns of the calls are ready, on one thread."""
    import numpy as np

    from chappe.core.rating.compile import compile_tariff
    from chappe.core.rating.kernel import rate_arrays
    from chappe.core.usage.batch import new_priced
    from chappe.core.usage.work import CsvJob

    compiled = compile_tariff(made.tariff())
    job = CsvJob(compiled, Path(source))
    rows, seconds = 0, 0.0
    for turn, part in enumerate(job.parts()):
        lines, _ = job.lines_of(part)
        n = lines.rows
        calls, _ = job.rater.read(lines.fields())
        calls.status[:] = 0
        calls.reason[:] = 0
        priced = new_priced(n)
        began = time.perf_counter()
        rate_arrays(compiled, calls, priced)
        if turn:
            seconds += time.perf_counter() - began
            rows += n
    assert np.count_nonzero(priced.status) == 0
    return {"seconds": seconds, "rows": rows}


def single(_source: str, _target: str) -> dict:
    """One call at a time, as the charging engine and a page ask for it."""
    from chappe.core.rating.compile import compile_tariff
    from chappe.core.rating.kernel import rate_arrays
    from chappe.core.usage.batch import Fields, new_priced
    from chappe.core.usage.work import CsvJob

    compiled = compile_tariff(made.tariff())
    job = CsvJob(compiled, made.calls(1000))
    lines, _ = job.lines_of(next(job.parts()))
    calls, _ = job.rater.read(Fields(lines.buf, lines.at[:1].copy(), lines.length[:1].copy(), lines.fault[:1]))
    calls.status[:] = 0
    calls.reason[:] = 0
    priced = new_priced(1)
    rate_arrays(compiled, calls, priced)
    times = 2000
    began = time.perf_counter()
    for _ in range(times):
        rate_arrays(compiled, calls, priced)
    return {"seconds": (time.perf_counter() - began) / times, "rows": 1}


def price_one(_source: str, _target: str) -> dict:
    """One call with all its steps told, as the explanation page asks for it."""
    from chappe.core.rating.compile import compile_tariff
    from chappe.core.rating.explain import price_one as price

    compiled = compile_tariff(made.tariff())
    call = {"tenant": made.TENANT, "subject": "client00007", "destination": made.prefixes()[100] + "123456"}
    call |= {"start": "2026-03-07T10:00:00Z", "usage": "187"}
    assert price(compiled, **call).status == 0
    times = 500
    began = time.perf_counter()
    for _ in range(times):
        price(compiled, **call)
    return {"seconds": (time.perf_counter() - began) / times, "rows": 1}


MEASURES: dict[str, Callable[[str, str], dict]] = {
    f.__name__: f for f in (rate, merely, as_parquet, lake, merely_lake, list_page, kernel, single, price_one)
}

if __name__ == "__main__":
    answer = MEASURES[sys.argv[1]](sys.argv[2], sys.argv[3])
    answer["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps(answer))
