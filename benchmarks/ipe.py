"""``python -m benchmarks ipe [--rows 1000000] [--db both]``: an IPE file taken in, beside merely loading its rows.

The file comes from :mod:`benchmarks.network`. “Merely” reads the columns with Polars and puts them into the same tables, without a
check, a plan or a journal. The second file is the month after: one row in a hundred changed. Each figure is of a process of its own.
"""

import argparse
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

SECONDS, TIMES = 90.0, 3.0
DATA = Path(__file__).resolve().parent / "data" / "ipe"
SHARE = 100
NAME = "TELE_39_PM_IPEZMD_V31_202611{day:02d}_01.csv"


def _house() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chappe.web.settings")
    os.environ.setdefault("CHAPPE_DATA", str(DATA))
    import logging

    import django

    django.setup()
    logging.disable(logging.ERROR)


def files(rows: int) -> tuple[Path, Path]:
    """The first file, and that of the month after."""
    _house()
    from benchmarks.network import ipe_file

    DATA.mkdir(parents=True, exist_ok=True)
    first, second = DATA / f"{rows}-a.csv", DATA / f"{rows}-b.csv"
    if not first.exists():
        ipe_file(first, rows)
    if not second.exists():
        with first.open() as source, second.open("w") as target:
            at = source.readline()
            target.write(at)
            place = at.strip().split(";").index("DateDerniereModification")
            dwellings = at.strip().split(";").index("NombreLogementsAdresseIPE")
            for number, line in enumerate(source):
                if number % SHARE == 0:
                    cells = line.rstrip("\n").split(";")
                    cells[place], cells[dwellings] = "20261130", str(int(cells[dwellings] or 0) + 1)
                    line = ";".join(cells) + "\n"
                target.write(line)
    return first, second


def merely(path: Path) -> dict[str, Any]:
    """The rows as Polars reads them, into buildings and PM."""
    import polars as pl
    from django.db import transaction

    from chappe.apps.ipe import comparing, writing
    from chappe.apps.ipe.tables import building_target, pm_target
    from chappe.apps.network.models import Building, Pm
    from chappe.core.interop.layout import packaged
    from chappe.core.interop.spool import TYPES
    from chappe.kit.bulk import insert

    layout = packaged("ipe")
    frame = pl.read_csv(path, separator=";", infer_schema_length=0, quote_char=None)
    known = {c.name: c for c in layout.columns if c.name in frame.columns}
    frame = frame.rename({name: column.field for name, column in known.items()})
    made = frame.with_columns(
        pl.col(c.field).str.to_date("%Y%m%d") if c.kind == "date" else pl.col(c.field) == "O" if c.kind == "bool" else pl.col(c.field).cast(TYPES[c.kind])
        for c in known.values()
    )  # fmt: skip
    if "oi_code" not in made.columns:
        made = made.with_columns(pl.lit("TELE").alias("oi_code"))
    fields = [c.field for c in layout.columns if c.field in made.columns]
    pm, building = pm_target(fields), building_target(fields, layout)
    with transaction.atomic():
        first = made.filter(pl.col("pm").is_not_null()).unique("pm", keep="first")
        insert(Pm, writing.as_columns(pm, comparing.after_of(pm, first)))
        for piece in made.iter_slices(100_000):
            insert(Building, writing.as_columns(building, comparing.after_of(building, piece)))
    return {"rows": len(made)}


def taken(path: Path, day: int) -> dict[str, Any]:
    """Received, read with all checks, planned, applied."""
    from chappe.apps.exchange import flow, services
    from chappe.apps.exchange.models import ReceivedFile
    from chappe.kit.access.actor import Actor

    actor, steps = Actor.system("benchmarks", via="cli"), {}
    began = time.perf_counter()

    def step(name: str) -> None:
        nonlocal began
        steps[name], began = round(time.perf_counter() - began, 1), time.perf_counter()

    row = services.receive(
        actor=actor,
        source=path,
        name=NAME.format(day=day),
        kind="ipe",
        options={"form": "full", "oi_code": "", "absent": "keep"},
    )
    step("receive")
    flow.run_read(actor=actor, file=row.pk, job=row.job_id, progress=lambda done, total: None)
    step("read and plan")
    row.refresh_from_db()
    row = services.apply(actor=actor, file=row)
    flow.run_apply(actor=actor, file=row.pk, job=row.job_id)
    row = ReceivedFile.objects.get(pk=row.pk)
    step("apply")
    return {"rows": row.lines, "state": row.state, "plan": row.plan, "steps": steps}


def child(what: str, path: str) -> dict[str, Any]:
    _house()
    if what == "prepare":
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        return {}
    wall, cpu = time.perf_counter(), time.process_time()
    found = merely(Path(path)) if what == "merely" else taken(Path(path), {"first": 1, "second": 30}[what])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {**found, "seconds": time.perf_counter() - wall, "cpu": time.process_time() - cpu, "peak_mb": peak}


def run(what: str, path: Path | str, environment: dict[str, str]) -> dict[str, Any]:
    """One process."""
    command = [sys.executable, "-m", "benchmarks.ipe", "child", what, str(path)]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, **environment}, cwd=DATA.parents[2]
    )
    if done.returncode:
        raise SystemExit(done.stderr[-4000:])
    return json.loads(done.stdout.splitlines()[-1])


def told(label: str, found: dict[str, Any], beside: dict[str, Any] | None = None) -> None:
    text = f"  {label:<34} {found['seconds']:7.1f} s ({found['cpu']:6.1f} s cpu)   peak {found['peak_mb']:6.0f} MB"
    if beside is not None:
        times = found["seconds"] / beside["seconds"]
        good = times <= TIMES and found["seconds"] < SECONDS
        text += f"   × {times:4.2f} of merely loading ({'goal met' if good else 'over the goal'})"
    print(text, *(f"\n      {name}: {seconds} s" for name, seconds in found.get("steps", {}).items()), flush=True)


def one(database: str, rows: int) -> None:
    """All figures on one database."""
    first, second = files(rows)
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="chappe-bench-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        print(f"{database}: {rows:,} rows, {first.stat().st_size / 1e6:,.0f} MB")
        found = {}
        for what in ("merely", "first"):
            environment = {"CHAPPE_DATA": str(folder / what)}
            (folder / what).mkdir()
            if database == "postgresql":
                from tests.support.postgres import cluster

                environment["CHAPPE_DATABASE_URL"] = stack.enter_context(cluster())
            run("prepare", "", environment)
            found[what] = run(what, first, environment)
            told(
                "merely loading the rows" if what == "merely" else "import with all checks",
                found[what],
                found.get("merely") if what == "first" else None,
            )
        told("the month after, 1 % changed", run("second", second, environment))


def main(arguments: list[str] | None = None) -> int:
    given = sys.argv[1:] if arguments is None else arguments
    if given[:1] == ["child"]:
        print(json.dumps(child(given[1], given[2])))
        return 0
    parser = argparse.ArgumentParser(prog="python -m benchmarks ipe", description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--db", choices=("sqlite", "postgresql", "both"), default="both")
    wanted = parser.parse_args(given)
    for database in ("sqlite", "postgresql") if wanted.db == "both" else (wanted.db,):
        one(database, wanted.rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
