"""Delimiting records, byte by byte and all at once, and what each protocol answers."""

import pytest

from chappe.connectors.pbx.frames import Flag
from chappe.connectors.pbx.framing import FRAMINGS, FramingError, Lines, Oxe, SignIn
from chappe.connectors.pbx.source import SourceSpec, plain_address

TICKET = b"\1\0\2\0ED5.2" + b"0612345678".ljust(763)


def framed(*messages: bytes) -> bytes:
    return b"".join(len(m).to_bytes(2, "big") + m for m in messages)


def fed(framer, data: bytes, size: int) -> tuple[list, bytes]:
    """All pieces and all replies when the bytes come ``size`` at a time."""
    pieces, sent = [], framer.replies
    framer.replies = b""
    for at in range(0, len(data), size):
        pieces += framer.feed(data[at : at + size])
        sent += framer.replies
        framer.replies = b""
    return pieces + framer.finish(), sent


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_lines_are_the_same_in_any_pieces(size):
    pieces, sent = fed(Lines(100), b"a\r\nb\n\r\n\0\0c\r\n" + b"z" * 101 + b"\nhalf", size)
    assert [(p.data, p.flags) for p in pieces] == [
        (b"a", 0), (b"b", 0), (b"\0\0c", 0), (b"z" * 100, Flag.LONG), (b"z", 0), (b"half", Flag.HALF),
    ]  # fmt: skip
    assert sent == b""


def test_lines_that_end_with_a_carriage_return_alone():
    framer = FRAMINGS["cr-lines"].make(SourceSpec("oxo"))
    assert [p.data for p in framer.feed(b"one\rtwo\rth")] == [b"one", b"two"]
    assert framer.finish() == [(b"th", Flag.HALF)]


@pytest.mark.parametrize("size", [1, 2, 5, 4000])
def test_oxe_greets_answers_tests_and_gives_tickets(size):
    data = framed(b"P", b"TEST_REQ", TICKET, b"\1\0\1\0" + b"\0" * 768, b"", b"TEST_REQ", b"\1\0\7\0voip")
    pieces, sent = fed(Oxe(), data + framed(TICKET)[:300], size)
    assert sent == b"\0\1S" + b"\0\2\0\0" + b"\0\x08TEST_RSP" * 2
    assert [(p.data, p.flags) for p in pieces] == [(TICKET, 0), (b"\1\0\7\0voip", 0), (TICKET[:298], Flag.HALF)]
    assert len(TICKET) == 772


@pytest.mark.parametrize(
    ("data", "code"),
    [(framed(b"S"), "oxe-not-main"), (b"HTTP/1.1 200 OK", "not-oxe"), (framed(b"PP"), "not-oxe")],
)
def test_what_does_not_speak_as_an_oxe_is_left(data, code):
    with pytest.raises(FramingError) as caught:
        fed(Oxe(), data, 1000)
    assert caught.value.code == code


RECORD = b"02/14/26 10:15AM  101   01 0612345678                   00:01'23"


@pytest.mark.parametrize("size", [1, 4, 1000])
def test_panasonic_signs_in_and_skips_the_echo(size):
    framer = SignIn("", "", Lines(200))
    assert framer.replies == b""
    talk = b"\xff\xfb\x01\xff\xfd\x03\r\n- "
    assert fed_open(framer, talk, size) == ([], b"SMDR\r\n")
    assert fed_open(framer, b"SMDR\r\nEnter Password: ", size) == ([], b"PCCSMDR\r\n")
    pieces, sent = fed_open(framer, b"*******\r\n\r\n" + RECORD + b"\r\n" + RECORD[:9], size)
    assert (pieces, sent) == ([(RECORD, 0)], b"")
    assert framer.finish() == [(RECORD[:9], Flag.HALF)]


def fed_open(framer, data: bytes, size: int):
    pieces, sent = [], b""
    for at in range(0, len(data), size):
        pieces += framer.feed(data[at : at + size])
        sent += framer.replies
        framer.replies = b""
    return pieces, sent


@pytest.mark.parametrize("answer", [b"\r\nPassword incorrect\r\n", b"\r\nEnter Password: ", b"\r\nAccess denied\r\n"])
def test_panasonic_refuses_the_password(answer):
    framer = SignIn("SMDR", "secret", Lines(200))
    fed_open(framer, b"-", 1)
    fed_open(framer, b"Enter Password:", 99)
    with pytest.raises(FramingError) as caught:
        framer.feed(answer)
    assert caught.value.code == "login-refused"


def test_panasonic_without_a_first_prompt_is_spoken_to():
    framer = SignIn("me", "pw", Lines(200))
    assert framer.idle() == b"me\r\n"
    assert fed_open(framer, b"Password:", 99) == ([], b"pw\r\n")
    assert fed_open(framer, RECORD + b"\n", 99)[0] == [(RECORD, 0)]


def test_a_flood_before_the_prompt_is_no_panasonic():
    framer = SignIn("", "", Lines(50))
    framer.feed(b"-")
    with pytest.raises(FramingError) as caught:
        framer.feed(b"x" * 60)
    assert caught.value.code == "no-prompt"


@pytest.mark.parametrize(
    ("allowed", "peer", "may"),
    [
        ((), "203.0.113.9", True),
        (("192.0.2.0/24",), "192.0.2.200", True),
        (("192.0.2.0/24",), "192.0.3.1", False),
        (("192.0.2.7",), "::ffff:192.0.2.7", True),
        (("2001:db8::/32",), "2001:db8::1", True),
        (("fe80::/10",), "fe80::1%eth0", True),
        (("192.0.2.7",), "?", False),
    ],
)
def test_who_may_connect(allowed, peer, may):
    assert SourceSpec("x", allowed_peers=allowed).allows(peer) is may


def test_a_password_is_not_printed():
    assert "secret" not in repr(SourceSpec("x", password="secret"))
    assert str(plain_address("::ffff:10.0.0.1")) == "10.0.0.1"
