"""Chappe: operations and billing for fibre, wholesale and virtual telecom operators."""

__version__ = "0.1.0"
