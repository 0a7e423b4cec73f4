SELECT s.name AS source, k.ext, ANY_VALUE(k.user_name) AS user_name, COUNT(*) AS calls,
       CAST(SUM(k.seconds) AS BIGINT) AS seconds, SUM(k.amount) AS amount
FROM calls k LEFT JOIN sources s ON s.id = k.source_id
WHERE k.month = $month AND k.customer_id IS NULL
GROUP BY s.name, k.ext ORDER BY amount DESC NULLS LAST, calls DESC
