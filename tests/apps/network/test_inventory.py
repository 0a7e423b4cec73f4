"""Verbs of the inventory: what they write beside the row, what they refuse, and that a refusal changes nothing."""

import io
import struct
import zlib

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from chappe.apps.network import photos, queries, seats, services
from chappe.apps.network.forms import BuildingForm, PboForm, PmForm, ReferenceField
from chappe.apps.network.models import Building, Cable, Change, Fibre, Module, Pbo, Pm, PmLink, Position, Prdm
from chappe.kit.access.actor import Actor
from chappe.kit.audit import services as audit
from chappe.kit.audit.models import AuditEntry
from chappe.kit.documents.models import StoredFile
from chappe.kit.screens import registry
from chappe.kit.screens.views.dependants import dependants
from tests.contracts.screens import body

pytestmark = pytest.mark.django_db
SYSTEM = Actor.system("test")


def told() -> list[tuple[str, str, str, str, str, str]]:
    return [(c.thing, c.reference, c.event, c.field, c.old, c.new) for c in Change.objects.order_by("pk")]


def make(model, **data):
    return services.create(model, actor=SYSTEM, data=data)


def test_a_building_is_placed_folded_and_told():
    row = make(Building, reference="IMB/39198/X/0001", street_type="RUE", street="DES TANNEURS", number=12, number_suffix="B",
               city="Dôle", insee="39198", projection="RGF93", x=890_000.0, y=6_650_000.0)  # fmt: skip
    assert row.search == "des tanneurs 12 b dole"
    assert (round(row.longitude, 4), round(row.latitude, 4)) == (5.4973, 46.9231)
    assert row.cell is not None
    assert told() == [("building", "IMB/39198/X/0001", "CREATION", "", "", "")]
    assert AuditEntry.objects.filter(object_pk=str(row.pk), verb="created").count() == 1


def test_a_change_is_told_field_by_field_and_only_when_there_is_one():
    pm = make(Pm, reference="PM-1", state="PLANIFIE")
    services.update(actor=SYSTEM, object=pm, data={"state": "DEPLOYE", "capacity": 800})
    services.update(actor=SYSTEM, object=pm, data={"state": "DEPLOYE"})
    assert told()[1:] == [
        ("pm", "PM-1", "MODIFICATION", "state", "PLANIFIE", "DEPLOYE"),
        ("pm", "PM-1", "MODIFICATION", "capacity", "", "800"),
    ]
    assert Pm.objects.get().modified_on is not None


def test_what_hangs_on_a_pm_keeps_it():
    pm = make(Pm, reference="PM-1")
    make(Building, reference="IMB-1", pm=pm)
    make(Building, reference="IMB-2", pm=pm)
    before = told()
    with pytest.raises(ValidationError) as refusal:
        services.delete(actor=SYSTEM, object=pm)
    assert "2 immeubles" in refusal.value.messages[0]
    assert Pm.objects.filter(pk=pm.pk).exists()
    assert told() == before


def test_the_page_that_refuses_a_deletion_leads_to_what_must_go_first(client, alice, bruno):
    """The first five of each kind, for who may open them."""
    pm = make(Pm, reference="PM-1")
    rows = [make(Building, reference=f"IMB-{n}", pm=pm) for n in range(1, 8)]
    client.force_login(alice)
    asked = client.get(registry.url("network.pm", "delete", pk=pm.pk))
    assert asked.status_code == 200
    [line] = asked.context["blocked"]
    for row in rows[:5]:
        assert f'href="{registry.url("network.building", "detail", pk=row.pk)}">{row.reference}</a>' in line
    assert line.startswith("7 ")
    assert line.endswith(", …)")
    assert "IMB-6" not in line
    [said] = dependants(pm, bruno)[1]  # who has no part in the network is told how many, and not which
    assert said.startswith("7 ")
    assert "IMB" not in said
    assert "<a" not in said
    for row in rows[1:]:
        services.delete(actor=SYSTEM, object=row)
    [line] = client.get(registry.url("network.pm", "delete", pk=pm.pk)).context["blocked"]
    assert line.startswith("1 ")
    assert line.endswith("IMB-1</a>)")


def test_a_link_that_goes_is_told_by_its_pm():
    pm, prdm = make(Pm, reference="PM-1"), make(Prdm, reference="PRDM-1")
    link = make(PmLink, pm=pm, prdm=prdm)
    services.delete(actor=SYSTEM, object=link)
    assert told()[-1] == ("link", "PM-1", "SUPPRESSION", "", "", "")
    assert not PmLink.objects.exists()


def test_a_pmt_stands_under_a_pmr():
    plain, group = make(Pm, reference="PM-1"), make(Pm, reference="PMR-1", kind="PMR")
    with pytest.raises(ValidationError) as refusal:
        make(Pm, reference="PMT-1", kind="PMT", parent=plain)
    assert list(refusal.value.error_dict) == ["parent"]
    assert make(Pm, reference="PMT-1", kind="PMT", parent=group).parent == group
    assert Pm.objects.count() == 3


def test_a_cable_has_its_fibres_and_does_not_shrink_under_what_is_joined():
    pm = make(Pm, reference="PM-1")
    cable = make(Cable, reference="CDI-1", pm=pm, capacity=24)
    module = make(Module, pm=pm, name="T1", capacity=12)
    assert (cable.fibres.count(), module.positions.count()) == (24, 12)
    services.update(actor=SYSTEM, object=module.positions.get(number=1), data={"fibre": cable.fibres.get(number=20)})
    with pytest.raises(ValidationError) as refusal:
        services.update(actor=SYSTEM, object=cable, data={"capacity": 12})
    assert list(refusal.value.error_dict) == ["capacity"]
    assert (Cable.objects.get().capacity, Fibre.objects.count()) == (24, 24)
    services.update(actor=SYSTEM, object=cable, data={"capacity": 20})
    assert Fibre.objects.count() == 20
    with pytest.raises(ValidationError, match="1 de ses positions"):
        services.delete(actor=SYSTEM, object=module)
    assert Position.objects.count() == 12


def test_a_partner_writes_nothing(bruno):
    with pytest.raises(PermissionDenied):
        services.create(Pm, actor=Actor(user=bruno, via="page"), data={"reference": "PM-1"})
    assert not Pm.objects.exists()


ADDRESSES = [
    ("12 rue des Tanneurs, Dole", ["A"]),
    ("tanneurs", ["A", "B", "C"]),
    ("des tanneurs", ["A", "B", "C"]),
    ("TANNEURS Dole", ["A", "B"]),
    ("39100 tanneurs", ["A", "B"]),
    ("dole", ["A", "B", "D"]),
    ("avenue de la gare", ["D"]),
    ("14b tanneurs", ["B"]),
    ("tanneurs arbois", ["C"]),
    ("nulle part", []),
]


@pytest.mark.parametrize(("text", "found"), ADDRESSES)
def test_an_address_is_found_as_people_write_it(text, found):
    from chappe.apps.parties.models import Commune

    Commune.objects.create(insee="39198", name="Dole", postal_codes="39100")
    Commune.objects.create(insee="39013", name="Arbois", postal_codes="39600")
    rows = [("A", "DES TANNEURS", 12, "", "39198", "Dole"), ("B", "DES TANNEURS", 14, "B", "39198", "Dole"),
            ("C", "DES TANNEURS", 12, "", "39013", "Arbois"), ("D", "DE LA GARE", 3, "", "39198", "Dole")]  # fmt: skip
    queries._communes.cache_clear()
    for reference, street, number, suffix, insee, city in rows:
        make(Building, reference=reference, street=street, number=number, number_suffix=suffix, insee=insee, city=city)
    assert list(Building.objects.filter(queries.building(text)).values_list("reference", flat=True)) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [("Dole", ["A"]), ("dol", ["A"]), ("aunier", ["B"]), ("VILLERS", ["C"]), ("villers", ["C"]), ("a", ["A", "B", "C"]), ("nulle part", [])],
)  # fmt: skip
def test_a_commune_is_found_by_a_part_of_its_name_or_as_the_row_writes_it(text, found, monkeypatch):
    from chappe.apps.network.screens import in_commune
    from chappe.apps.parties.models import Commune

    monkeypatch.setattr(queries, "MOST_COMMUNES", 1)  # “a” is in both names: the rows themselves are looked into
    Commune.objects.create(insee="39198", name="Dole-la-Ville", postal_codes="39100")
    Commune.objects.create(insee="39300", name="Lons-le-Saunier", postal_codes="39000")
    queries._communes.cache_clear()
    for reference, insee, city in (
        ("A", "39198", "Dole-la-Ville"),
        ("B", "39300", "Lons-le-Saunier"),
        ("C", "", "VILLERS LA COMBE"),
    ):
        make(Building, reference=reference, insee=insee, city=city)
    assert list(Building.objects.filter(in_commune(text)).values_list("reference", flat=True)) == found


def _picture(kind="PNG", size=(1600, 900), **more):
    made = io.BytesIO()
    Image.new("RGB", size, "red").save(made, kind, **more)
    return made.getvalue()


def test_the_photo_is_a_picture_by_its_content_shown_to_whoever_sees_the_pm(client, alice, bruno):
    pm = make(Pm, reference="PM-1")
    for name, raw in (("x.png", b"<b>"), ("x.png", _picture()[:60]), ("x.gif", _picture("GIF"))):
        with pytest.raises(ValidationError):
            photos.set_photo(actor=SYSTEM, pm=pm, file=SimpleUploadedFile(name, raw, "image/png"))
    assert Pm.objects.get().photo is None
    raw = _picture()
    photos.set_photo(
        actor=SYSTEM, pm=pm, file=SimpleUploadedFile("pm.bin", raw, "text/html")
    )  # what a browser says is not asked
    address = registry.url("network.photo", pk=pm.pk)
    client.force_login(alice)
    answer = client.get(address)
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/png")
    assert b"".join(answer.streaming_content) == raw
    small = client.get(f"{address}?small")
    assert small["Content-Type"] == "image/jpeg"
    with Image.open(io.BytesIO(b"".join(small.streaming_content))) as shown:
        assert shown.size == (960, 540)
    assert f'src="{address}?v='.encode() in client.get(registry.object_url(pm)).content
    client.force_login(bruno)
    assert client.get(address).status_code in {403, 404}


def test_a_photo_is_turned_upright_replaced_and_taken_away(client, alice):
    pm, client_of = make(Pm, reference="PM-1"), registry.url
    exif = Image.Exif()
    exif[0x0112] = 6  # taken with the telephone on its side
    photos.set_photo(actor=SYSTEM, pm=pm, file=SimpleUploadedFile("a.jpg", _picture("JPEG", (400, 200), exif=exif)))
    with pm.photo_small.open() as kept, Image.open(kept) as shown:
        assert (shown.size, dict(shown.getexif())) == ((200, 400), {})
    photos.set_photo(actor=SYSTEM, pm=pm, file=SimpleUploadedFile("b.webp", _picture("WEBP", (40, 20))))
    client.force_login(alice)
    answer = client.post(client_of("network.pm", "action", pk=pm.pk, name="remove-photo"))
    assert answer.status_code in {200, 302}
    pm.refresh_from_db()
    assert (pm.photo, pm.photo_small) == (None, None)
    assert client.get(client_of("network.photo", pk=pm.pk)).status_code == 404
    with pytest.raises(ValidationError):
        photos.remove_photo(actor=SYSTEM, pm=pm)
    verbs = list(audit.history(pm).values_list("verb", flat=True))
    assert verbs == ["network.photo-removed", "network.photo", "network.photo-added", "created"]


def test_a_photo_too_large_is_refused_before_it_is_kept(monkeypatch):
    pm = make(Pm, reference="PM-1")
    monkeypatch.setattr(photos, "MAX_BYTES", 100)
    with pytest.raises(ValidationError):
        photos.set_photo(actor=SYSTEM, pm=pm, file=SimpleUploadedFile("a.png", _picture() + b" " * 200))
    monkeypatch.undo()
    monkeypatch.setattr(photos, "MAX_PIXELS", 100)
    with pytest.raises(ValidationError):
        photos.set_photo(actor=SYSTEM, pm=pm, file=SimpleUploadedFile("a.png", _picture()))
    assert (Pm.objects.get().photo, StoredFile.objects.count()) == (None, 0)


def test_a_wall_of_pixels_in_a_small_file_is_refused_by_what_its_head_says():
    pm = make(Pm, reference="PM-1")
    head = _picture(size=(4, 4))
    for wide, high in ((8000, 8000), (12_000, 12_000), (2**31 - 1, 2**31 - 1)):  # Pillow takes, warns, refuses
        ihdr = b"IHDR" + struct.pack(">II", wide, high) + head[24:29]
        raw = head[:12] + ihdr + struct.pack(">I", zlib.crc32(ihdr)) + head[33:]
        with pytest.raises(ValidationError, match="60 million"):
            photos.set_photo(actor=SYSTEM, pm=pm, file=SimpleUploadedFile("a.png", raw))
    assert (Pm.objects.get().photo, StoredFile.objects.count()) == (None, 0)


@pytest.mark.parametrize("form", [PmForm, BuildingForm])
def test_a_long_form_shows_each_of_its_fields_once(form):
    shown = [bound.name for _title, some in form().field_groups for bound in some]
    assert sorted(shown) == sorted(form().fields)
    assert PboForm().field_groups == []


@pytest.mark.parametrize("typed", ["²", "9" * 5000, "PM-1/²", "PM-1/" + "9" * 5000], ids=lambda text: text[:8])
def test_a_reference_that_looks_like_a_number_is_no_failure(typed):
    for model in (Pm, Fibre):
        with pytest.raises(ValidationError) as refused:
            ReferenceField(queryset=model.objects.all()).clean(typed)
        assert (refused.value.code, len(refused.value.messages[0]) < 120) == ("invalid_choice", True)


def test_the_door_code_is_encrypted_hidden_and_its_reading_is_written_down(client, alice):
    pm = make(Pm, reference="PM-1", access_note="Code 1794A")
    client.force_login(alice)
    for name in ("detail", "update"):
        assert "1794A" not in body(client.get(registry.url("network.pm", name, pk=pm.pk)))
    assert "1794A" in body(client.post(registry.url("network.pm", "reveal", pk=pm.pk, name="access_note")))
    assert AuditEntry.objects.filter(verb="screens.secret_shown", object_pk=str(pm.pk)).count() == 1


def test_positions_are_given_all_or_none(bruno, chloe):
    pm = make(Pm, reference="PM-1")
    module = make(Module, pm=pm, name="T1", capacity=3)
    rows = list(module.positions.select_related("module__pm", "operator"))
    assert services.patch(actor=SYSTEM, positions=rows[:1], operator=chloe.organisation) == 1
    with pytest.raises(ValidationError, match="libérez-la d’abord"):
        services.patch(actor=SYSTEM, positions=rows, operator=bruno.organisation)
    assert list(module.positions.values_list("operator", flat=True)) == [chloe.organisation.pk, None, None]


def test_pbo_closures_count_as_boxes():
    assert make(Pbo, reference="BPE-1", kind="BPE").kind == "BPE"


def test_cables_and_modules_are_found_by_the_positions_between_them(monkeypatch):
    pm = make(Pm, reference="PM-1")
    cables = [make(Cable, reference=f"CDI-{n}", capacity=12, pm=pm) for n in (1, 2, 3)]
    modules = [make(Module, pm=pm, name=f"TIROIR {n}", capacity=24) for n in (1, 2, 3)]
    for cable in cables[:2]:
        for fibre in cable.fibres.all():
            seat = modules[0 if cable == cables[0] else 1].positions.get(
                number=fibre.number + (12 if cable == cables[1] else 0)
            )
            seat.fibre = fibre
            seat.save()
    shown = {
        row.reference: (row.seat_names(), row.seat_numbers()) for row in seats.of_cables(Cable.objects.all(), None)
    }
    assert shown == {"CDI-1": ("TIROIR 1", "1–12"), "CDI-2": ("TIROIR 2", "13–24"), "CDI-3": ("", "")}
    shown = {row.name: (row.seat_names(), row.seat_numbers()) for row in seats.of_modules(Module.objects.all(), None)}
    assert shown == {"TIROIR 1": ("CDI-1", "1–12"), "TIROIR 2": ("CDI-2", "13–24"), "TIROIR 3": ("", "")}

    def found(model, where):
        return [str(getattr(row, "reference", "") or row.name) for row in model.objects.filter(where).order_by("pk")]

    assert found(Cable, seats.cable_at_position("13")) == ["CDI-2"]
    assert found(Cable, seats.cable_at_position("treize")) == []
    assert found(Module, seats.module_with_position(" 12 ")) == ["TIROIR 1"]
    for few in (200, 0):  # asked one by one, or row by row
        monkeypatch.setattr(seats, "FEW", few)
        assert found(Cable, seats.cable_in_module("tiroir 2")) == ["CDI-2"]
        assert found(Module, seats.module_of_cable("cdi-1")) == ["TIROIR 1"]
