"""Which files of tests go first: the long ones, so that no process is left alone with one at the end."""

from collections import Counter
from typing import Any

#: Seconds, roughly, of the files that take more than ten; a test of any other takes about a tenth of a second.
LONG = {
    "tests/contracts/test_screens.py": 225,
    "tests/browser/test_house.py": 195,
    "tests/kit/api/test_openapi.py": 130,
    "tests/connectors/einvoice/test_rules.py": 95,
    "tests/apps/usage/test_sums.py": 85,
    "tests/contracts/test_api.py": 65,
    "tests/kit/jobs/test_kill.py": 65,
    "tests/apps/reports/test_engine.py": 60,
    "tests/browser/test_map.py": 60,
    "tests/apps/reports/test_reports.py": 60,
    "tests/apps/exchange/test_kill.py": 45,
    "tests/browser/test_face.py": 40,
    "tests/cli/test_rate_command.py": 35,
    "tests/browser/test_invoicing.py": 35,
    "tests/connectors/einvoice/test_pdf.py": 30,
    "tests/apps/ipe/test_pages.py": 25,
    "tests/apps/parties/test_communes.py": 20,
    "tests/apps/billing/test_files.py": 17,
    "tests/apps/billing/test_difference.py": 17,
    "tests/browser/test_signing_in.py": 17,
    "tests/apps/network/test_made_up.py": 17,
    "tests/apps/invoicing/test_pages.py": 16,
    "tests/flows/test_kill.py": 16,
    "tests/apps/ipe/test_import.py": 15,
    "tests/apps/usage/test_retention.py": 15,
    "tests/apps/invoicing/test_flow.py": 13,
    "tests/apps/usage/test_totals.py": 11,
    "tests/connectors/pbx/test_faults.py": 11,
    "tests/flows/test_a_ticket.py": 11,
    "tests/apps/payments/test_advance.py": 11,
}


def long_first(items: list[Any]) -> None:
    """Files by the time they take; within a file the order stays as it was."""
    many = Counter(_file(item) for item in items)
    items.sort(key=lambda item: -LONG.get(_file(item), many[_file(item)] / 10))


def _file(item: Any) -> str:
    return str(item.nodeid).split("::", 1)[0]
