SELECT COALESCE(x.customer, '(sans client)') AS customer, COALESCE(x.code, '(sans centre)') AS cost_centre, COUNT(*) AS calls, CAST(SUM(k.seconds) AS BIGINT) AS seconds,
       CAST(AVG(k.seconds) AS BIGINT) AS average, SUM(k.amount) AS amount
FROM calls k LEFT JOIN cost_centres x ON x.id = k.cost_centre_id
WHERE k.month = $month
  AND (CAST($customer AS BIGINT) IS NULL OR k.customer_id = $customer) AND (CAST($source AS BIGINT) IS NULL OR k.source_id = $source)
GROUP BY x.customer, x.code
ORDER BY amount DESC NULLS LAST
