"""Customers, their lines and who holds which line when."""
