"""The set-based statements over the lake: the calls of a month, what bundles take, what is new since it was billed.

Amounts are nano in 64 bits, products in 128. ``c`` is the table of the calls of some customers and one month;
``part_c`` is the price of the communication, ``part_s`` that of the service (C + S), which bundles never touch.
"""

#: A table of the engine made of the rows given to it; and a lake without a call.
KEEP = "CREATE OR REPLACE TEMP TABLE {name} AS SELECT * FROM given"
EMPTY = "(SELECT {columns} WHERE FALSE)"

#: Calls of a month of the customers ``who``, each in its own time zone. {source}: the files of the lake.
CALLS = """
CREATE OR REPLACE TEMP TABLE c AS
SELECT w.customer, r.root, k.batch, k.line, coalesce(k.line_id, 0) AS line_id, coalesce(k.ext, k.subject, '') AS ext,
       CASE WHEN k.way = 'in' THEN 'incoming' ELSE coalesce(f.family, 'other') END AS family, coalesce(k.kind, '') AS kind,
       k.start, w.zone, (k.usage // 1000000) AS seconds, coalesce(k.total, 0) - coalesce(k.service, 0) AS part_c,
       coalesce(k.service, 0) AS part_s, CASE WHEN k.way = 'in' THEN coalesce(k.caller, '') ELSE k.destination END AS number,
       coalesce(k.matched_destination, '') AS label, 0::BIGINT AS free,
       coalesce(k.total, 0) - coalesce(k.service, 0) AS due_c
FROM {source} k
JOIN who w ON w.customer = k.customer
JOIN roots r ON r.batch = k.batch
LEFT JOIN families f ON f.kind = k.kind
WHERE k.status = 'RATED' AND k.customer BETWEEN {low} AND {high} AND k.start >= $first AND k.start < $last
  AND k.start >= w.lo AND k.start < w.hi
  AND NOT (coalesce(k.total, 0) = 0 AND (coalesce(k.kind, '') IN ({left_out}) OR coalesce(k.way, 'out') IN ('in', 'int')))
"""

#: How many calls each customer has, and how many have no price: who is worth reading, who is parked.
COUNTS = """
SELECT k.customer, count(*) FILTER (WHERE k.status = 'RATED') AS calls, count(*) FILTER (WHERE k.status = 'UNRATED') AS unrated
FROM {source} k JOIN who w ON w.customer = k.customer JOIN roots r ON r.batch = k.batch
WHERE k.start >= $first AND k.start < $last AND k.start >= w.lo AND k.start < w.hi
GROUP BY k.customer
"""

#: One step of bundles: at most one grant a call. Running sum in the order of time; a call may be taken in part.
TAKE = """
CREATE OR REPLACE TEMP TABLE c AS
WITH asked AS (
  SELECT c.*, g.allowed, g.grant_id,
         CASE WHEN g.grant_id IS NOT NULL AND c.part_c > 0 THEN greatest(c.seconds - c.free, 0) ELSE 0 END AS want
  FROM (SELECT * FROM c WHERE customer IN (SELECT customer FROM grants)) c LEFT JOIN grants g
    ON g.step = {step} AND g.customer = c.customer AND g.family = c.family AND (g.line_id = 0 OR g.line_id = c.line_id)
), summed AS (
  SELECT *, CASE WHEN grant_id IS NULL THEN 0
                 ELSE sum(want) OVER (PARTITION BY grant_id ORDER BY start, root, line ROWS UNBOUNDED PRECEDING) END AS upto
  FROM asked
)
SELECT * EXCLUDE (allowed, grant_id, want, upto)
  REPLACE ((free + greatest(least(want, coalesce(allowed, 0) - (upto - want)), 0))::BIGINT AS free)
FROM summed
UNION ALL SELECT * FROM c WHERE customer NOT IN (SELECT customer FROM grants)
"""

#: What stays to pay, in proportion to the seconds that stay, halves up (a free call is never below zero).
LEFT = """
UPDATE c SET due_c = ((part_c::HUGEINT * (seconds - free) * 2 + seconds) // (seconds * 2))::BIGINT WHERE free > 0
"""

CHARGES = """
SELECT customer, family, count(*) AS calls, sum(seconds)::BIGINT AS seconds, sum(due_c)::HUGEINT AS due_c,
       sum(part_s)::HUGEINT AS part_s, sum(free)::BIGINT AS free, count(*) FILTER (WHERE part_s <> 0) AS calls_s
FROM c GROUP BY customer, family
"""

#: What was billed before of each call of the month, whatever became of it since.
BILLED = """
CREATE OR REPLACE TEMP TABLE b AS
SELECT p.customer, p.root, p.line, sum(p.amount)::BIGINT AS amount, any_value(p.family) AS family,
       any_value(p.line_number) AS line_number, any_value(p.user_name) AS user_name, any_value(p.local) AS local,
       any_value(p.number) AS number, any_value(p.label) AS label, any_value(p.seconds) AS seconds, any_value(p.listed) AS listed
FROM read_parquet([{files}]) p JOIN standing s ON s.run = p.run AND s.customer = p.customer
WHERE p.customer BETWEEN {low} AND {high}
  AND NOT EXISTS (SELECT 1 FROM taken_out t WHERE t.run = p.run AND t.customer = p.customer AND t.key = p.key)
GROUP BY p.customer, p.root, p.line
"""

NOTHING_BILLED = """
CREATE OR REPLACE TEMP TABLE b (customer BIGINT, root BIGINT, line BIGINT, amount BIGINT, family VARCHAR, line_number VARCHAR,
  user_name VARCHAR, local VARCHAR, number VARCHAR, label VARCHAR, seconds BIGINT, listed BOOLEAN)
"""

#: The calls that this run bills: new ones, re-rated ones by their difference, and those that are no longer due.
ROWS = """
CREATE OR REPLACE TEMP TABLE rows_of_run AS
SELECT c.customer, {run} AS run, c.root, c.line, c.batch, c.family, 'calls:{month}:' || c.family AS key,
       coalesce(l.number, c.ext) AS line_number, coalesce(l.user_name, '') AS user_name,
       strftime(timezone(c.zone, c.start), '%Y-%m-%dT%H:%M:%S') AS local,
       {masked} AS number, c.label, c.seconds, c.free,
       c.due_c + c.part_s - coalesce(b.amount, 0) AS amount, c.part_s,
       NOT coalesce(l.hidden, FALSE) AND NOT (c.part_c + c.part_s = 0 AND c.kind IN ({left_out})) AS listed,
       CASE WHEN b.root IS NOT NULL THEN 'changed' WHEN {is_late} THEN 'late' ELSE '' END AS note
FROM c
LEFT JOIN lines l ON l.line_id = c.line_id
LEFT JOIN whole_numbers n ON n.customer = c.customer AND (n.line_id = 0 OR n.line_id = c.line_id)
LEFT JOIN b ON b.customer = c.customer AND b.root = c.root AND b.line = c.line
WHERE b.root IS NULL OR b.amount <> c.due_c + c.part_s
UNION ALL
SELECT b.customer, {run}, b.root, b.line, 0, b.family, 'calls:{month}:' || b.family, b.line_number, b.user_name, b.local,
       b.number, b.label, b.seconds, 0, -b.amount, 0, b.listed, 'withdrawn'
FROM b WHERE b.amount <> 0 AND NOT EXISTS (
  SELECT 1 FROM c WHERE c.customer = b.customer AND c.root = b.root AND c.line = b.line)
"""

GROUPS = """
SELECT customer, line_number, any_value(user_name) AS user_name, family, count(*) AS calls, sum(seconds)::BIGINT AS seconds,
       sum(amount)::HUGEINT AS amount, sum(free)::BIGINT AS free
FROM rows_of_run WHERE note <> 'withdrawn' OR amount <> 0
GROUP BY customer, line_number, family ORDER BY customer, line_number, family
"""

#: The calls of customers who have few: they stand in the document itself.
FEW = """
SELECT * FROM (SELECT *, count(*) OVER (PARTITION BY customer) AS how_many FROM rows_of_run WHERE listed)
WHERE how_many <= {limit} ORDER BY customer, line_number, local, root, line
"""

WRITE = """
COPY (SELECT * FROM rows_of_run ORDER BY customer)
TO '{path}' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 60000)
"""

#: The calls of one invoice.
DETAIL = """
SELECT {columns} FROM read_parquet([{files}])
WHERE customer = $customer AND listed AND NOT list_contains($removed, key) ORDER BY line_number, local, root, line
"""

GROUPS_OF = """
SELECT line_number, any_value(user_name) AS user_name, family, count(*) AS calls, sum(seconds)::BIGINT AS seconds,
       sum(amount)::HUGEINT AS amount, sum(free)::BIGINT AS free
FROM read_parquet([{files}]) WHERE customer = $customer AND NOT list_contains($removed, key)
GROUP BY line_number, family ORDER BY line_number, family
"""


def masked(digits: int) -> str:
    """SQL of core/calls/masking.shown on paper: the last ``digits`` digits hidden, services readable, addresses cut."""
    if digits <= 0:
        return "c.number"
    public = "'emergency', 'short', 'directory', 'internal', 'service'"
    pattern = r"(\d)(\D*)" * digits
    kept = "".join(rf"*\{2 * rank}" for rank in range(1, digits + 1))
    if digits > 4:
        return rf"CASE WHEN n.customer IS NOT NULL OR c.kind IN ({public}) THEN c.number ELSE regexp_replace(c.number, '\d', '*', 'g') END"
    whole = r"regexp_replace(c.number, '\d', '*', 'g')"
    return (
        f"CASE WHEN n.customer IS NOT NULL OR c.kind IN ({public}) THEN c.number "
        "WHEN contains(c.number, '@') THEN '****' || substr(c.number, instr(c.number, '@')) "
        f"WHEN c.kind = 'helpline' THEN {whole} "
        # Nearly all numbers are digits alone: those need no pattern, which would take four times as long.
        "WHEN regexp_full_match(c.number, '[0-9]+') THEN left(c.number, greatest(length(c.number) - "
        f"{digits}, 0)) || repeat('*', least(length(c.number), {digits})) "
        rf"WHEN length(regexp_replace(c.number, '\D', '', 'g')) < {digits} THEN {whole} "
        rf"ELSE regexp_replace(c.number, '{pattern}$', '{kept}') END"
    )
