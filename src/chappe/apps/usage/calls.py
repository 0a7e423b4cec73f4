"""The columns of calls that have no price yet: what a stream is given. Data only."""

from typing import Any

import pyarrow as pa

#: ``start`` UTC; ``seconds`` billable; ``number`` is Number.rated of who was called (of an incoming call: the DDI); ``shown``
#: the same as lists show it; ``kind`` the class of the other end. Ids and versions are primary keys, null = none.
CALLS = pa.schema(
    [
        ("call_id", pa.string()),  # BuiltCall.key, for people
        ("start", pa.timestamp("us", "UTC")),
        ("utc_offset", pa.int32()),  # seconds, of the source's clock then
        ("seconds", pa.int64()),
        ("number", pa.string()),
        ("shown", pa.string()),
        ("subject", pa.string()),  # profile of the tariff to look up; "" = the extension
        ("account", pa.string()),
        ("tenant", pa.string()),  # "" = the only one of the tariff
        ("sell_version", pa.int64()),
        ("buy_version", pa.int64()),
        ("source", pa.int64()),
        ("customer", pa.int64()),
        ("line_id", pa.int64()),
        ("cost_centre", pa.int64()),
        ("kind", pa.string()),
        ("way", pa.string()),
        ("ext", pa.string()),
        ("caller", pa.string()),
        ("asked", pa.string()),
        ("reached", pa.string()),
        ("transferred", pa.bool_()),
        ("answered", pa.bool_()),
        ("ring", pa.int32()),
        ("talk", pa.int32()),
        ("hold", pa.int32()),
        ("trunk", pa.string()),
        ("account_code", pa.string()),
        ("user_name", pa.string()),
        ("raw_ref", pa.string()),
    ]
)
#: What a call needs of :data:`CALLS` to be told; the rest may be left out of a batch, and is then null.
NEEDED = ("call_id", "start", "seconds", "number", "way", "answered")


def completed(calls: pa.RecordBatch) -> pa.RecordBatch:
    """Every column of :data:`CALLS`, in order. Raises ValueError for a needed one that is missing or has another type."""
    given = set(calls.schema.names)
    if missing := [name for name in NEEDED if name not in given]:
        raise ValueError(f"calls lack {', '.join(missing)}")
    columns = []
    for field in CALLS:
        if field.name not in given:
            columns.append(pa.nulls(calls.num_rows, field.type))
            continue
        try:
            columns.append(calls.column(field.name).cast(field.type))
        except pa.ArrowInvalid as error:
            raise ValueError(f"{field.name}: {error}") from error
    return pa.RecordBatch.from_arrays(columns, schema=CALLS)


def batch_of(rows: list[dict[str, Any]]) -> pa.RecordBatch:
    """Rows as :data:`CALLS`; keys left out are null."""
    return pa.RecordBatch.from_pylist(rows, schema=CALLS)
