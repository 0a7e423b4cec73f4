SELECT a.customer, a.line, a.user_name, a.cost_centre, a.starts_on, a.ends_on
FROM assignments a
WHERE a.starts_on <= $today AND (a.ends_on IS NULL OR a.ends_on >= $today)
  AND (CAST($customer AS BIGINT) IS NULL OR a.customer_id = $customer)
ORDER BY a.customer, a.line
