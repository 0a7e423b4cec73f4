"""What is due, what was billed, and the invoices that say so."""
