"""What a list draws without a template: cells by a function, filters, boxes of columns. Nothing said by a person becomes HTML."""

from django.utils.html import format_html

from chappe.apps.parties.models import Contact
from chappe.kit.screens.cells import Painter
from chappe.kit.screens.controls import HeaderFilter, column_boxes
from chappe.kit.screens.declare import Column

from .conftest import contact_screen

BAD = '"><b>&'
ESCAPED = "&quot;&gt;&lt;b&gt;&amp;"


def test_a_cell_drawn_by_a_function_is_escaped_unless_it_is_marked_safe():
    painter, row = Painter(contact_screen(), None), Contact(pk=7, last_name=BAD)
    text = Column(name="last_name", label="Nom", draw=lambda one: one.last_name)
    html = Column(name="last_name", label="Nom", draw=lambda one: format_html("<i>{}</i>", one.pk))
    assert painter.cell(text, row) == ESCAPED
    assert painter.cell(html, row) == "<i>7</i>"
    assert painter.cell(html, row, link=True) == '<a href="/test/contact/7/"><i>7</i></a>'


def test_a_cell_drawn_by_a_function_has_its_second_line():
    drawn = Column(name="last_name", label="Nom", second="email", draw=lambda one: "x")
    assert (
        Painter(contact_screen(), None).cell(drawn, Contact(pk=7, email="a@b.fr")).startswith('x<div class="ch-dim">')
    )


def test_filters_say_what_was_asked_and_nothing_else():
    text = str(HeaderFilter("text", "city", BAD, (BAD,), bad=True))
    assert f'value="{ESCAPED}"' in text and f"{ESCAPED} contient" in text and "is-invalid" in text
    choice = str(HeaderFilter("choice", "state", "État", ("b",), (("a", "A"), ("b", BAD))))
    assert f'<option value="b" selected>{ESCAPED}</option>' in choice and '<option value="a">A</option>' in choice
    assert "<b>" not in text + choice
    both = str(HeaderFilter("range", "n", "Nombre", ("1", "9")))
    assert 'name="n_min" id="f-n-min" value="1"' in both and 'name="n_max" id="f-n-max" value="9"' in both
    days = str(HeaderFilter("dates", "on", "Jour", ("2026-11-01", "")))
    assert (
        'type="date"' in days and 'name="on_from" id="f-on-from" value="2026-11-01"' in days and 'name="on_to"' in days
    )
    assert "commence par" in str(HeaderFilter("starts", "ref", "Référence", ("",)))


def test_every_column_has_its_box_and_its_place():
    shown, hidden = Column(name="a", label=BAD), Column(name="b", label="B")
    drawn = column_boxes([(shown, True), (hidden, False)])
    assert 'name="column" value="a" checked' in drawn and 'name="column" value="b">' in drawn
    assert 'name="order-a" value="1"' in drawn and 'name="order-b" value="2"' in drawn
    assert "<b>" not in drawn
