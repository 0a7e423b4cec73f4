"""Tariff plans: read in any format, checked, compared, searched, written back. Prices nothing (see rating)."""
