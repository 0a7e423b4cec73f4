"""SEPA files: direct debits written (pain.008), bank statements and rejections read (camt.05x, pain.002). No database."""
