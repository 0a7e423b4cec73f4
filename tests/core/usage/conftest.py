"""One small tariff for all tests of files of calls: 0.02 a second to 33, 0.05 to connect, from 2020 on."""

from pathlib import Path

import pytest

from chappe.core.rating.compile import CompiledTariff, compile_tariff
from chappe.core.rating.model import Activation, Origin, PlanEntry, Price, ProfileKey, Rate, Slot, Tariff

MICRO = 1_000_000
Y2020 = 1_577_836_800 * MICRO
HEADER = "id,tenant,tor,category,direction,subject,account,destination,start,end"
GOOD = "cgrates.org,0,call,OUT,alice,,33123456,2026-01-05T10:00:00Z,2026-01-05T10:01:00Z"


def small_tariff() -> Tariff:
    rate = Rate("FRANCE", (Slot(Price(2, 2), MICRO, MICRO, 0, Price(5, 2)),))
    return Tariff(
        name="small",
        version="v1",
        destinations={"FR": {"33": Origin()}},
        plans={"PLAN": [PlanEntry("FR", "*any", rate)]},
        profiles={
            ProfileKey("OUT", "cgrates.org", "call", "*any"): [Activation(Y2020, "PLAN")],
            ProfileKey("OUT", "cgrates.org", "call", "future"): [Activation(4_070_908_800 * MICRO, "PLAN")],
            ProfileKey("OUT", "other.org", "call", "*any"): [Activation(Y2020, "PLAN")],
        },
    )


@pytest.fixture(scope="session")
def compiled() -> CompiledTariff:
    return compile_tariff(small_tariff())


@pytest.fixture
def calls(tmp_path: Path):
    """Write a file of calls; text or bytes, with the usual header unless told."""

    def write(*lines: str | bytes, header: str | bytes = HEADER, name: str = "calls.csv", end: bytes = b"\n") -> Path:
        path = tmp_path / name
        raw = [line.encode() if isinstance(line, str) else line for line in (header, *lines)]
        path.write_bytes(end.join(raw) + end)
        return path

    return write
