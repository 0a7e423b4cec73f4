"""``python -m benchmarks collector [--rows 1000000]``: IP Office lines taken by the collector, nothing lost.

The sender and the collector are processes of their own, on loopback. Two connections; one is killed in the middle (reset, its
end thrown away) and the PBX replays its buffer on a new one, as a real one does. Every line must be on disk in the end. The
yardstick, in the same run: a bare asyncio reader that writes the same bytes to one file and syncs after each read.
"""

import argparse
import asyncio
import fcntl
import json
import resource
import shutil
import socket
import struct
import subprocess
import sys
import termios
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from benchmarks import made

ROOT = Path(__file__).resolve().parents[1]
GOAL_PER_MINUTE = 1_000_000
BUFFER = 3000  # records that an IP Office keeps at most
CHUNK = 200  # lines of one write
FOLDER = made.DATA / "collector"
READ_BYTES = 256 * 1024
QUIET_SECONDS = 1.0


def line(number: int) -> bytes:
    """An IP Office line of 35 fields, different for each number."""
    second, ring = number % 60, number % 19
    return (
        f"2026/03/02 09:{number // 60 % 60:02d}:{second:02d},00:02:{second:02d},{ring},201,O,00639980{number % 1000:03d},"
        f"00639980{number % 1000:03d},,0,{1_000_000 + number},0,E201,Alice Martin,T9001,Line 1.1,0,0,,,,,,,,,,,,,,,,,,"
        "2026/03/02 09:16:38,,\r\n"
    ).encode()


def connect(port: int) -> socket.socket:
    """As soon as the collector listens."""
    end = time.monotonic() + 30
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port))
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.02)


def cut(sock: socket.socket) -> None:
    """A reset: what the other end has not read is gone."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def _unsent(sock: socket.socket) -> int:
    """Bytes that the other end's system has not acknowledged."""
    return struct.unpack("i", fcntl.ioctl(sock, termios.TIOCOUTQ, b"\0" * 4))[0]


class Sent:
    """What a PBX sends on one connection. It cannot know what was taken, so after a cut it replays its whole buffer."""

    def __init__(self, numbers: range, port: int) -> None:
        self.port = port
        self.lines = [line(number) for number in numbers]
        self.sock = connect(port)

    def run(self, begin: int, end: int) -> None:
        for at in range(begin, end, CHUNK):
            self.sock.sendall(b"".join(self.lines[at : min(at + CHUNK, end)]))

    def killed_at(self, at: int) -> int:
        """Cut there, half a line gone with it; where it goes on. A real PBX makes a few calls a second, so that no more than its
        buffer is on its way: the sender lets its system send the rest before the last of it."""
        self.run(0, at - BUFFER // 2)
        while _unsent(self.sock):
            time.sleep(0.001)
        self.run(at - BUFFER // 2, at)
        self.sock.sendall(self.lines[at][:40])
        cut(self.sock)
        self.sock = connect(self.port)
        return at - BUFFER


def send(rows: int, port: int, cut_one: bool) -> None:
    """The sender's process: two connections at once, the first killed half-way."""
    from threading import Thread

    killed, whole = Sent(range(rows // 2), port), Sent(range(rows // 2, rows), port)
    print("ready", flush=True)
    sys.stdin.readline()
    beside = Thread(target=whole.run, args=(0, len(whole.lines)))
    beside.start()
    begin = killed.killed_at(rows // 4) if cut_one else 0
    killed.run(begin, len(killed.lines))
    beside.join()
    killed.sock.close()
    whole.sock.close()
    print(json.dumps({"sent": rows + (BUFFER if cut_one else 0)}), flush=True)


def collect(folder: str, port: int) -> None:
    """The collector's process: the engine as ``chappe collect`` runs it, without a database."""
    import signal

    import uvloop

    from chappe.connectors.pbx.engine import Engine
    from chappe.connectors.pbx.source import SourceSpec
    from chappe.connectors.pbx.spool import Spool

    async def main() -> None:
        engine = Engine(Spool(Path(folder)), lambda: [SourceSpec("ipo", host="127.0.0.1", port=port)])
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, engine.stop)
        await engine.run()

    uvloop.run(main())
    print(json.dumps(_used()), flush=True)


def bare(folder: str, port: int) -> None:
    """The yardstick's process: bytes to a file, synced after each read."""
    import os
    import signal

    import uvloop

    async def main() -> None:
        stop = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
        Path(folder).mkdir(parents=True, exist_ok=True)
        handle = os.open(Path(folder) / "bytes", os.O_WRONLY | os.O_CREAT | os.O_APPEND)

        def keep(data: bytes) -> None:
            os.write(handle, data)
            os.fdatasync(handle)

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            while data := await reader.read(READ_BYTES):
                await asyncio.to_thread(keep, data)
            writer.close()

        async with await asyncio.start_server(serve, "127.0.0.1", port, limit=READ_BYTES):
            await stop.wait()

    uvloop.run(main())
    print(json.dumps(_used()), flush=True)


def _used() -> dict[str, float]:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return {"cpu": used.ru_utime + used.ru_stime, "peak_mb": used.ru_maxrss / 1024}


def one(kind: str, rows: int) -> dict[str, float]:
    """One run: seconds from the first line sent to the last one on disk."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]
    folder = FOLDER / kind
    shutil.rmtree(folder, ignore_errors=True)
    ours = kind == "collect"
    taker = _child(kind, str(folder), str(port))
    sender = _child("send", str(rows), str(port), "cut" if ours else "")
    try:
        assert sender.stdin and sender.stdout and taker.stdout
        sender.stdout.readline()
        began = time.perf_counter()
        sender.stdin.write("go\n")
        sender.stdin.flush()
        told = sender.stdout.readline()
        if sender.wait() or not told:
            raise SystemExit("the sender failed")
        seconds = _quiet(folder) - began
        taker.terminate()
        used = json.loads(taker.stdout.readline())
        taker.wait()
    finally:
        for process in (taker, sender):
            process.kill()
            process.wait()
    return {"seconds": seconds, "sent": json.loads(told)["sent"], **used}


def _child(*arguments: str) -> subprocess.Popen:
    command = [sys.executable, "-m", "benchmarks.collector", *arguments]
    return subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def _quiet(folder: Path) -> float:
    """When the last byte came to the disk: nothing has come since for a second, which is not counted."""
    size, changed = -1, time.perf_counter()
    while time.perf_counter() - changed < QUIET_SECONDS:
        now = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
        if now != size:
            size, changed = now, time.perf_counter()
        time.sleep(0.005)
    return changed


def lost(rows: int) -> tuple[int, int, int]:
    """Lines that are nowhere, lines that came more than once, records kept."""
    from chappe.connectors.pbx.spool import Spool

    found: Counter[bytes] = Counter()
    number = 0
    for file in Spool(FOLDER / "collect").files("ipo"):
        for raw in file.read():
            assert raw.number == number + 1, (raw.number, number)
            number = raw.number
            found[raw.data] += 1
    missing = sum(1 for wanted in range(rows) if line(wanted).rstrip() not in found)
    return missing, sum(times - 1 for times in found.values()), number


def main(arguments: Sequence[str] = ()) -> int:
    """Prints the figures; 1 when a line is lost or the goal is missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks collector", description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000, help="lines (1,000,000)")
    rows = parser.parse_args(arguments).rows
    made.DATA.mkdir(parents=True, exist_ok=True)
    print(
        f"{rows:,} IP Office lines, {sum(len(line(n)) for n in range(0, rows, 997)) * 997 / 1e6:,.0f} MB, two connections"
    )
    ours, theirs = one("collect", rows), one("bare", rows)
    missing, again, kept = lost(rows)
    a_minute = ours["sent"] / ours["seconds"] * 60
    print(
        f"  collector {ours['seconds']:6.2f} s ({ours['cpu']:5.2f} s cpu, peak {ours['peak_mb']:.0f} MB)   "
        f"bare reader {theirs['seconds']:6.2f} s ({theirs['cpu']:5.2f} s cpu)   "
        f"ratio {ours['seconds'] / theirs['seconds']:.2f}, of cpu {ours['cpu'] / theirs['cpu']:.2f}"
    )
    met = a_minute >= GOAL_PER_MINUTE and not missing
    print(f"  {a_minute:,.0f} lines a minute ({'goal met' if met else 'goal missed'}: {GOAL_PER_MINUTE:,})")
    print(f"  one connection killed in the middle: {missing} lost, {again:,} replayed, {kept:,} records kept")
    shutil.rmtree(FOLDER, ignore_errors=True)
    return 0 if met else 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=("send", "collect", "bare"))
    parser.add_argument("arguments", nargs="*")
    given = parser.parse_args()
    if given.what == "send":
        send(int(given.arguments[0]), int(given.arguments[1]), bool(given.arguments[2]))
    else:
        {"collect": collect, "bare": bare}[given.what](given.arguments[0], int(given.arguments[1]))
