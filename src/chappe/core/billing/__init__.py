"""Billing arithmetic: periods, pro-rata, charge models, VAT, the document that is issued. No I/O, no Django."""
