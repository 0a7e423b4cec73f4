"""``python -m benchmarks network [--rows 5000000]``: a network of any size on the real communes, and how fast its pages answer.

:func:`plan` draws a coherent network of ``n`` buildings from a seed: communes with their share of them, PMs around each centre,
PRDMs, then, in parts of bounded memory, PBOs, buildings along streets and sockets. The same ``n`` and seed give the same
network. It goes into the current database (:func:`load`) or into an IPE file without a fault (:func:`ipe_file`).
"""

import csv
import datetime as dt
import io
import lzma
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

SEED = 1794
TODAY = dt.date(2026, 11, 1)
OI = "TELE"
FIRST = "39"  # the département of the smallest networks
PER_PM, PER_PBO, PER_PRDM, STREET = 900, 6, 24, 48
SPACING, ROWS = 13.0, 34.0  # metres between two premises of a side, and two streets
PART = 100_000
SOCKETS = 0.35  # of the deployed premises have one
STATES = (("DEPLOYE", 70), ("RACCORDABLE DEMANDE", 8), ("EN COURS DE DEPLOIEMENT", 9), ("SIGNE", 3), ("CIBLE", 9), ("ABANDONNE", 1))  # fmt: skip
PM_STATES = (("DEPLOYE", 92), ("EN COURS DE DEPLOIEMENT", 6), ("PLANIFIE", 2))
TYPES = ("RUE", "AVENUE", "CHEMIN", "IMPASSE", "PLACE", "ALLEE", "ROUTE", "BOULEVARD")
PEOPLE = ("VICTOR", "JEAN", "MARIE", "LOUIS", "PAUL", "PIERRE", "CLAUDE", "JULES", "LEON", "ANNE", "HENRI", "EMILE", "GEORGES", "MARCEL",
          "SIMONE", "LUCIE", "EUGENE", "ALBERT", "CHARLES", "ROSA", "GUSTAVE", "ARISTIDE", "RENE", "JEANNE")  # fmt: skip
NAMES = ("CHAPPE", "HUGO", "PASTEUR", "CURIE", "ARAGO", "AMPERE", "VERNE", "ROSTAND", "COLETTE", "SAND", "COURBET", "JAURES", "BRIAND",
         "BLUM", "VALLES", "MICHEL", "DUBOIS", "MARTIN", "MOREL", "GIRARD", "ROUX", "FABRE", "LACROIX", "PERRIN", "BONNET", "GUERIN",
         "FAURE", "MERCIER", "BLANCHARD", "CHEVALIER", "GAUTHIER", "LEMOINE", "BRUNET", "MARCHAND", "NOEL", "RENARD", "VIDAL", "COLIN",
         "BARBIER", "DUMAS")  # fmt: skip
THINGS = ("DES TANNEURS", "DE LA LOUE", "DES VIGNERONS", "DE L EGLISE", "DES SALINES", "DU COMTE", "DES HORLOGERS", "DE LA GARE", "DES PRES",
          "DU MOULIN", "DES LUNETIERS", "DU TELEGRAPHE", "DES FORGES", "DU REVERMONT", "DES ECOLES", "DE LA FONTAINE", "DES TILLEULS",
          "DE LA CROIX", "DES SAPINS", "DU LAVOIR", "DES NOYERS", "DE L ABBAYE", "DU PONT", "DES GENTIANES", "DE BELLEVUE", "DU CHATEAU",
          "DES JARDINS", "DE LA COMBE", "DES ACACIAS", "DU MARCHE", "DE VERDUN", "DE LA MAIRIE", "DU STADE", "DES LILAS", "DU BOIS")  # fmt: skip
STREETS = (*THINGS, *(f"{first} {last}" for first in PEOPLE for last in NAMES))
LOCATIONS = ("PME-Armoire de rue", "PME-Shelter", "PME-Local technique")
BOXES = ("AERIEN POTEAU ORANGE", "AERIEN POTEAU ENEDIS", "CHAMBRE", "FACADE", "IMMEUBLE COLONNE MONTANTE")
DROPS = ("AERIEN", "AERIEN", "SOUTERRAIN", "FACADE", "IMMEUBLE GAINE TECHNIQUE")


def _communes() -> pl.DataFrame:
    """The packaged communes that have people, a postal code and a centre."""
    data = resources.files("chappe.apps.parties").joinpath("data/communes.csv.xz").read_bytes()
    rows = [
        (row["insee"], row["name"], row["postal_codes"].split()[0], int(row["population"]), float(row["longitude"]), float(row["latitude"]))
        for row in csv.DictReader(io.StringIO(lzma.decompress(data).decode()), delimiter=";")
        if row["population"] and int(row["population"]) and row["postal_codes"] and row["longitude"]
    ]  # fmt: skip
    return pl.DataFrame(rows, schema=["insee", "city", "postal_code", "people", "lon", "lat"], orient="row")


def _pick(communes: pl.DataFrame, n: int, rng: np.random.Generator) -> pl.DataFrame:
    """Whole départements until they have people enough, with ``count`` buildings each, in the order of their codes."""
    wide = communes.with_columns(pl.col("insee").str.slice(0, 2).alias("area"))
    areas = sorted(wide["area"].unique())
    order = dict(
        zip([FIRST, *rng.permutation([area for area in areas if area != FIRST])], range(len(areas)), strict=True)
    )
    share = pl.max_horizontal(pl.lit(20), (pl.col("people") * 0.32).cast(pl.Int64))
    wide = wide.with_columns(pl.col("area").replace_strict(order).alias("rank"), share.alias("count")).sort(
        "rank", "insee"
    )
    before = wide["count"].cum_sum() - wide["count"]
    if n > int(wide["count"].sum()):
        wide = wide.with_columns((pl.col("count") * (n / wide["count"].sum()) + 1).cast(pl.Int64))
        before = wide["count"].cum_sum() - wide["count"]
    kept = wide.filter(before < n)
    last = n - int(kept["count"][:-1].sum())
    return kept.with_columns(
        pl.when(pl.int_range(pl.len()) == len(kept) - 1).then(last).otherwise("count").alias("count")
    ).sort("insee")


@dataclass
class Network:
    """``communes``, ``pms``, ``prdms``, ``links`` and ``pbos`` are whole frames, named as the columns of their tables; buildings
    come by parts (:meth:`buildings`). Keys begin at 1 in each."""

    n: int
    seed: int = SEED

    def __post_init__(self) -> None:
        from chappe.apps.network.models.located import folded

        rng = np.random.default_rng(self.seed)
        picked = _pick(_communes(), self.n, rng)
        self.communes = picked.with_columns(pl.Series("folded", [folded(name) for name in picked["city"]]))
        counts = self.communes["count"].to_numpy()
        each = np.maximum(1, -(-counts // PER_PM))
        self._pm_commune = np.repeat(np.arange(len(counts)), each)
        rank = _within(each)
        size = counts[self._pm_commune] // each[self._pm_commune] + (
            rank < counts[self._pm_commune] % each[self._pm_commune]
        )
        self._pm_rank, self._pm_size = rank, size
        self.pm_of = np.repeat(np.arange(len(size), dtype=np.int32), size)
        self.place_of = _within(size).astype(np.int32)
        self.block = rng.random(self.n) < 0.12
        self.dwellings = np.where(self.block, rng.integers(4, 25, self.n), 1)
        self._points(rng)
        self._tables(rng)

    def _points(self, rng: np.random.Generator) -> None:
        """PMs on a spiral around the centre of their commune."""
        angle, far = self._pm_rank * 2.4, 720.0 * np.sqrt(self._pm_rank)
        lon = self.communes["lon"].to_numpy()[self._pm_commune]
        lat = self.communes["lat"].to_numpy()[self._pm_commune]
        self.pm_lon, self.pm_lat = _moved(lon, lat, far * np.cos(angle), far * np.sin(angle))
        self._turn = rng.random(len(angle)) * np.pi

    def _tables(self, rng: np.random.Generator) -> None:
        count = len(self._pm_size)
        town = self.communes[self._pm_commune.tolist()].select("insee", "city", "postal_code")
        self._systems = _systems(town["insee"])
        state = rng.choice([word for word, _ in PM_STATES], count, p=[share / 100 for _, share in PM_STATES])
        done = pl.Series(state) == "DEPLOYE"
        installed = _days(rng, count, 2400, 500)
        dwellings = np.bincount(self.pm_of, self.dwellings, minlength=count).astype(np.int64)
        street = pl.Series(STREETS).gather(rng.integers(0, len(STREETS), count))
        self.pms = town.with_columns(
            pl.int_range(1, count + 1).alias("id"),
            reference=pl.concat_str(pl.lit("FI-"), "insee", pl.lit("-"), pl.Series(self._pm_rank + 1).cast(pl.String).str.zfill(4)),
            kind=pl.lit("PM"), state=pl.Series(state), installed_on=_where(done, installed), first_handover_on=_where(done, installed.dt.offset_by("10d")),
            opened_on=_where(done, installed.dt.offset_by("120d")), location_type=pl.Series(LOCATIONS).gather(rng.integers(0, 3, count)),
            comment=pl.lit("Au pied du transformateur"), capacity=pl.Series((dwellings // 250 + 1) * 250), engineering=pl.lit("MONO"),
            dwellings=pl.Series(dwellings), grouping=pl.concat_str(pl.lit("ZA-"), "insee"), active_space=pl.lit(True), patching_by_oi=pl.lit(False),
            address_quality=pl.lit("précise"), street_type=pl.Series(TYPES).gather(rng.integers(0, len(TYPES), count)), street=street,
            number=pl.Series(rng.integers(1, 80, count)), rivoli=pl.lit("0001"), modified_on=pl.lit(TODAY), **_located(self.pm_lon, self.pm_lat, self._systems),
        )  # fmt: skip
        hubs = np.arange(0, count, PER_PRDM)
        at = self.pms[hubs.tolist()]
        self.prdms = at.select(
            pl.int_range(1, len(hubs) + 1).alias("id"), pl.concat_str(pl.lit("PRDM-"), "insee", pl.lit("-"), pl.int_range(pl.len()).cast(pl.String)).alias("reference"),
            pl.lit("PON-PTP").alias("kind"), pl.lit("DEPLOYE").alias("state"), pl.lit(300).alias("min_dwellings"), "insee", "city", "postal_code", "modified_on",
            "projection", "x", "y", "longitude", "latitude", "cell",
        )  # fmt: skip
        self.links = self.pms.select(
            "id", pl.col("id").alias("pm_id"), ((pl.col("id") - 1) // PER_PRDM + 1).alias("prdm_id"), pl.concat_str(pl.lit("L-"), pl.col("reference").str.slice(3)).alias("reference"),
            pl.when(pl.col("state") == "ABANDONNE").then(pl.lit("PLANIFIE")).otherwise("state").alias("state"), "installed_on", "modified_on",
            pl.Series("length", rng.integers(900, 9000, count).astype(float)), pl.Series("fibres_free", rng.integers(2, 30, count)),
        )  # fmt: skip
        self._open = done.to_numpy()
        self._installed = installed

    @cached_property
    def _first_pbo(self) -> np.ndarray:
        """Key of the first PBO of each PM; the PBOs of a PM follow each other."""
        boxes = -(-self._pm_size // PER_PBO)
        return np.concatenate([[1], 1 + np.cumsum(boxes)])

    @property
    def pbo_count(self) -> int:
        return int(self._first_pbo[-1] - 1)

    def parts(self) -> Iterator[tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]]:
        """(PBOs, buildings, sockets), a hundred thousand buildings at a time."""
        for start in range(0, self.n, PART):
            buildings = self.part(start, min(self.n, start + PART))
            yield self._boxes(buildings), buildings, self._sockets(buildings)

    def part(self, start: int, stop: int) -> pl.DataFrame:
        """The buildings of these places, named as the columns of their table; ``start`` is a multiple of ``PART``."""
        count = stop - start
        rng = np.random.default_rng([self.seed, start // PART])
        pm, place = self.pm_of[start:stop], self.place_of[start:stop]
        street, house = place // STREET, place % STREET
        lon, lat = self._spots(pm, street, house)
        named = (pm.astype(np.int64) * 31 + street) % len(STREETS)
        words = np.array([word for word, _ in STATES])
        state = words[rng.choice(len(STATES), count, p=[share / 100 for _, share in STATES])]
        state = np.where((state == "DEPLOYE") & ~self._open[pm], "EN COURS DE DEPLOIEMENT", state)
        block, box = self.block[start:stop], rng.integers(0, 4, count)
        box = np.where(block, 4, box)
        commune = self._pm_commune[pm]
        town = self.communes[commune.tolist()].select("insee", "city", "postal_code", "folded")
        seq = np.arange(start, stop) - self._first_building[commune] + 1
        done, signed = pl.Series(state == "DEPLOYE"), pl.Series(state == "SIGNE")
        cabled = self._installed.gather(pm).dt.offset_by("60d")
        number = house + 1
        frame = town.with_columns(
            pl.int_range(start + 1, stop + 1).alias("id"), oi_code=pl.lit(OI), pm_id=pl.Series(pm.astype(np.int64) + 1),
            pbo_id=pl.Series(self._first_pbo[pm] + place // PER_PBO),
            reference=pl.concat_str(pl.lit("IMB/"), "insee", pl.lit("/X/"), pl.Series(seq).cast(pl.String).str.zfill(6)),
            state=pl.Series(state), kind=pl.Series(np.where(block, "IMMEUBLE", "PAVILLON")), dwellings=pl.Series(self.dwellings[start:stop]),
            street_type=pl.Series(TYPES).gather(named % len(TYPES)), street=pl.Series(STREETS).gather(named), number=pl.Series(number),
            number_suffix=pl.Series(np.where(rng.random(count) < 0.03, "B", "")), rivoli=pl.Series(street + 2).cast(pl.String).str.zfill(4),
            zone=pl.lit("3"), cabled_on=_where(done, cabled), opened_on=_where(done, cabled.dt.offset_by("90d")), modified_on=_where(pl.Series(state != "ABANDONNE"), _days(rng, count, 400, 0)).fill_null(TODAY - dt.timedelta(30)),
            agreement_needed=pl.Series(block) | signed, agreement_on=_where(signed | (done & pl.Series(block)), _days(rng, count, 2600, 2500)),
            manager=pl.Series(np.where(block, "SYNDIC DU REVERMONT", "")), on_demand=pl.lit(False), is_new=pl.lit(False),
            line_length=pl.Series(rng.integers(120, 2400, count).astype(float)), pbo_type=pl.Series(BOXES).gather(box), drop_type=pl.Series(DROPS).gather(box),
            **_located(lon, lat, self._systems.gather(pm)),
        )  # fmt: skip
        ban = pl.concat_str("insee", pl.lit("_"), "rivoli", pl.lit("_"), pl.col("number").cast(pl.String).str.zfill(5))
        search = pl.concat_str(
            pl.col("street").str.to_lowercase(),
            "number",
            pl.col("number_suffix").str.to_lowercase(),
            "folded",
            separator=" ",
        )
        return frame.with_columns(ban=ban, search=search.str.replace("  ", " ", literal=True)).drop("folded")

    @cached_property
    def _first_building(self) -> np.ndarray:
        counts = self.communes["count"].to_numpy()
        return np.cumsum(counts) - counts

    def _spots(self, pm: np.ndarray, street: np.ndarray, house: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Parallel streets around the PM, turned as it is, houses on both sides."""
        north = (street - self._pm_size[pm] / STREET / 2) * ROWS + np.where(house % 2, 9.0, -9.0)
        east = (house // 2 - STREET / 4) * SPACING * 2
        cos, sin = np.cos(self._turn[pm]), np.sin(self._turn[pm])
        return _moved(self.pm_lon[pm], self.pm_lat[pm], east * cos - north * sin, east * sin + north * cos)

    def _boxes(self, buildings: pl.DataFrame) -> pl.DataFrame:
        """PBOs that begin in this part: one at each sixth building."""
        firsts = buildings.filter(pl.Series(self.place_of[buildings["id"][0] - 1 : buildings["id"][-1]]) % PER_PBO == 0)
        keys = firsts["pbo_id"]
        pm = firsts["pm_id"].to_numpy() - 1
        code = pl.Series(keys.to_numpy() - self._first_pbo[pm] + 1).cast(pl.String).str.zfill(4)
        reference = pl.concat_str(
            pl.lit("PB-"),
            "insee",
            pl.lit("-"),
            pl.Series(self._pm_rank[pm] + 1).cast(pl.String).str.zfill(2),
            pl.lit("-"),
            code,
        )
        return firsts.select(
            pl.col("pbo_id").alias("id"), "pm_id", reference.alias("reference"), pl.lit("PBO").alias("kind"), pl.col("pbo_type").alias("placing"), "drop_type",
            pl.lit(12).alias("capacity"), "insee", "city", "postal_code", "projection", "x", "y", "longitude", "latitude", "cell",
        )  # fmt: skip

    def _sockets(self, buildings: pl.DataFrame) -> pl.DataFrame:
        rng = np.random.default_rng([self.seed, int(buildings["id"][0]), 7])
        have = pl.Series(rng.random(len(buildings)) < SOCKETS) & (buildings["state"] == "DEPLOYE")
        return buildings.filter(have).select(
            "id", pl.concat_str(pl.lit("FI-"), pl.col("id").cast(pl.String).str.zfill(8)).str.replace(r"^FI-(....)", "FI-$1-").alias("reference"),
            pl.col("id").alias("building_id"), "pbo_id", pl.lit("0").alias("floor"), pl.col("cabled_on").alias("built_on"),
            pl.when(pl.col("id") % 2 == 0).then(pl.lit("active")).otherwise(pl.lit("built")).alias("state"),
        )  # fmt: skip


def plan(n: int, seed: int = SEED) -> Network:
    """The network of ``n`` buildings."""
    return Network(n, seed)


def load(n: int, seed: int = SEED) -> Network:
    """Put a network of ``n`` buildings into the current database, which must have none."""
    from django.db import transaction

    from chappe.apps.network.models import Building, Pbo, Pm, PmLink, Prdm, Pto
    from chappe.apps.parties.communes import load_communes
    from chappe.kit import bulk
    from chappe.kit.access.actor import Actor

    made = plan(n, seed)
    with transaction.atomic(), bulk.without_indexes(Building, Pbo, Pto):
        load_communes(actor=Actor.system("benchmarks"))
        for model, rows in ((Prdm, made.prdms), (Pm, made.pms), (PmLink, made.links)):
            bulk.insert(model, rows)
        for boxes, buildings, sockets in made.parts():
            bulk.insert(Pbo, boxes)
            bulk.insert(Building, buildings)
            bulk.insert(Pto, sockets)
    bulk.analyse([Prdm, Pm, PmLink, Pbo, Building, Pto])
    return made


def cable(count: int) -> int:
    """Modules, cables, fibres, splices and the routes found along them, for the first ``count`` PM; answers how many routes."""
    import random

    from django.db import transaction

    from chappe.apps.network import walking
    from chappe.apps.network.models import OpticalRoute, Pm
    from chappe.apps.parties.models import Operator
    from chappe.web.demo.network import inside

    holder, _ = Operator.objects.get_or_create(name="Benchmark")
    for pm in Pm.objects.filter(modules__isnull=True).order_by("pk")[:count]:
        with transaction.atomic():
            inside(pm, holder, random.Random(pm.pk))
            walking.rewalk(pm)
    return OpticalRoute.objects.count()


def ipe_rows(made: Network) -> Iterator[pl.DataFrame]:
    """The buildings with their PM beside them, named as the fields of the IPE layout."""
    of = made.pms.select(
        pl.col("id").alias("pm_id"), pl.col("reference").alias("pm"),
        *(pl.col(name).alias(f"pm_{name}") for name in made.pms.columns if name not in {"id", "reference", "kind", "longitude", "latitude", "cell", "modified_on", "projection"}),
    )  # fmt: skip
    for start in range(0, made.n, PART):
        yield made.part(start, min(made.n, start + PART)).join(of, on="pm_id", how="left", maintain_order="left")


def ipe_file(path: Path, n: int, version: str = "3.1", seed: int = SEED) -> int:
    """Write the network as an IPE file that has no fault; answers how many bytes."""
    from chappe.core.interop.layout import packaged
    from chappe.core.interop.writer import write

    layout = packaged("ipe")
    made = plan(n, seed)
    with Path(path).open("wb") as target:
        for chunk in write(layout, layout.names(version), ipe_rows(made)):
            target.write(chunk)
        return target.tell()


def _within(sizes: np.ndarray) -> np.ndarray:
    """0, 1, 2… in each group."""
    return np.arange(int(sizes.sum())) - np.repeat(np.cumsum(sizes) - sizes, sizes)


def _moved(lon: Any, lat: Any, east: Any, north: Any) -> tuple[np.ndarray, np.ndarray]:
    return np.round(lon + east / (111_320 * np.cos(np.radians(lat))), 7), np.round(lat + north / 110_574, 7)


def _systems(insee: pl.Series) -> pl.Series:
    from chappe.core.network.geo import system_of

    return pl.Series([system_of(code) for code in insee])


def _located(lon: np.ndarray, lat: np.ndarray, systems: pl.Series) -> dict[str, pl.Series]:
    """A point as the tables keep it: in the system of its territory, in degrees, as a cell."""
    from chappe.apps.network.cells import cells_of
    from chappe.core.network.geo import many_from_degrees

    x, y = np.empty(len(lon)), np.empty(len(lon))
    for system in systems.unique():
        of = (systems == system).to_numpy()
        x[of], y[of] = many_from_degrees(lon[of], lat[of], system)
    return {"projection": systems, "x": pl.Series(np.round(x, 2)), "y": pl.Series(np.round(y, 2)), "longitude": pl.Series(lon),
            "latitude": pl.Series(lat), "cell": pl.Series(cells_of(lon, lat))}  # fmt: skip


def _days(rng: np.random.Generator, count: int, most: int, least: int) -> pl.Series:
    """Days between so many and so few days ago."""
    return pl.Series(np.datetime64(TODAY, "D") - rng.integers(least, most + 1, count).astype("timedelta64[D]")).cast(
        pl.Date
    )


def _where(condition: pl.Series, value: pl.Series) -> pl.Series:
    return pl.select(pl.when(condition).then(value)).to_series()


def main(arguments: list[str]) -> int:
    """``python -m benchmarks network``: make the network once, then ask its pages in a process of its own."""
    import argparse
    import shutil
    import subprocess
    import sys
    import tempfile
    import time

    parser = argparse.ArgumentParser(prog="python -m benchmarks network", description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000, help="buildings (default: 100,000)")
    parser.add_argument("--data", type=Path, help="keep the network made there, and use it again")
    parser.add_argument("--whole", type=int, default=20, help="PM that get their fibres and routes (20)")
    parser.add_argument("--ipe", type=Path, help="only write the IPE file of that many rows there")
    parser.add_argument("--only", default="", help="only pages whose name holds this")
    parser.add_argument("--measure", action="store_true", help=argparse.SUPPRESS)
    wanted = parser.parse_args(arguments)
    data = wanted.data or Path(tempfile.mkdtemp(prefix="chappe-network-"))
    _house(data)
    try:
        if wanted.ipe:
            print(f"{ipe_file(wanted.ipe, wanted.rows):,} bytes")
            return 0
        if wanted.measure:
            from benchmarks.network_pages import measured

            print(f"{measured((wanted.only,) if wanted.only else ())} pages over the goal")
            return 0
        from chappe.apps.network.models import Building

        if not Building.objects.exists():
            began = time.perf_counter()
            load(wanted.rows)
            taken = time.perf_counter() - began
            print(f"made {wanted.rows:,} buildings in {taken:.0f} s ({wanted.rows / taken:,.0f} a second)", flush=True)
            print(f"{cable(wanted.whole):,} routes walked in {wanted.whole} PM", flush=True)
        command = [
            sys.executable,
            "-m",
            "benchmarks",
            "network",
            "--measure",
            "--data",
            str(data),
            "--only",
            wanted.only,
        ]
        return subprocess.run(command, check=False).returncode
    finally:
        if not wanted.data:
            shutil.rmtree(data, ignore_errors=True)


def _house(data: Path) -> None:
    """The database of a data folder (or the one that CHAPPE_DATABASE_URL names), migrated."""
    import os

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chappe.web.settings")
    os.environ["CHAPPE_DATA"] = str(data)
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
