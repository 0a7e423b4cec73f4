"""Interop’Fibre files: layouts as data, a tolerant reader, row checks, a writer, comparison. No I/O, no Django."""
