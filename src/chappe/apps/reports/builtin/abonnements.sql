SELECT p.customer, p.line, p.product, COALESCE(NULLIF(p.label, ''), p.name) AS label, p.quantity, p.starts_on, p.ends_on
FROM purchases p
WHERE p.starts_on <= $last_day AND (p.ends_on IS NULL OR p.ends_on >= $first_day)
  AND (CAST($customer AS BIGINT) IS NULL OR p.customer_id = $customer)
ORDER BY p.customer, p.line NULLS FIRST, p.product
