"""``python -m benchmarks publication [--rows 1000000] [--db both]``: IPE and CPN files of a network, for three recipients.

The network is made once a database; then each kind of file is made in a process of its own, for three operators of which two
share a version: the same rows are written once for both. Peak memory is that of the process that makes the files.
"""

import argparse
import datetime as dt
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

GOALS = {"full": 30.0, "delta": 10.0}
DATA = Path(__file__).resolve().parent / "data" / "publication"
DAY = dt.date(2026, 11, 10)
SHARE = 100  # one premises in so many is changed on the day


def _house() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chappe.web.settings")
    import django

    django.setup()


def prepare(rows: int) -> None:
    """A network, a day on which one premises in a hundred changed, and three recipients."""
    from django.core.management import call_command

    from benchmarks.network import OI, load

    call_command("migrate", verbosity=0)
    load(rows)
    from chappe.apps.network.models import Building, Change
    from chappe.apps.parties.models import Operator, OperatorProtocol
    from chappe.apps.publication.models import Recipient

    for number, (name, version) in enumerate([("Premier", "3.1"), ("Deuxième", "3.1"), ("Troisième", "3.0")]):
        operator = Operator.objects.create(name=name, tenant=name, code_interop=f"OPE{number}")
        OperatorProtocol.objects.create(operator=operator, flow="ipe", version=version)
        OperatorProtocol.objects.create(operator=operator, flow="cpn", version=version)
        Recipient.objects.create(operator=operator, oi_code=OI, place="39")
    changed = Building.objects.order_by("pk").extra(where=["id %% %s = 0"], params=[SHARE])
    Change.objects.bulk_create(
        [Change(thing="building", reference=reference, day=DAY, event="MODIFICATION", field="dwellings", old="1", new="2")
         for reference in changed.values_list("reference", flat=True)], batch_size=5000,
    )  # fmt: skip


def measure(kind: str) -> dict[str, Any]:
    """Make the files of one kind; seconds, processor seconds, peak memory, rows and bytes."""
    from chappe.apps.publication.making import make
    from chappe.apps.publication.models import PublishedFile, Recipient
    from chappe.apps.publication.sheets import period
    from chappe.kit.access.actor import Actor

    PublishedFile.objects.filter(kind=kind).delete()
    recipients = list(Recipient.objects.select_related("operator"))
    shutil.rmtree(Path(os.environ["CHAPPE_DATA"]) / "files", ignore_errors=True)
    began, cpu = time.perf_counter(), time.process_time()
    made = make(actor=Actor.system("benchmark"), of=period(kind, DAY), recipients=recipients)
    seconds, used = time.perf_counter() - began, time.process_time() - cpu
    contents = {row.sha256: row for row in made.files}
    return {
        "seconds": seconds, "cpu": used, "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, "files": len(made.files),
        "contents": len(contents), "rows": sum(row.rows for row in contents.values()), "mb": sum(row.size for row in contents.values()) / 1e6,
    }  # fmt: skip


def _child(step: str, rows: int, environment: dict[str, str]) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks", "publication", "--step", step, "--rows", str(rows)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    return json.loads(done.stdout.splitlines()[-1])


def _database(name: str, rows: int) -> bool:
    met = True
    with ExitStack() as stack:
        DATA.mkdir(parents=True, exist_ok=True)
        folder = stack.enter_context(tempfile.TemporaryDirectory(dir=DATA))
        url = ""
        if name == "postgresql":
            from tests.support import postgres

            url = stack.enter_context(postgres.cluster())
        environment = {**os.environ, "CHAPPE_DATA": folder, "CHAPPE_DATABASE_URL": url}
        print(
            f"{name}: a network of {rows:,} premises, {_child('prepare', rows, environment)['seconds']:.0f} s to load",
            flush=True,
        )
        for kind in ("full", "delta", "histo"):
            told = _child(kind, rows, environment)
            goal = GOALS.get(kind, 0) * max(rows / 1_000_000, 0.05)
            verdict = "" if not goal else "goal met" if told["seconds"] <= goal else f"over {goal:.0f} s"
            met = met and (not goal or told["seconds"] <= goal)
            print(
                f"  {kind:<6} {told['seconds']:6.1f} s ({told['cpu']:6.1f} s cpu)   {told['rows']:>9,} rows, {told['mb']:6.0f} MB in "
                f"{told['contents']} contents for {told['files']} files   peak {told['peak_mb']:5.0f} MB   {verdict}", flush=True,
            )  # fmt: skip
    return met


def main(arguments: list[str]) -> int:
    """1 when a goal is missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks publication", description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--db", choices=("both", "sqlite", "postgresql"), default="both")
    parser.add_argument("--step", default="", help=argparse.SUPPRESS)
    wanted = parser.parse_args(arguments)
    if wanted.step:
        _house()
        began = time.perf_counter()
        told = prepare(wanted.rows) if wanted.step == "prepare" else measure(wanted.step)
        print(json.dumps(told or {"seconds": time.perf_counter() - began}))
        return 0
    databases = ("sqlite", "postgresql") if wanted.db == "both" else (wanted.db,)
    met = [_database(name, wanted.rows) for name in databases]
    return 0 if all(met) else 1
