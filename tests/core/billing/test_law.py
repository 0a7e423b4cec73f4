"""VAT and mentions as the dated tables have them, the sums of a document, the chain of the journal."""

import datetime as dt

import pytest

from chappe.core.base.money import to_nano
from chappe.core.billing import chain, law, mentions, totals, vat
from chappe.core.billing.document import CREDIT_NOTE, Address, Document, Line, Party, from_data

DAY = dt.date(2026, 11, 1)
OPERATOR = vat.Buyer(is_operator=True, is_reseller_proved=True, has_vat_number=True)


def decide(buyer: vat.Buyer, nature: str = "retail", rate_class: str = "standard", **more: object) -> vat.Decision:
    return vat.decide(buyer, nature=nature, rate_class=rate_class, day=more.pop("day", DAY), **more)


@pytest.mark.parametrize(
    ("buyer", "nature", "expected"),
    [
        (vat.Buyer(), "retail", ("S", "20.00", "", "")),
        (vat.Buyer("RE"), "retail", ("S", "8.50", "", "")),
        (vat.Buyer("GP", is_company=False), "retail", ("S", "8.50", "", "")),
        (vat.Buyer("GF"), "retail", ("E", "0.00", "TVA non applicable - article 294 du CGI", "")),
        (vat.Buyer("YT", is_company=False), "retail", ("E", "0.00", "TVA non applicable - article 294 du CGI", "")),
        (OPERATOR, "wholesale", ("AE", "0.00", "Autoliquidation - article 283, 2 octies du CGI", "VATEX-EU-AE")),
        (OPERATOR, "retail", ("S", "20.00", "", "")),  # what it consumes itself is retail
        (OPERATOR, "other", ("S", "20.00", "", "")),  # the S part is no communication service
        (vat.Buyer(), "wholesale", ("S", "20.00", "", "")),  # not an operator
        (
            vat.Buyer(forced="exempt", exempt_reason="Franchise diplomatique, art. 262 du CGI"),
            "retail",
            ("E", "0.00", "Franchise diplomatique, art. 262 du CGI", ""),
        ),
        (
            vat.Buyer("EU", has_vat_number=True),
            "retail",
            ("AE", "0.00", "Autoliquidation - article 283-2 du CGI", "VATEX-EU-AE"),
        ),
        (vat.Buyer("EU", is_company=False), "retail", ("S", "20.00", "", "")),
        (
            vat.Buyer("EU", has_vat_number=True),
            "goods",
            ("K", "0.00", "Exonération de TVA - article 262 ter, I du CGI", "VATEX-EU-IC"),
        ),
        (vat.Buyer("XX"), "goods", ("G", "0.00", "Exonération de TVA - article 262, I du CGI", "VATEX-EU-G")),
        (OPERATOR, "goods", ("S", "20.00", "", "")),
        (vat.Buyer("XX"), "retail", ("G", "0.00", "TVA non applicable - article 259, 1° du CGI", "VATEX-EU-G")),
        (
            vat.Buyer(forced="standard", is_operator=True, is_reseller_proved=True, has_vat_number=True),
            "wholesale",
            ("S", "20.00", "", ""),
        ),
    ],
)
def test_cases_of_vat(buyer: vat.Buyer, nature: str, expected: tuple) -> None:
    found = decide(buyer, nature)
    assert (found.category, found.rate, found.reason, found.reason_code) == expected
    assert found.source


_294 = ("G", "0.00", "Exonération de TVA - article 294 du CGI", "VATEX-EU-G")


@pytest.mark.parametrize(
    ("seller", "buyer", "expected"),
    [
        ("FR", vat.Buyer("RE"), _294),
        ("FR", vat.Buyer("GP", is_company=False), _294),  # the law looks at the goods, not at who buys them
        ("FR", vat.Buyer("GF"), _294),
        ("RE", vat.Buyer("RE"), ("S", "8.50", "", "")),
        ("RE", vat.Buyer("FR"), _294),
        ("RE", vat.Buyer("MQ"), _294),
        ("GP", vat.Buyer("MQ"), ("S", "8.50", "", "")),  # one territory for VAT (CGI 294, 2)
        ("GP", vat.Buyer("RE"), _294),
        ("GP", vat.Buyer("EU", has_vat_number=True), _294),  # outside of the Union for VAT: no supply within it
        ("GF", vat.Buyer("FR"), ("E", "0.00", "TVA non applicable - article 294 du CGI", "")),
        ("FR", vat.Buyer("FR", delivered="RE"), _294),  # billed in the mainland, sent to La Réunion
        ("FR", vat.Buyer("RE", delivered="FR"), ("S", "20.00", "", "")),
        ("FR", vat.Buyer("RE", forced="standard"), ("S", "8.50", "", "")),  # imposed by hand
    ],
)
def test_goods_sent_between_the_mainland_and_overseas_are_exported(
    seller: str, buyer: vat.Buyer, expected: tuple
) -> None:
    found = decide(buyer, "goods", seller=seller)
    assert (found.category, found.rate, found.reason, found.reason_code) == expected


def test_services_follow_the_buyer_wherever_the_goods_go() -> None:
    found = decide(vat.Buyer("RE", delivered="FR"), "retail")
    assert (found.category, found.rate) == ("S", "8.50")


def test_reverse_charge_without_proof_is_refused_not_guessed() -> None:
    for buyer in (
        vat.Buyer(is_operator=True, has_vat_number=True),
        vat.Buyer(is_operator=True, is_reseller_proved=True),
    ):
        with pytest.raises(vat.VatUnknownError) as refused:
            decide(buyer, "wholesale")
        assert refused.value.code == "unproved"


def test_a_seller_without_vat_charges_none_whatever_the_buyer() -> None:
    found = decide(OPERATOR, "wholesale", is_seller_franchise=True)
    assert (found.category, found.reason_code) == ("E", "VATEX-FR-FRANCHISE")


def test_rates_are_dated_and_never_borrowed_from_another_territory() -> None:
    assert decide(vat.Buyer(), day=dt.date(2013, 12, 31)).rate == "19.60"
    assert decide(vat.Buyer(), rate_class="intermediate").rate == "10.00"
    with pytest.raises(vat.VatUnknownError):
        vat.rate_of("standard", "GF", DAY)
    with pytest.raises(vat.VatUnknownError):
        vat.rate_of("standard", "FR", dt.date(1990, 1, 1))


def test_every_rate_of_the_tables_is_in_the_closed_list() -> None:
    assert all(vat.is_allowed(row["rate"]) for row in law.table("vat_rates"))
    assert not vat.is_allowed("18.6")


def line(net: str, rate: str = "20.00", category: str = "S", section: str = "services") -> Line:
    return Line("x", to_nano(net), section=section, vat_category=category, vat_rate=rate)


def frame(**more: object) -> Document:
    return Document("F2026-000001", more.pop("kind", "380"), DAY, Party("V", Address()), Party("A", Address()), **more)


def test_vat_is_counted_once_a_rate_on_the_document() -> None:
    # three lines of 0.33 at 20 %: 0.99 × 20 % = 0.198 → 0.20; a tax a line would be 3 × 0.07 = 0.21
    made = totals.with_totals(frame(), [line("0.33")] * 3, [])
    assert (made.net, made.tax, made.gross, made.due) == tuple(to_nano(x) for x in ("0.99", "0.2", "1.19", "1.19"))
    assert totals.check(made) == []


def test_rows_by_rate_and_sections_in_their_order() -> None:
    reverse = decide(OPERATOR, "wholesale")
    made = totals.with_totals(
        frame(),
        [
            line("10", section="third_party"),
            line("100", "0.00", "AE", "communications"),
            line("5", "8.50", section="subscriptions"),
        ],
        [reverse],
    )
    assert [one.section for one in made.lines] == ["subscriptions", "communications", "third_party"]
    assert [(row.category, row.rate, row.base, row.tax) for row in made.vat] == [
        ("S", "20.00", to_nano("10"), to_nano("2")),
        ("S", "8.50", to_nano("5"), to_nano("0.43")),  # 0.425 half-up
        ("AE", "0.00", to_nano("100"), 0),
    ]
    assert made.vat[2].reason == "Autoliquidation - article 283, 2 octies du CGI"
    assert from_data(made.as_data()) == made


def test_a_negative_total_is_refused_and_a_credit_note_needs_what_it_amends() -> None:
    with pytest.raises(ValueError, match="negative"):
        totals.with_totals(frame(), [line("-1")], [])
    made = totals.with_totals(frame(kind=CREDIT_NOTE), [totals.reversed_line(line("-1"))], [])
    assert made.net == to_nano("1")
    assert totals.check(made) == ["preceding"]


def test_what_does_not_meet_is_said() -> None:
    import dataclasses

    made = totals.with_totals(frame(), [line("10")], [])
    assert totals.check(dataclasses.replace(made, net=made.net + 1)) == ["sum_of_lines", "sum_of_vat", "cents"]
    assert totals.check(dataclasses.replace(made, vat=(dataclasses.replace(made.vat[0], rate="18.60"),))) == ["rate"]


def test_mentions_of_a_company_and_of_a_private_person() -> None:
    when = mentions.situations(is_company=True, is_on_debits=True, frame="S1", has_calls=True, has_third_party=False)
    notes, sentences = mentions.mentions(DAY, "fr", when, {"discount": "2 % à 10 jours"})
    assert sorted(notes) == ["AAB", "PMD", "PMT"]
    assert notes["AAB"] == "2 % à 10 jours"
    assert "40 €" in notes["PMT"]
    assert "Option pour le paiement de la taxe d’après les débits." in sentences
    assert "Catégorie de l’opération : prestations de services." in sentences
    private = mentions.situations(
        is_company=False, is_on_debits=False, frame="S1", has_calls=False, has_third_party=True
    )
    notes, sentences = mentions.mentions(DAY, "en", private)
    assert notes == {}
    assert not any("débits" in one for one in sentences)


def test_the_chain_shows_what_was_changed_removed_or_moved() -> None:
    def entries(count: int) -> list[tuple[dict, str, str]]:
        made, before = [], chain.START
        for position in range(1, count + 1):
            entry = {"position": position, "amount": position * 100}
            made.append((entry, before, chain.link(entry, before)))
            before = made[-1][2]
        return made

    whole = entries(4)
    assert list(chain.broken(whole)) == []
    changed = [*whole[:1], ({"position": 2, "amount": 999}, *whole[1][1:]), *whole[2:]]
    assert list(chain.broken(changed)) == [(2, "hash")]
    assert list(chain.broken([whole[0], whole[2], whole[3]])) == [(3, "gap"), (3, "link")]
    assert chain.canonical({"b": 1, "a": "é"}) == '{"a":"é","b":1}'.encode()
