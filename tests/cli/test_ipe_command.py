"""``chappe ipe`` at the terminal: what a file says is written out, never obeyed; numbers agree; a folder is called one."""

import pytest
from typer.testing import CliRunner

from chappe.cli import manners
from chappe.cli.ipe import ipe
from tests.core.interop.support import line, text_of


@pytest.fixture(autouse=True)
def _french(monkeypatch):
    monkeypatch.setenv("CHAPPE_LANG", "fr")
    manners.language.cache_clear()
    yield
    manners.language.cache_clear()


def test_control_characters_of_a_file_are_written_out(tmp_path):
    file = tmp_path / "a.csv"
    file.write_text(text_of(line(EtatImmeuble="\x1b[31mROUGE\x07")))
    told = CliRunner().invoke(ipe, ["check", str(file)])
    assert "\\x1b[31mROUGE\\x07" in told.stdout
    assert not {"\x1b", "\x07"} & set(told.stdout)
    assert told.exit_code == manners.SOME_REJECTED


def test_numbers_agree_and_the_version_is_told_when_there_is_one(tmp_path):
    file = tmp_path / "a.csv"
    file.write_text(text_of(line()))
    told = CliRunner().invoke(ipe, ["check", str(file)])
    assert "1 ligne, 0 ligne refusée\u00a0; 0 erreur, " in told.stderr
    assert told.stderr.endswith("Version\u00a0: 3.0.\n")
    file.write_text("IdentifiantImmeuble;EtatImmeuble;CodeInseeImmeuble\nA;CI;39198\nB;CI;39198\n")
    told = CliRunner().invoke(ipe, ["check", str(file)])
    assert "2 lignes, 0 ligne refusée\u00a0; 0 erreur, " in told.stderr
    assert told.stderr.endswith("Ses colonnes ne sont celles d’aucune version connue.\n")


@pytest.mark.parametrize("command", [["check"], ["import"]])
def test_a_folder_is_no_file_and_a_file_no_folder(tmp_path, command):
    told = CliRunner().invoke(ipe, [*command, str(tmp_path)])
    assert (told.exit_code, told.stderr.splitlines()[0]) == (
        manners.NOT_RUN,
        f"chappe\u00a0: {tmp_path} est un dossier, pas un fichier",
    )
    file = tmp_path / "a.csv"
    file.write_text("")
    told = CliRunner().invoke(ipe, ["export", "--out", str(file / "in")])
    assert told.exit_code == manners.NOT_RUN
    assert f"{file} est un fichier, pas un dossier" in told.stderr
    assert file.read_text() == ""


@pytest.mark.parametrize(("kind", "told_so"), [("DELTA", True), ("FULL", False)])
def test_a_delta_beside_a_full_file_says_what_the_difference_is_worth(tmp_path, kind, told_so):
    before, after = (
        tmp_path / "TELE_39_PM_IPEZMD_V30_20261031_01_FULL.csv",
        tmp_path / f"TELE_39_PM_IPEZMD_V30_20261101_01_{kind}.csv",
    )
    before.write_text(text_of(line(IdentifiantImmeuble="A"), line(IdentifiantImmeuble="B")))
    after.write_text(text_of(line(IdentifiantImmeuble="B")))
    told = CliRunner().invoke(ipe, ["diff", str(before), str(after)])
    assert told.stderr.startswith("1 différence.")
    assert ("ne dit que ce qui a changé" in told.stderr) is told_so
