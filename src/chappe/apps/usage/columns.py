"""The columns of the usage lake, and which of them came later. Data only."""

import pyarrow as pa

#: ``batch`` is UsageBatch.pk; amounts are nano; ``usage`` and ``billed`` millionths of a second, byte or event.
SCHEMA = pa.schema(
    [
        ("batch", pa.int64()),
        ("line", pa.int64()),
        ("call_id", pa.string()),
        ("tenant", pa.string()),
        ("tor", pa.string()),
        ("category", pa.string()),
        ("direction", pa.string()),
        ("subject", pa.string()),
        ("account", pa.string()),
        ("destination", pa.string()),
        ("start", pa.timestamp("us", "UTC")),
        ("utc_offset", pa.int32()),  # seconds, as written on the call: some tariffs follow the call's own clock
        ("usage", pa.int64()),
        ("status", pa.string()),
        ("reason", pa.string()),
        ("cost", pa.int64()),
        ("connect_fee", pa.int64()),
        ("service", pa.int64()),
        ("total", pa.int64()),
        ("billed", pa.int64()),
        ("pieces", pa.int32()),
        ("rate", pa.string()),
        ("matched_prefix", pa.string()),
        ("matched_destination", pa.string()),
        ("plan_version", pa.string()),
        # What only calls of a source (PBX, collected files) say; null elsewhere.
        ("source", pa.int64()),  # collect.Source
        ("customer", pa.int64()),  # customers.Customer
        ("line_id", pa.int64()),  # customers.Line
        ("cost_centre", pa.int64()),  # customers.CostCentre
        ("kind", pa.string()),  # core.calls.numbers.NumberKind of the other end
        ("way", pa.string()),  # core.tickets.contract.Way
        ("ext", pa.string()),  # extension that bears the call
        ("caller", pa.string()),
        ("asked", pa.string()),
        ("reached", pa.string()),
        ("transferred", pa.bool_()),
        ("answered", pa.bool_()),
        ("ring", pa.int32()),  # seconds, like talk and hold
        ("talk", pa.int32()),
        ("hold", pa.int32()),  # hold and park
        ("trunk", pa.string()),
        ("account_code", pa.string()),
        ("user_name", pa.string()),
        ("sell_version", pa.int64()),  # tariffs.TariffVersion that sells the call, and that which buys it
        ("buy_version", pa.int64()),
        ("buy", pa.int64()),  # nano
        ("buy_reason", pa.string()),
        ("raw_ref", pa.string()),  # finds the raw record again
        ("month", pa.string()),
    ]
)
#: Columns that tables written before collection do not have: read as null there.
LATER = SCHEMA.names[SCHEMA.names.index("source") : -1]
