SELECT c.number AS customer_number, COALESCE(c.name, '(sans client)') AS customer, COUNT(*) AS calls,
       SUM(k.amount) AS amount, SUM(k.cost) AS cost, SUM(k.amount) - COALESCE(SUM(k.cost), 0) AS margin,
       CASE WHEN SUM(k.amount) <> 0 THEN (SUM(k.amount) - COALESCE(SUM(k.cost), 0)) / SUM(k.amount) END AS rate
FROM calls k LEFT JOIN customers c ON c.id = k.customer_id
WHERE k.month = $month AND k.status = 'RATED'
GROUP BY ALL ORDER BY margin, customer
