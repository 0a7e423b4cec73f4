"""Helpers of the collection's tests: a source, tickets put into a real spool, the jobs that take them in."""

import asyncio
import datetime as dt
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from django.utils import translation

from chappe.apps.collect import intake, pipeline, queries
from chappe.apps.collect.models import Chunk, Source
from chappe.apps.usage import lake
from chappe.connectors.pbx.spool import Arrival, Flag, Spool
from chappe.kit.access.actor import Actor
from tests.support.rows_collect import source as make_source

SYSTEM = Actor.system("test")
NOON = dt.datetime(2024, 3, 11, 12, 0, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def _english(settings, tmp_path):
    settings.LANGUAGE_CODE = "en"
    settings.DATA = tmp_path
    with translation.override("en"):
        yield


@pytest.fixture
def source(db) -> Source:
    return make_source(None, "siege", name="Siège", outside_prefix="0")


def ticket(
    start: str = "2024/03/11 09:14:02", *, talk: str = "00:02:31", ext: str = "201", number: str = "00612345678", call: str = "1004512",
    more: int = 0, name: str = "Alice Martin", way: str = "O",
) -> bytes:  # fmt: skip
    """A line of Avaya IP Office, outgoing unless told otherwise."""
    return (
        f"{start},{talk},4,{ext if way == 'O' else number},{way},{number if way == 'O' else ext},{number if way == 'O' else ext}"
        f",,0,{call},{more},E{ext},{name},T9001,Line 1.1,0,0"
    ).encode()  # fmt: skip


def put(source: Source, *lines: bytes, at: dt.datetime = NOON, connection: int = 7, flags: int = 0) -> None:
    """Lines in the spool of a source, all received at ``at``, in a file that is closed."""

    async def write() -> None:
        spool = Spool(queries.spool().folder)
        moment = int(at.timestamp() * 1_000_000)
        arrivals = [Arrival(moment + n, connection, line, flags) for n, line in enumerate(lines)]
        await spool.append(source.slug, arrivals)
        await spool.close()

    asyncio.run(write())


def half(source: Source, line: bytes, **kwargs) -> None:
    put(source, line, flags=int(Flag.HALF), **kwargs)


def take(source: Source) -> list[Chunk]:
    """What the job of every minute does for one source, then the reading of every batch that waits."""
    intake.take_spool(source)
    return read(source)


def read(source: Source) -> list[Chunk]:
    rows = Chunk.objects.filter(source=source, state__in=["waiting", "reading", "failed"]).order_by("pk")
    return [pipeline.process(actor=SYSTEM, chunk=chunk) for chunk in list(rows)]


def calls(columns: str = "*", where: str = "TRUE") -> list[dict]:
    rows = lake.query(f"SELECT {columns} FROM calls WHERE {where} ORDER BY start, call_id").to_pylist()
    return [
        {name: value.astimezone(dt.UTC) if isinstance(value, dt.datetime) else value for name, value in row.items()}
        for row in rows
    ]


def equation(chunk: Chunk) -> tuple[int, int, int, int, int]:
    return chunk.records, chunk.decoded, chunk.refused, chunk.skipped, chunk.duplicates


@pytest.fixture
def files(tmp_path) -> Callable[[str, Sequence[bytes]], Path]:
    def made(name: str, lines: Sequence[bytes]) -> Path:
        path = tmp_path / name
        path.write_bytes(b"\n".join(lines) + b"\n")
        return path

    return made
