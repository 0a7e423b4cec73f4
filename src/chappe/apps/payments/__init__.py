"""Money that comes in: mandates, collections, payments, reminders."""
