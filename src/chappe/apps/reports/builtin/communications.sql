SELECT k.start, k.ext, k.user_name, k.way, k.caller, k.number, k.destination, k.seconds, k.amount, k.status
FROM calls k WHERE k.month = $month
  AND (CAST($customer AS BIGINT) IS NULL OR k.customer_id = $customer) AND (CAST($source AS BIGINT) IS NULL OR k.source_id = $source)
ORDER BY k.start
