"""Fraud and cost watch: rules, alerts, nothing automatic."""
