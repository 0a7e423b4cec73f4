-- Total HT par client et par mois : un mois incohérent avec les autres saute aux yeux.
WITH billed AS (
  SELECT customer_id, customer_number, customer, sign * net AS net,
         date_diff('month', date_trunc('month', COALESCE(month, issue_date)), $first_day) AS age
  FROM invoices WHERE state IN ('issued', 'draft')
)
SELECT customer_number, customer, SUM(net) AS total,
       SUM(net) FILTER (age = 11) AS m11,
       SUM(net) FILTER (age = 10) AS m10,
       SUM(net) FILTER (age = 9) AS m09,
       SUM(net) FILTER (age = 8) AS m08,
       SUM(net) FILTER (age = 7) AS m07,
       SUM(net) FILTER (age = 6) AS m06,
       SUM(net) FILTER (age = 5) AS m05,
       SUM(net) FILTER (age = 4) AS m04,
       SUM(net) FILTER (age = 3) AS m03,
       SUM(net) FILTER (age = 2) AS m02,
       SUM(net) FILTER (age = 1) AS m01,
       SUM(net) FILTER (age = 0) AS m00
FROM billed WHERE age BETWEEN 0 AND 11
GROUP BY customer_id, customer_number, customer
ORDER BY customer, customer_number
