"""One measurement in a process of its own, so that its peak memory is its own. Prints one line of JSON."""

import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks import made


def rate(source: str, target: str) -> dict:
    """Read, rate, write."""
    from chappe.core.rating.compile import compile_tariff
    from chappe.core.usage.file import rate_file

    compiled = compile_tariff(made.tariff())
    rate_file(compiled, made.calls(1000), Path(target).with_name("warm" + Path(target).suffix))
    began = time.perf_counter()
    summary = rate_file(compiled, source, target)
    seconds = time.perf_counter() - began
    return {"seconds": seconds, "rated": summary.rated, "rows": summary.rows, "total": summary.as_dict()["total"]}


def merely(source: str, target: str) -> dict:
    """What Polars needs to read ``source`` whole and to write a file of the columns and values of ``target``."""
    import polars as pl

    def read(path: str) -> pl.DataFrame:
        return pl.read_parquet(path) if path.endswith(".parquet") else pl.read_csv(path)

    output = read(target)
    spare = str(Path(target).with_name("polars" + Path(target).suffix))
    began = time.perf_counter()
    taken = read(source)
    reading = time.perf_counter() - began
    rows = taken.height
    del taken
    began = time.perf_counter()
    if target.endswith(".parquet"):
        output.write_parquet(spare, compression="snappy")
    else:
        output.write_csv(spare)
    writing = time.perf_counter() - began
    Path(spare).unlink()
    return {"seconds": reading + writing, "read": reading, "write": writing, "rows": rows}


def as_parquet(source: str, target: str) -> dict:
    """The calls as a Parquet file with typed moments, for the measurements that start from one."""
    import polars as pl

    frame = pl.scan_csv(source, schema_overrides={"id": pl.String, "tor": pl.String, "destination": pl.String})
    moments = [pl.col(name).str.to_datetime(time_unit="us", time_zone="UTC") for name in ("start", "end")]
    frame.with_columns(moments).sink_parquet(target)
    return {"seconds": 0.0}


def lake(source: str, target: str) -> dict:
    """Read Parquet, rate, commit once to a Delta table."""
    import pyarrow as pa
    import pyarrow.parquet as pq
    from deltalake import write_deltalake

    from chappe.core.rating.compile import compile_tariff
    from chappe.core.usage.arrow import BatchRater, rate_batches

    compiled = compile_tariff(made.tariff())
    file = pq.ParquetFile(source)
    schema = BatchRater(compiled, file.schema_arrow).schema
    list(rate_batches(compiled, pq.ParquetFile(source).iter_batches(1000, row_groups=[0])))[:0]
    began = time.perf_counter()
    batches = rate_batches(compiled, file.iter_batches(1 << 17))
    write_deltalake(target, pa.RecordBatchReader.from_batches(schema, batches), mode="overwrite")
    return {"seconds": time.perf_counter() - began, "rows": file.metadata.num_rows}


def merely_lake(source: str, target: str) -> dict:
    """What Polars needs to read the Parquet file and to commit the rated columns to a Delta table."""
    import polars as pl

    output = pl.read_delta(target)
    began = time.perf_counter()
    rows = pl.read_parquet(source).height
    output.write_delta(target + "-polars", mode="overwrite")
    return {"seconds": time.perf_counter() - began, "rows": rows}


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
        calls, _ = job.rater.read(lines.buf, lines.at[:n], lines.length[:n], lines.fault[:n])
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
    from chappe.core.usage.batch import new_priced
    from chappe.core.usage.work import CsvJob

    compiled = compile_tariff(made.tariff())
    job = CsvJob(compiled, made.calls(1000))
    lines, _ = job.lines_of(next(job.parts()))
    calls, _ = job.rater.read(lines.buf, lines.at[:1].copy(), lines.length[:1].copy(), lines.fault[:1])
    calls.status[:] = 0
    calls.reason[:] = 0
    priced = new_priced(1)
    rate_arrays(compiled, calls, priced)
    times = 2000
    began = time.perf_counter()
    for _ in range(times):
        rate_arrays(compiled, calls, priced)
    return {"seconds": (time.perf_counter() - began) / times, "rows": 1}


MEASURES: dict[str, Callable[[str, str], dict]] = {
    f.__name__: f for f in (rate, merely, as_parquet, lake, merely_lake, kernel, single)
}

if __name__ == "__main__":
    answer = MEASURES[sys.argv[1]](sys.argv[2], sys.argv[3])
    answer["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps(answer))
