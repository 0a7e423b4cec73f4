SELECT k.ext, ANY_VALUE(k.user_name) AS user_name, COUNT(*) AS calls, COUNT(*) FILTER (k.answered) AS answered,
       COUNT(*) FILTER (NOT k.answered) AS lost, CAST(AVG(k.ring) AS BIGINT) AS ring
FROM calls k WHERE k.month = $month AND k.way = 'in'
  AND (CAST($customer AS BIGINT) IS NULL OR k.customer_id = $customer) AND (CAST($source AS BIGINT) IS NULL OR k.source_id = $source)
GROUP BY k.ext ORDER BY lost DESC, k.ext
