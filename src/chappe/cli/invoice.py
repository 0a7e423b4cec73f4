"""``chappe invoice …``: check any Factur-X, CII or UBL file by the official rules, draw a document; without a database."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chappe.cli.manners import FINE, SOME_REJECTED, fail, language, put, put_issues, put_json, say, tell

if TYPE_CHECKING:
    from chappe.core.billing.document import Document

_ = say

app = typer.Typer(
    help=_("Check an electronic invoice, draw one from its data."), no_args_is_help=True, add_completion=False
)

FORMATS = ("pdf", "cii", "ubl", "png")


@app.command(
    help=_("Check invoices by the schema and the rules of EN 16931, Factur-X and France.\n\nExample: chappe invoice check FA2026-1.pdf")
)  # fmt: skip
def check(
    files: Annotated[list[Path], typer.Argument(help=_("PDF (Factur-X) or XML (CII, UBL) files."))],
    sets: Annotated[str, typer.Option("--rules", help=_("Rules to run, parted by commas."))] = "cen,facturx,br-fr",
    as_json: Annotated[bool, typer.Option("--json", help=_("Answer in JSON, for programs."))] = False,
) -> None:
    from chappe.connectors.einvoice.check import check_file
    from chappe.connectors.einvoice.rules import close, passes
    from chappe.core.einvoice.sentences import SETS

    chosen = [name.strip() for name in sets.split(",") if name.strip()]
    if unknown := [name for name in chosen if name not in SETS]:
        fail(
            _("there are no rules named {name}").format(name=unknown[0]),
            _("Rules: {names}.").format(names=", ".join(SETS)),
        )
    told, refused = [], 0
    try:
        for path in files:
            issues = check_file(path.read_bytes(), chosen, file=path.name)
            refused += not passes(issues)
            told.append(
                {"file": str(path), "passes": passes(issues), "issues": [i.as_dict(language()) for i in issues]}
            )
            if not as_json:
                put_issues(issues)
                tell(
                    (_("{file}: every rule passes.") if passes(issues) else _("{file}: refused.")).format(
                        file=path.name
                    )
                )
    finally:
        close()
    if as_json:
        put_json(told)
    raise typer.Exit(SOME_REJECTED if refused else FINE)


@app.command(
    help=_("Draw a document from its JSON data.\n\nExample: chappe invoice draw document.json --out invoice.pdf")
)
def draw(
    document: Annotated[
        Path, typer.Argument(help=_("JSON of the document, or the name of a sample: company, person…"))
    ],
    out: Annotated[Path, typer.Option(help=_("File to write: its end says which: .pdf, .png, -cii.xml, -ubl.xml."))],
    colour: Annotated[str, typer.Option(help=_("Colour of the brand, such as #1d4ed8."))] = "#1d4ed8",
    logo: Annotated[Path | None, typer.Option(help=_("PNG, JPEG or SVG picture."))] = None,
) -> None:
    from chappe.connectors.einvoice.look import Look
    from chappe.connectors.einvoice.production import CII, PDF, UBL, make
    from chappe.connectors.einvoice.rules import close
    from chappe.connectors.einvoice.typst import DrawingError, preview

    made = _read(document)
    look = Look(colour=colour, logo=logo.read_bytes() if logo else b"")
    kind = UBL if out.name.endswith("ubl.xml") else CII if out.suffix == ".xml" else PDF
    try:
        if out.suffix == ".png":
            out.write_bytes(preview(made, look)[0])
            raise typer.Exit(FINE)
        result = make(made, look, kinds=(kind,))
    except DrawingError as error:
        fail(_("the document cannot be drawn: {detail}").format(detail=error))
    finally:
        close()
    out.write_bytes(result.files[kind])
    put_issues(result.issues)
    put(str(out))
    raise typer.Exit(FINE if result.is_good else SOME_REJECTED)


def _read(path: Path) -> "Document":
    from chappe.core.billing.document import from_data
    from chappe.core.einvoice.samples import SAMPLES

    if not path.exists() and path.name in SAMPLES:
        return SAMPLES[path.name]()
    try:
        return from_data(json.loads(path.read_text("utf-8")))
    except (ValueError, TypeError, KeyError) as error:
        fail(
            _("{path} is not a document: {detail}").format(path=path, detail=error),
            _("Samples: {names}.").format(names=", ".join(SAMPLES)),
        )
