SELECT number AS customer_number, name AS customer, city, remarks
FROM customers WHERE active AND billable AND remarks > 0
ORDER BY remarks DESC, name
