SELECT c.number AS customer_number, COALESCE(c.name, '(sans client)') AS customer, COUNT(*) AS calls, CAST(SUM(k.seconds) AS BIGINT) AS seconds,
       CAST(AVG(k.seconds) AS BIGINT) AS average, SUM(k.amount) AS amount
FROM calls k LEFT JOIN customers c ON c.id = k.customer_id
WHERE k.month = $month
  AND (CAST($customer AS BIGINT) IS NULL OR k.customer_id = $customer) AND (CAST($source AS BIGINT) IS NULL OR k.source_id = $source)
GROUP BY c.number, c.name
ORDER BY amount DESC NULLS LAST
