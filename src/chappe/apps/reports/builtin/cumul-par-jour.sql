SELECT k.day, COUNT(*) AS calls, CAST(SUM(k.seconds) AS BIGINT) AS seconds,
       CAST(AVG(k.seconds) AS BIGINT) AS average, SUM(k.amount) AS amount
FROM calls k 
WHERE k.month = $month
  AND (CAST($customer AS BIGINT) IS NULL OR k.customer_id = $customer) AND (CAST($source AS BIGINT) IS NULL OR k.source_id = $source)
GROUP BY k.day
ORDER BY k.day
