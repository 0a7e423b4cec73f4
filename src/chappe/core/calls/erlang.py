"""How many lines a trunk needs: traffic, loss of Erlang B, busy hour. Probabilities are floats; no money here."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

MOST_LINES = 2_000
GRADES = (0.001, 0.01, 0.02, 0.05)  # shares of calls that may find every line taken


def traffic(seconds: int, over: int = 3600) -> float:
    """Erlangs: seconds of occupation in a span of ``over`` seconds."""
    return seconds / over


def blocking(erlangs: float, lines: int) -> float:
    """Erlang B: the share of calls that find all ``lines`` taken. 0 lines refuse everything, no traffic loses nothing.

    Raises ValueError for what is negative.
    """
    if erlangs < 0 or lines < 0:
        raise ValueError("traffic and lines cannot be negative")
    if erlangs == 0:
        return 0.0
    share = 1.0
    for line in range(1, lines + 1):
        share = erlangs * share / (line + erlangs * share)
    return share


def lines_for(erlangs: float, grade: float) -> int:
    """The fewest lines that lose at most ``grade`` of the calls. Raises ValueError beyond MOST_LINES."""
    if not 0 < grade < 1:
        raise ValueError("a grade of service is between 0 and 1")
    if erlangs <= 0:
        return 0
    share = 1.0
    for line in range(1, MOST_LINES + 1):
        share = erlangs * share / (line + erlangs * share)
        if share <= grade:
            return line
    raise ValueError(f"more than {MOST_LINES} lines")


def capacity(lines: int, grade: float) -> float:
    """The most erlangs that ``lines`` carry with at most ``grade`` lost, to a thousandth."""
    low, high = 0.0, float(lines) * 2 + 1
    while high - low > 0.0005:
        middle = (low + high) / 2
        if blocking(middle, lines) <= grade:
            low = middle
        else:
            high = middle
    return round(low, 3)


@dataclass(frozen=True, slots=True)
class Sizing:
    """One line of a table: with ``lines``, ``lost`` of the calls find none."""

    lines: int
    lost: float


def sizing(erlangs: float, around: int, span: int = 5) -> list[Sizing]:
    """The loss for each number of lines around one."""
    first = max(1, around - span)
    return [Sizing(lines, blocking(erlangs, lines)) for lines in range(first, around + span + 1)]


def busiest(values: Sequence[int]) -> int:
    """Index of the largest value, the first of equals; -1 for none."""
    return max(range(len(values)), key=lambda i: (values[i], -i)) if values else -1


def peak(spans: Iterable[tuple[int, int]]) -> int:
    """Most spans [begin, end) that hold at once. One that begins when another ends does not meet it."""
    events: list[tuple[int, int]] = []
    for begin, end in spans:
        if end > begin:
            events += [(begin, 1), (end, -1)]
    events.sort()  # an end comes before a beginning of the same moment
    now = most = 0
    for _moment, step in events:
        now += step
        most = max(most, now)
    return most
