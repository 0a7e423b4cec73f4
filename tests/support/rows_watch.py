"""Rows of the watch for contract tests, and usual ones for its own tests."""

import datetime as dt
from decimal import Decimal
from typing import Any
from uuid import uuid4

from chappe.apps.watch.models import Alert, RiskyPrefix, Rule


def rule(owner: Any, mark: str, **fields: Any) -> Rule:
    usual = {"name": mark, "owner": owner, "counter": "calls", "warning": Decimal(1)}
    made = Rule(**(usual | fields))
    made.full_clean()
    made.save()
    return made


def prefix(owner: Any, mark: str) -> RiskyPrefix:
    return RiskyPrefix.objects.create(owner=owner, prefix=str(uuid4().int)[:12], label=mark)


def alert(owner: Any, mark: str, **fields: Any) -> Alert:
    usual = {
        "key": uuid4().hex, "subject": uuid4().hex, "rule": fields.pop("rule", None) or rule(owner, f"r-{mark}"), "owner": owner,
        "counter": "calls", "severity": "warning", "account": mark, "day": dt.date(2026, 10, 5), "unit": "calls", "value": 3, "threshold": 1,
        "calls": 3, "total": 1_500_000_000, "params": {"window": 1440},
    }  # fmt: skip
    return Alert.objects.create(**(usual | fields))


FACTORIES = {Rule: rule, RiskyPrefix: prefix, Alert: alert}
