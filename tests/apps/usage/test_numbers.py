"""A number is found as it is dialled, in the search box and in the filter of its column."""

import pytest

from chappe.apps.usage import numbers


@pytest.mark.parametrize(
    ("typed", "forms"),
    [
        ("06 12 34", ["061234", "33612" + "34"]), ("06.12", ["0612", "33612"]), ("+33 6", ["336"]), ("0033612", ["0033612", "33612"]),
        ("3991", ["3991"]), ("sip:ana", ["sip:ana"]), ("0", ["0"]),
    ],
)  # fmt: skip
def test_forms_of_a_number(typed, forms):
    assert numbers.forms(typed) == forms
