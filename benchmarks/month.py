"""A month of calls of 10,000 customers, made for the measurements of pages: the same on every run (seeded).

Whole: each call has a customer that is in the database, one of its lines, the extension of that line (short, and had by other customers
too, as in life) and one of the numbers that this customer keeps calling. The calls go into the lake in the order of time by
``lake.commit``, in files of the size that the nightly job joins to, and that job makes their copies and sums.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

MONTH = "2026-10"
SOURCES, CUSTOMERS, LINES, CENTRES, NUMBERS = 20, 10_000, 5, 400, 60
FILE = 3_400_000  # calls of a commit: a file as large as those of the nightly job
PART = 100_000
KINDS, BEGINNINGS = ("national", "mobile", "international", "sva"), (331, 336, 4930, 3389)


def made(rows: int) -> None:
    """The month in the lake; its batches, days, customers and lines in the database."""
    from chappe.apps.usage import counts, lake
    from chappe.apps.usage.models import UsageBatch

    _people()
    batches = [
        UsageBatch.objects.create(
            name=f"Source {n}", replay_key=f"stream:source-{n}:{MONTH}:1", state=UsageBatch.State.READY
        )
        for n in range(1, SOURCES + 1)
    ]
    for number, begin in enumerate(range(0, rows, FILE)):
        lake.commit(f"pages-{number}", _parts(begin, min(rows, begin + FILE), rows, batches[0].pk))
    told = defaultdict(list)
    for row in lake.query(counts.COUNT.replace("SELECT", "SELECT batch,", 1)).to_pylist():
        told[row["batch"]].append(row)
    for batch in batches:
        counts.put(batch, counts.tally_of(told[batch.pk]))
        batch.next_line = rows + 1
        batch.save()


def _people() -> None:
    from chappe.apps.customers.models import CostCentre, Customer, Line

    Customer.objects.bulk_create(
        (Customer(pk=n, number=f"C{n:06d}", name=f"Client {n}") for n in range(1, CUSTOMERS + 1)), batch_size=1000
    )
    CostCentre.objects.bulk_create(CostCentre(pk=n, customer_id=n, code=f"CC{n}") for n in range(1, CENTRES + 1))
    Line.objects.bulk_create(
        (
            Line(
                pk=customer * LINES + place + 1,
                number=str(extension(customer, place)),
                source=f"pbx-{customer}",
                user_name=f"Poste {place}",
            )
            for customer in range(1, CUSTOMERS + 1)
            for place in range(LINES)
        ),
        batch_size=1000,
    )


def extension(customer: Any, place: Any) -> Any:
    """The short number of a line: some six customers have each."""
    return (customer * 7 + place) % 9_000 + 1_000


def _parts(begin: int, beyond: int, total: int, first: int) -> Iterator[Any]:
    for at in range(begin, beyond, PART):
        yield _part(at, min(PART, beyond - at), total, first)


def _part(at: int, rows: int, total: int, first: int) -> Any:
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    from chappe.apps.usage import lake

    rng = np.random.default_rng(at)
    lines = np.arange(at, at + rows) + 1
    length = 30.9 * 24 * 3600 * 1_000_000
    base = int(dt.datetime(2026, 9, 30, 22, tzinfo=dt.UTC).timestamp() * 1_000_000)
    customer = rng.integers(1, CUSTOMERS + 1, rows)
    place = rng.integers(0, LINES, rows)
    source, ext = customer % SOURCES, extension(customer, place)
    # The numbers that a customer calls, some far more often than others; its kind and place are the number's own.
    other = (customer * NUMBERS + (rng.random(rows) ** 2 * NUMBERS).astype(np.int64)) * 2_654_435_761 % 90_000_000
    kinds = np.searchsorted((45, 85, 95), other % 100, side="right")
    ways = rng.choice(3, rows, p=(0.6, 0.3, 0.1))
    outward = ways == 0
    answered = rng.random(rows) < 0.9
    seconds = np.where(answered, rng.exponential(150, rows).astype(np.int64) + 1, 0)
    is_rated = outward & answered
    nano = np.where(is_rated, seconds * rng.integers(100_000, 900_000, rows), 0)
    outside = joined(np.array(BEGINNINGS)[kinds], other + 10_000_000)
    own = joined("33499", customer * LINES + place + 100_000)
    status = np.where(is_rated, np.where(rng.random(rows) < 0.999, 0, 1), 2)
    priced = {"mask": status != 0}
    told: dict[str, Any] = {
        "batch": first + source, "line": lines, "source": source + 1, "customer": customer, "line_id": customer * LINES + place + 1,
        "cost_centre": customer % CENTRES + 1, "ext": pa.array(ext), "subject": pa.array(ext), "user_name": joined("Poste ", place),
        "call_id": joined("c", lines), "raw_ref": joined("s1:", lines),
        "start": pa.array(base + (lines * (length / total)).astype(np.int64) // 1_000_000 * 1_000_000, pa.timestamp("us", "UTC")),
        "usage": seconds * 1_000_000, "total": pa.array(nano, **priced), "cost": pa.array(nano, **priced),
        "buy": pa.array(nano // 2, **priced), "billed": seconds * 1_000_000, "service": np.zeros(rows, np.int64),
        "status": _chosen(("RATED", "UNRATED", "UNCHARGED"), status), "reason": _chosen(("", "no-destination", "not-answered"), status),
        "kind": _chosen(KINDS, kinds), "way": _chosen(("out", "in", "int"), ways),
        "matched_destination": joined("Destination ", kinds * 50 + other % 50),
        "destination": pc.if_else(pa.array(outward), outside, own), "caller": pc.if_else(pa.array(outward), own, outside),
        "answered": answered, "transferred": rng.random(rows) < 0.05, "ring": rng.integers(1, 30, rows), "talk": seconds, "hold": np.zeros(rows, np.int64),
        "trunk": joined("T", source * 2 + rng.integers(0, 2, rows)),
    }  # fmt: skip
    same = {"month": MONTH, "tor": "*voice", "category": "call", "direction": "OUT"}
    columns = []
    for field in lake.SCHEMA:
        if field.name in told:
            given = told[field.name]
            columns.append((given if isinstance(given, pa.Array) else pa.array(given)).cast(field.type))
        elif pa.types.is_string(field.type):
            columns.append(pa.repeat(pa.scalar(same.get(field.name, ""), field.type), rows))
        else:
            columns.append(pa.nulls(rows, field.type))
    return pa.RecordBatch.from_arrays(columns, schema=lake.SCHEMA)


def joined(*parts: Any) -> Any:
    """Texts put together from words and whole numbers."""
    import pyarrow as pa
    import pyarrow.compute as pc

    columns = [pa.scalar(one) if isinstance(one, str) else pa.array(one).cast(pa.string()) for one in parts]
    return pc.binary_join_element_wise(*columns, "")


def _chosen(words: tuple[str, ...], places: Any) -> Any:
    import pyarrow as pa

    return pa.array(words).take(pa.array(places))
