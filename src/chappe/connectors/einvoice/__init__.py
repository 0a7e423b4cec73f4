"""The outside world of an invoice: typst that draws it, PDF/A-3 that carries it, Saxon that judges it, a platform that takes it.

Imports core alone. Bytes in, bytes out; nothing here knows a model or a setting.
"""
