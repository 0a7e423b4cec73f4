"""Compiled code is kept on disk only for the source it was made of (core/base/machine.py)."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from chappe.core.base import machine
from chappe.core.rating.compile import compile_tariff
from chappe.core.rating.contract import Calls, Priced
from chappe.core.rating.kernel import rate_all, rate_arrays

from .build import call, simple, slot

KINDS = ("i4", "u1", "i8", "i4", "i8", "i8", "i4", "u1", "u1", "u1")  # of the columns of Calls

PROGRAM = """
import sys
sys.path.insert(0, sys.argv[1])
from sample.one import answer
print(answer())
"""


def run(folder: Path) -> str:
    done = subprocess.run([sys.executable, "-c", PROGRAM, str(folder)], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_a_change_of_a_module_that_an_entry_uses_is_noticed(tmp_path: Path):
    """numba alone would go on using the machine code of the old constant."""
    package = tmp_path / "sample"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "two.py").write_text("NUMBER = 1\n")
    (package / "one.py").write_text(
        "from chappe.core.base.machine import entry\n"
        "from sample.two import NUMBER\n\n\n"
        '@entry("sample")\n'
        "def answer():\n"
        "    return NUMBER\n"
    )
    assert run(tmp_path) == "1"
    assert list((package / "__pycache__").glob("*.nbi"))
    (package / "two.py").write_text("NUMBER = 1 + 1\n")
    assert run(tmp_path) == "2"


def test_without_a_folder_to_write_it_is_compiled_at_each_start(monkeypatch: pytest.MonkeyPatch):
    def refuse(self: object) -> None:
        raise RuntimeError("cannot cache function: no locator available")

    monkeypatch.setattr("numba.core.dispatcher.Dispatcher.enable_caching", refuse)

    @machine.entry("chappe.core.base")
    def double(n):
        return n * 2

    assert double(21) == 42


def test_the_kernel_is_compiled_once():
    """With and without a trace, from Arrow or not: one signature."""
    tariff = simple(slot("1"))
    assert call(tariff, "2024-01-01T00:00:00Z", 1).piece_count == 1
    calls = Calls(*(np.frombuffer(b"", kind) for kind in KINDS))
    rate_arrays(compile_tariff(tariff), calls, Priced.empty(0))
    assert len(rate_all.signatures) == 1
