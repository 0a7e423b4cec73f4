SELECT k.status, k.reason, k.kind, k.destination, COUNT(*) AS calls, CAST(SUM(k.seconds) AS BIGINT) AS seconds
FROM calls k WHERE k.month = $month AND k.status <> 'RATED'
  AND (CAST($customer AS BIGINT) IS NULL OR k.customer_id = $customer) AND (CAST($source AS BIGINT) IS NULL OR k.source_id = $source)
GROUP BY ALL ORDER BY calls DESC, k.reason
