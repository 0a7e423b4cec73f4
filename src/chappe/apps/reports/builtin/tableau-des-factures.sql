-- Chaque client facturable, avec ou sans facture : un client sans coût de communication ou d'abonnement se voit.
WITH month_invoices AS (
  SELECT customer_id, string_agg(number, ', ' ORDER BY number) AS invoice, SUM(sign * subscriptions) AS subscriptions,
         SUM(sign * communications) AS communications, SUM(sign * others) AS others, SUM(sign * net) AS net,
         SUM(sign * tax) AS tax, SUM(sign * gross) AS gross, SUM(sign * calls) AS calls
  FROM invoices
  WHERE date_trunc('month', COALESCE(month, issue_date)) = $first_day AND state IN ('issued', 'draft')
  GROUP BY customer_id
)
SELECT c.number AS customer_number, c.name AS customer, m.invoice, m.subscriptions, m.communications, m.others, m.net, m.tax,
       m.gross, CAST(m.calls AS BIGINT) AS calls,
       CASE WHEN m.customer_id IS NULL THEN 'sans facture'
            WHEN m.communications = 0 AND m.subscriptions = 0 THEN 'ni communication ni abonnement'
            WHEN m.communications = 0 THEN 'sans communication'
            WHEN m.subscriptions = 0 THEN 'sans abonnement' END AS remark
FROM customers c LEFT JOIN month_invoices m ON m.customer_id = c.id
WHERE (c.billable AND c.active) OR m.customer_id IS NOT NULL
ORDER BY c.name, c.number
