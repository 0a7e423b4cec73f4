"""The spool keeps what it acknowledged through anything, and never gives out what is not a record."""

import asyncio
import os
import resource
import signal
import subprocess
import sys
import textwrap
import threading
import time

import pytest

from chappe.connectors.pbx.frames import FRAME, HEAD, Flag
from chappe.connectors.pbx.spool import Arrival, Spool, SpoolFile, SpoolFull, SpoolLocked, now, record_key


def arrivals(*lines: bytes, connection: int = 7, received: int = 1_772_000_000_123_456) -> list[Arrival]:
    return [Arrival(received, connection, line) for line in lines]


def keep(folder, *batches, source="ipo") -> list[int]:
    async def main():
        spool = Spool(folder)
        numbers = [await spool.append(source, batch) for batch in batches]
        await spool.close()
        return numbers

    return asyncio.run(main())


def kept(folder, source="ipo") -> list[tuple[int, bytes]]:
    return [(raw.number, raw.data) for file in Spool(folder).files(source) for raw in file.read()]


def test_what_is_kept_is_read_back_whole(tmp_path):
    numbers = keep(tmp_path, arrivals(b"one", b""), [Arrival(1, 9, b"\0\xff\r", Flag.HALF)])
    assert numbers == [1, 3]
    (file,) = Spool(tmp_path).closed("ipo")
    first, empty, half = file.read()
    assert (first.number, first.data, first.connection, first.flags) == (1, b"one", 7, Flag.NONE)
    assert first.received.isoformat() == "2026-02-25T06:13:20.123456+00:00"
    assert (empty.number, empty.data) == (2, b"")
    assert (half.number, half.data, half.connection, half.half) == (3, b"\0\xff\r", 9, True)
    assert (file.source, file.first, file.closed, file.damage) == ("ipo", 1, True, [])
    assert len(file.sha256()) == 64
    assert file.size == len(HEAD) + 3 * FRAME.size + 6


def test_numbers_grow_for_ever_even_when_every_file_was_removed(tmp_path):
    keep(tmp_path, arrivals(b"a", b"b"))
    keep(tmp_path, arrivals(b"c"))
    files = Spool(tmp_path).closed("ipo")
    assert [file.first for file in files] == [1, 3]
    for file in files:
        file.remove()
        file.remove()
    assert kept(tmp_path) == []
    assert keep(tmp_path, arrivals(b"d")) == [4]


def test_a_torn_tail_is_cut_at_recovery_and_only_there(tmp_path):
    keep(tmp_path, arrivals(b"first", b"second"))
    (file,) = Spool(tmp_path).closed("ipo")
    torn = file.path.rename(file.path.with_suffix(".open"))
    whole = torn.stat().st_size
    with torn.open("ab") as out:
        out.write(torn.read_bytes()[len(HEAD) : len(HEAD) + 20])
    assert kept(tmp_path) == [(1, b"first"), (2, b"second")]
    assert torn.stat().st_size == whole + 20  # reading changes nothing
    assert keep(tmp_path, arrivals(b"third")) == [3]
    assert kept(tmp_path) == [(1, b"first"), (2, b"second"), (3, b"third")]
    assert Spool(tmp_path).closed("ipo")[0].size == whole


@pytest.mark.parametrize("at", range(len(HEAD), len(HEAD) + FRAME.size + 3))
def test_a_spoilt_byte_costs_its_record_alone(tmp_path, at):
    keep(tmp_path, arrivals(b"one", b"two", b"three"))
    (file,) = Spool(tmp_path).closed("ipo")
    data = bytearray(file.path.read_bytes())
    data[at] ^= 0x55
    file.path.write_bytes(data)
    assert kept(tmp_path) == [(2, b"two"), (3, b"three")]
    list(file.read())
    assert [(d.offset, d.length) for d in file.damage] == [(len(HEAD), FRAME.size + 3)]


def test_a_spoilt_header_costs_no_record_even_at_recovery(tmp_path):
    keep(tmp_path, arrivals(b"one"))
    (file,) = Spool(tmp_path).closed("ipo")
    path = file.path.rename(file.path.with_suffix(".open"))
    path.write_bytes(b"x" + path.read_bytes()[1:])
    assert keep(tmp_path, arrivals(b"two")) == [2]
    assert kept(tmp_path) == [(1, b"one"), (2, b"two")]


def test_damage_in_the_middle_is_not_taken_for_a_torn_tail(tmp_path):
    keep(tmp_path, arrivals(b"one", b"two"))
    (file,) = Spool(tmp_path).closed("ipo")
    path = file.path.rename(file.path.with_suffix(".open"))
    data = bytearray(path.read_bytes())
    data[len(HEAD) + 4] = 200  # the length of the first record: longer than the file
    path.write_bytes(data)
    assert keep(tmp_path, arrivals(b"three")) == [3]
    assert kept(tmp_path) == [(2, b"two"), (3, b"three")]


def test_rotation_by_count_and_by_age(tmp_path):
    async def main():
        spool = Spool(tmp_path)
        await spool.append("ipo", arrivals(b"a"))
        assert await spool.rotate("ipo", max_age_s=60, max_records=2) is None
        assert spool.closed("ipo") == []
        await spool.append("ipo", arrivals(b"b"))
        by_count = await spool.rotate("ipo", max_age_s=60, max_records=2)
        assert [raw.data for raw in by_count.read()] == [b"a", b"b"]
        assert await spool.rotate("ipo", max_age_s=0, max_records=99) is None  # nothing is open
        await spool.append("ipo", arrivals(b"c"))
        by_age = await spool.rotate("ipo", max_age_s=0, max_records=99)
        assert [raw.number for raw in by_age.read()] == [3]
        assert spool.closed("ipo") == [by_count, by_age]
        assert await spool.rotate("unknown", 0, 1) is None
        await spool.close()

    asyncio.run(main())


def test_one_process_writes(tmp_path):
    async def main():
        spool = Spool(tmp_path)
        spool.start()
        with pytest.raises(SpoolLocked):
            Spool(tmp_path).start()
        await spool.close()
        again = Spool(tmp_path)
        again.start()
        await again.close()

    asyncio.run(main())


@pytest.mark.parametrize("source", ["", "..", "a/b", "A", ".hidden", "x" * 65])
def test_a_source_cannot_leave_the_folder(tmp_path, source):
    with pytest.raises(ValueError, match="not the name of a source"):
        asyncio.run(Spool(tmp_path).append(source, arrivals(b"a")))
    assert list(tmp_path.iterdir()) == []


def test_calls_that_come_together_are_synced_together(tmp_path, monkeypatch):
    syncs = []
    real = os.fdatasync
    monkeypatch.setattr(os, "fdatasync", lambda handle: (syncs.append(handle), time.sleep(0.02), real(handle)))

    async def main():
        spool = Spool(tmp_path)
        numbers = await asyncio.gather(*(spool.append("ipo", arrivals(b"%d" % n)) for n in range(200)))
        await spool.close()
        return numbers

    assert asyncio.run(main()) == list(range(1, 201))
    assert len(syncs) <= 3
    assert [data for _number, data in kept(tmp_path)] == [b"%d" % n for n in range(200)]


def test_a_caller_who_is_cancelled_disturbs_nobody(tmp_path):
    async def main():
        spool = Spool(tmp_path)
        gone = asyncio.create_task(spool.append("ipo", arrivals(b"gone")))
        stays = asyncio.create_task(spool.append("ipo", arrivals(b"stays")))
        await asyncio.sleep(0)
        gone.cancel()
        assert await stays == 2
        await spool.close()

    asyncio.run(main())
    assert kept(tmp_path) == [(1, b"gone"), (2, b"stays")]


def test_a_full_disk_keeps_nothing_of_the_batch_and_goes_on_when_there_is_room(tmp_path):
    """A real limit of the system on the size of files: the write is cut in the middle of a record."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    old = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

    async def main():
        spool = Spool(tmp_path)
        assert await spool.append("ipo", arrivals(b"small")) == 1
        resource.setrlimit(resource.RLIMIT_FSIZE, (300, hard))
        with pytest.raises(SpoolFull):
            await spool.append("ipo", arrivals(b"a" * 100, b"b" * 100, b"c" * 100))
        with pytest.raises(SpoolFull):
            await spool.append("ipo", arrivals(b"d" * 400))
        assert kept(tmp_path) == [(1, b"small")]
        assert await spool.append("ipo", arrivals(b"fits")) == 2
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert await spool.append("ipo", arrivals(b"a" * 100, b"b" * 100, b"c" * 100)) == 3
        await spool.close()

    try:
        asyncio.run(main())
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, old)
    assert [number for number, _data in kept(tmp_path)] == [1, 2, 3, 4, 5]
    assert [f.damage for f in Spool(tmp_path).closed("ipo") if list(f.read())] == [[], []]


def test_a_disk_that_refuses_the_sync_acknowledges_nothing(tmp_path, monkeypatch):
    def refuse(_handle):
        raise OSError(5, "Input/output error")

    async def main():
        spool = Spool(tmp_path)
        await spool.append("ipo", arrivals(b"one"))
        with monkeypatch.context() as patch:
            patch.setattr(os, "fdatasync", refuse)
            with pytest.raises(Exception, match="Input/output error") as caught:
                await spool.append("ipo", arrivals(b"two"))
        assert caught.value.code == "spool-error"
        assert kept(tmp_path) == [(1, b"one")]
        assert await spool.append("ipo", arrivals(b"two")) == 2
        await spool.close()

    asyncio.run(main())
    assert kept(tmp_path) == [(1, b"one"), (2, b"two")]


KILLED = textwrap.dedent("""
    import asyncio, sys
    from pathlib import Path
    from chappe.connectors.pbx.spool import Spool, Arrival, now

    async def main():
        spool = Spool(Path(sys.argv[1]))
        n = 0
        while True:
            first = await spool.append("ipo", [Arrival(now(), 1, b"%09d" % (n + i)) for i in range(50)])
            n += 50
            print(first + 49, flush=True)

    asyncio.run(main())
""")


def test_kill_9_loses_nothing_that_was_acknowledged(tmp_path):
    for _round in range(3):
        process = subprocess.Popen([sys.executable, "-c", KILLED, str(tmp_path)], stdout=subprocess.PIPE, text=True)
        for _ in range(40):
            acknowledged = int(process.stdout.readline())
        process.kill()
        acknowledged = max([acknowledged, *(int(line) for line in process.stdout if line.endswith("\n"))])
        process.stdout.close()
        process.wait()
        numbers = [number for number, _data in kept(tmp_path)]
        assert numbers == list(range(1, len(numbers) + 1))
        assert len(numbers) >= acknowledged


def test_following_across_rotations_sees_every_record_once(tmp_path):
    seen, begun, done = [], threading.Event(), threading.Event()
    keep(tmp_path, arrivals(b"before"))

    def reader():
        news = Spool(tmp_path).follow("ipo", poll=0.002, idle=0.05, stopped=done.is_set)
        for raw in news:
            begun.set()  # its first word, even of silence, says that it looks from here on
            if raw is not None:
                seen.append(raw.number)

    thread = threading.Thread(target=reader)
    thread.start()
    assert begun.wait(60)

    async def main():
        spool = Spool(tmp_path)
        for n in range(120):
            await spool.append("ipo", arrivals(b"x%d" % n, b"y"))
            if n % 7 == 0:
                await spool.rotate("ipo", 0, 1)
        await spool.close()

    asyncio.run(main())
    end = time.monotonic() + 60
    while len(seen) < 240 and time.monotonic() < end:
        time.sleep(0.01)
    done.set()
    thread.join()
    assert seen == list(range(2, 242))


def test_following_from_a_number_begins_there_and_tells_of_silence(tmp_path):
    keep(tmp_path, arrivals(b"a", b"b", b"c"))
    keep(tmp_path, arrivals(b"d"))
    follow = Spool(tmp_path).follow("ipo", 2, poll=0.005, idle=0.03)
    assert [next(follow).data, next(follow).data] == [b"c", b"d"]
    assert next(follow) is None
    none_yet = Spool(tmp_path).follow("other", poll=0.005, idle=0.03)
    assert next(none_yet) is None
    keep(tmp_path, arrivals(b"first"), source="other")
    assert next(none_yet).data == b"first"
    follow.close()
    none_yet.close()


def test_the_last_records_across_files(tmp_path):
    for n in range(4):
        keep(tmp_path, arrivals(b"%d" % n, b"%d." % n))
    assert [raw.data for raw in Spool(tmp_path).last("ipo", 3)] == [b"2.", b"3", b"3."]
    assert Spool(tmp_path).last("ipo", 99)[0].number == 1
    assert Spool(tmp_path).last("none", 5) == []


def test_a_replayed_record_has_the_same_key_after_a_reconnection():
    line = b"2008/06/28 09:28:41,00:00:00,9,8004206,I,4324"
    assert record_key(b"\0\0\0" + line + b"\r") == record_key(line) != record_key(line + b"5")
    assert len(record_key(line)) == 32


def test_files_of_others_are_left_alone(tmp_path):
    keep(tmp_path, arrivals(b"a"))
    (tmp_path / "ipo" / "notes.txt").write_text("mine")
    assert len(Spool(tmp_path).files("ipo")) == 1
    assert Spool(tmp_path).sources() == ["ipo"]
    with pytest.raises(ValueError, match="being written"):
        SpoolFile(tmp_path / "ipo" / "20260101T000000-000000000009.open").remove()
    assert now() > 1_700_000_000_000_000
