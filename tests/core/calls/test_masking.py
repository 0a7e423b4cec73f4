"""Digits hidden at the end, by place; services stay readable, helplines do not."""

import pytest

from chappe.core.calls.masking import Policy, mask, shown


@pytest.mark.parametrize(
    ("number", "digits", "expected"),
    [
        ("33612345678", 4, "3361234****"),
        ("06 12 34 56 78", 4, "06 12 34 ** **"),
        ("33612345678", 0, "33612345678"),
        ("123", 4, "***"),
        ("", 4, ""),
        ("0612345678@203.0.113.9", 4, "****@203.0.113.9"),
    ],
)
def test_mask(number, digits, expected):
    assert mask(number, digits) == expected


def test_kinds():
    assert shown("15", "emergency", 4) == "15"
    assert shown("3949", "short", 4) == "3949"
    assert shown("3919", "helpline", 2) == "****"
    assert shown("3919", "helpline", 0) == "3919"
    assert shown("33899123456", "sva", 4) == "3389912****"


def test_each_place_has_its_own_rule():
    policy = Policy(screen=2, printed=4, stored=6, consents=frozenset({7}), no_detail=frozenset({8}))
    number = "33612345678"
    assert policy.on_screen(number) == "336123456**"
    assert policy.on_paper(number) == "3361234****"
    assert policy.on_paper(number, line=7) == number
    assert policy.in_store(number) == "33612******"
    assert policy.has_detail(7)
    assert not policy.has_detail(8)


def test_what_a_bill_lists():
    policy = Policy()
    assert policy.lists("national", 0)
    assert not policy.lists("emergency", 0)
    assert not policy.lists("free", None)
    assert policy.lists("free", 10)
