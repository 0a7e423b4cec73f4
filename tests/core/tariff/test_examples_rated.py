"""The calls beside each example plan cost what its README says: reading and rating agree."""

import csv
from pathlib import Path

import pytest

from chappe.core.tariff.door import read_folder
from chappe.core.usage.file import rate_file

EXAMPLES = Path(__file__).parents[3] / "examples" / "tariffs"
TOTALS = {
    "seed-2012": {"germany": "18", "o2": "9", "saturday": "no-rate-now", "too-early": "plan-missing"},
    "end-2012": {
        "day": "2.6", "to-evening": "1.4", "to-weekend": "1.3", "to-monday": "1", "new-year": "2.5",
        "fallback": "1.2", "mobile": "0.7", "nowhere": "no-destination",
    },
    "v0.9.1": {
        "slots": "0.262", "slots-2-decimals": "0.27", "one-step": "0.16", "to-off-peak": "0.175", "to-peak": "0.065",
        "xmas": "0.1", "capped": "0.5", "fallback": "0.0078",
    },
    "price-list": {
        "fixed-peak": "0.11", "fixed-evening": "0.08", "fixed-saturday": "0.08", "mobile-peak": "0.14",
        "germany-20s": "0.14", "german-mobile-90s": "0.28", "premium-per-call": "3.12", "premium-per-minute": "1.236",
        "emergency": "0", "free": "0", "first-seconds-free": "0.024", "satellite": "7", "reunion-mobile": "0.075",
    },
}  # fmt: skip


@pytest.mark.parametrize("name", TOTALS)
def test_the_calls_of_an_example_cost_what_it_says(name, tmp_path):
    rate_file(read_folder(EXAMPLES / name).tariff, EXAMPLES / name / "calls.csv", tmp_path / "out.csv")
    with (tmp_path / "out.csv").open(encoding="utf-8") as file:
        assert {row["id"]: row["total"] or row["reason"] for row in csv.DictReader(file)} == TOTALS[name]
