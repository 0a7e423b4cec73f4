"""Erlang B against published values, and counting of simultaneous calls."""

import pytest

from chappe.core.calls import erlang


@pytest.mark.parametrize(
    ("erlangs", "grade", "lines"),
    [(1.0, 0.01, 5), (4.461, 0.01, 10), (4.462, 0.01, 11), (12.0, 0.01, 20), (20.3, 0.01, 30), (5.0, 0.001, 14)],
)
def test_lines_of_the_published_tables(erlangs, grade, lines):
    assert erlang.lines_for(erlangs, grade) == lines


def test_blocking_by_hand():
    # A = 2, N = 2: (2²/2!) / (1 + 2 + 2²/2!) = 2 / 5
    assert erlang.blocking(2.0, 2) == pytest.approx(0.4)
    assert erlang.blocking(0.0, 0) == 0.0
    assert erlang.blocking(3.0, 0) == 1.0
    with pytest.raises(ValueError, match="negative"):
        erlang.blocking(-1, 2)


def test_capacity_is_the_inverse():
    assert erlang.capacity(10, 0.01) == pytest.approx(4.461, abs=0.001)
    assert erlang.lines_for(erlang.capacity(30, 0.02) - 0.002, 0.02) == 30


def test_no_traffic_needs_no_line_and_too_much_is_refused():
    assert erlang.lines_for(0, 0.01) == 0
    with pytest.raises(ValueError, match="2000"):
        erlang.lines_for(5000, 0.01)
    with pytest.raises(ValueError, match="between"):
        erlang.lines_for(5, 1)


def test_a_table_around_a_number_of_lines():
    rows = erlang.sizing(2.0, 2, span=1)
    assert [(row.lines, round(row.lost, 4)) for row in rows] == [(1, 0.6667), (2, 0.4), (3, 0.2105)]


def test_simultaneous_calls():
    assert erlang.peak([]) == 0
    assert erlang.peak([(0, 10), (10, 20)]) == 1
    assert erlang.peak([(0, 11), (10, 20), (10, 10)]) == 2
    assert erlang.traffic(7200) == 2.0
    assert erlang.busiest([1, 5, 5]) == 1
    assert erlang.busiest([]) == -1
