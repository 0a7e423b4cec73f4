-- Les factures et avoirs du mois, dans l'ordre de leurs numéros, les brouillons à la fin. Un avoir compte en moins.
SELECT COALESCE(NULLIF(i.number, ''), 'brouillon') AS invoice, i.issue_date, i.due_date, i.customer_number, i.customer,
       i.sign * i.net AS net, i.sign * i.tax AS tax, i.sign * i.gross AS gross,
       CASE c.delivery WHEN 'mail' THEN 'par courriel' WHEN 'hand' THEN 'à la main' WHEN 'portal' THEN 'par la plateforme' END AS delivery
FROM invoices i LEFT JOIN customers c ON c.id = i.customer_id
WHERE i.state IN ('issued', 'draft') AND date_trunc('month', COALESCE(i.month, i.issue_date)) = $first_day
  AND (CAST($customer AS BIGINT) IS NULL OR i.customer_id = $customer)
ORDER BY NULLIF(i.number, '') NULLS LAST, i.customer_number
