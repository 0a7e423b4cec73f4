"""The tables of payments: mandates and collections, payments and what they pay, bank statements, reminders. Data only."""

from chappe.apps.payments.models.bank import BankLayout, BankStatement, Movement
from chappe.apps.payments.models.debits import Collection, Debit, Mandate, MandateVersion
from chappe.apps.payments.models.money import Allocation, Payment
from chappe.apps.payments.models.reminders import Reminder, ReminderLevel

__all__ = [
    "Allocation",
    "BankLayout",
    "BankStatement",
    "Collection",
    "Debit",
    "Mandate",
    "MandateVersion",
    "Movement",
    "Payment",
    "Reminder",
    "ReminderLevel",
]
