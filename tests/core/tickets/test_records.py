"""Files cut into records: nothing lost, offsets right, whatever the size of the pieces they come in."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chappe.core.tickets.contract import Profile
from chappe.core.tickets.decoders.oxe import FRAME
from chappe.core.tickets.records import MOST_LINES_QUOTED, split
from chappe.core.tickets.registry import builtin_profiles


def pieces(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


def cut(slug: str, data: bytes, size: int = 1 << 20) -> list[tuple[int, bytes]]:
    return list(split(builtin_profiles()[slug], pieces(data, size)))


SIZES = [1, 2, 3, 7, 1000]


@pytest.mark.parametrize("size", SIZES)
def test_lines(size):
    data = b"one\r\ntwo\n\r\n\nthree"
    assert cut("avaya-ip-office", data, size) == [(0, b"one"), (5, b"two"), (12, b"three")]


@pytest.mark.parametrize("size", SIZES)
def test_a_quoted_field_may_hold_line_ends(size):
    data = b'"a","b\nc"\n"d","e"\n'
    assert cut("asterisk", data, size) == [(0, b'"a","b\nc"'), (10, b'"d","e"')]


def test_a_stray_quote_costs_one_line():
    lines = [b'"stray,1', *[f'"line",{number}'.encode() for number in range(30)]]
    found = cut("asterisk", b"\n".join(lines) + b"\n")
    assert found[0] == (0, b'"stray,1')
    assert [line for _, line in found] == lines
    assert len(lines) > MOST_LINES_QUOTED


@pytest.mark.parametrize("size", SIZES)
def test_json_objects_one_a_line_or_not(size):
    data = b' {"a": "}\\"{", "b": [1]}\n\n[2, {"c": 3}] {"d":\n4}'
    assert cut("freeswitch-document", data, size) == [
        (1, b'{"a": "}\\"{", "b": [1]}'),
        (26, b'[2, {"c": 3}]'),
        (40, b'{"d":\n4}'),
    ]


@pytest.mark.parametrize("size", SIZES)
def test_text_among_json_is_a_record_of_its_own_and_half_a_document_too(size):
    assert cut("freeswitch-document", b'{"a": 1} oops {"b": 2', size) == [
        (0, b'{"a": 1}'),
        (9, b"oops"),
        (14, b'{"b": 2'),
    ]


@pytest.mark.parametrize("size", SIZES)
def test_xml_calls(size):
    data = b'<?xml version="1.0"?>\n<cdr>1</cdr>\n<cdr>2</cdr>\n<cdr>3'
    assert cut("freeswitch-document", data, size) == [
        (0, b'<?xml version="1.0"?>\n<cdr>1</cdr>'),
        (35, b"<cdr>2</cdr>"),
        (48, b"<cdr>3"),
    ]


@pytest.mark.parametrize("size", SIZES)
def test_teams_as_csv_or_json(size):
    assert cut("teams", b"a,b\n1,2\n", size) == [(0, b"a,b"), (4, b"1,2")]
    assert cut("teams", b'{"value": []}', size) == [(0, b'{"value": []}')]


@pytest.mark.parametrize("size", [1, 700, 5000])
def test_oxe_frames_or_lines(size):
    frames = [(b"\x01\x00\x02\x00" + bytes([65 + number])).ljust(FRAME, b"\0") for number in range(3)]
    assert cut("alcatel-oxe", b"".join(frames), size) == [
        (FRAME * number, frame) for number, frame in enumerate(frames)
    ]
    assert cut("alcatel-oxe", b"".join(frames)[:-1], size)[-1] == (FRAME * 2, frames[2][:-1])
    assert cut("alcatel-oxe", b"ED5.2 a\nED5.2 b\n", size) == [(0, b"ED5.2 a"), (8, b"ED5.2 b")]


def test_the_profile_may_say_the_framing():
    profile = Profile("x", "x", "mapped", options={"fields": {"start": "#1"}}, transport={"framing": "lines"})
    assert list(split(profile, [b'"a\nb"\n'])) == [(0, b'"a'), (3, b'b"')]


def test_nothing_is_nothing():
    for slug in builtin_profiles():
        assert cut(slug, b"") == []
        assert cut(slug, b"\r\n \n") == []


@given(
    st.sampled_from(sorted(builtin_profiles())),
    st.lists(st.sampled_from([b'"', b"\n", b"{", b"}", b"[", b"\\", b"<cdr>", b"</cdr>", b"a", b" ", b"\x01\x00\x02\x00"]), max_size=40),
    st.integers(1, 9),
)  # fmt: skip
def test_records_are_the_file_less_the_spaces_between(slug, words, size):
    data = b"".join(words)
    found = cut(slug, data, size)
    assert found == cut(slug, data)  # the size of the pieces changes nothing
    assert all(data[offset : offset + len(record)] == record for offset, record in found)
    ends = [0, *(offset + len(record) for offset, record in found)]
    starts = [*(offset for offset, _ in found), len(data)]
    between = b"".join(data[end:start] for end, start in zip(ends, starts, strict=True))
    assert between.strip(b"\r\n ,\xef\xbb\xbf") == b""
    assert all(first < second for first, second in itertools.pairwise(starts[:-1]))
