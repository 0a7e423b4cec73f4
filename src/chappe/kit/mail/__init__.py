"""Outgoing mail: an outbox with retries, and what bounced."""
