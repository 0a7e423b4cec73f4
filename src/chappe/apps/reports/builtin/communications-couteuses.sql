SELECT k.start, c.name AS customer, k.ext, k.user_name, k.number, k.destination, k.seconds, k.amount
FROM calls k LEFT JOIN customers c ON c.id = k.customer_id
WHERE k.month = $month AND k.amount > 0
  AND (CAST($customer AS BIGINT) IS NULL OR k.customer_id = $customer) AND (CAST($source AS BIGINT) IS NULL OR k.source_id = $source)
ORDER BY k.amount DESC, k.start LIMIT 100
