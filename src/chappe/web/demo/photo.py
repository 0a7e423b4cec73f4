"""Photos of the demonstration's PMs: drawn, so that nobody's picture is shown. Each is a little different, the same each time."""

import io
import random

from django.core.files.base import ContentFile
from PIL import Image, ImageDraw, ImageFont

from chappe.apps.network import photos
from chappe.apps.network.models import Pm
from chappe.kit.access.actor import Actor

WIDE, HIGH = 1200, 900
GROUND = 690  # where the pavement begins
SKIES = (((120, 170, 214), (226, 236, 242)), ((148, 163, 184), (222, 226, 230)), ((96, 156, 214), (250, 232, 205)))
PAINTS = ((201, 206, 208), (186, 194, 186), (214, 207, 190))


def build(*, actor: Actor) -> None:
    """A drawn photo for each PM that has none."""
    for rank, pm in enumerate(Pm.objects.filter(photo=None).exclude(kind="PMT").order_by("reference")):
        file = ContentFile(drawn(pm, rank), name=f"{pm.reference}.jpg")
        photos.set_photo(actor=actor, pm=pm, file=file)


def drawn(pm: Pm, rank: int) -> bytes:
    """A JPEG picture of a cabinet, a shelter or the door of a technical room."""
    chance = random.Random(f"{pm.reference} {rank}")  # noqa: S311 - a drawing
    picture = Image.new("RGB", (WIDE, HIGH))
    pen = ImageDraw.Draw(picture)
    _place(pen, chance, SKIES[rank % len(SKIES)])
    paint = PAINTS[chance.randrange(len(PAINTS))]
    draw = {"SHELTER": _shelter, "LOCAL TECHNIQUE": _room}.get(pm.location_type, _cabinet)
    draw(pen, paint, pm.reference)
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=85)
    return out.getvalue()


def _place(pen: ImageDraw.ImageDraw, chance: random.Random, sky: tuple[tuple[int, ...], tuple[int, ...]]) -> None:
    """Sky, far hills, a wall or a hedge, grass, pavement."""
    for y in range(GROUND):
        share = y / GROUND
        pen.line([(0, y), (WIDE, y)], tuple(int(a + (b - a) * share) for a, b in zip(*sky, strict=True)))
    hills = [(x, 400 + chance.randint(-36, 36)) for x in range(0, WIDE + 120, 120)]
    pen.polygon([(0, GROUND), *hills, (WIDE, GROUND)], (134, 155, 142))
    nearer = [(x, 500 + chance.randint(-22, 22)) for x in range(0, WIDE + 100, 100)]
    pen.polygon([(0, GROUND), *nearer, (WIDE, GROUND)], (104, 134, 96))
    for _bush in range(260):
        x, y, size = chance.randint(-30, WIDE), chance.randint(540, 680), chance.randint(18, 52)
        green = chance.randint(82, 126)
        pen.ellipse((x, y - size // 2, x + size, y + size // 2), (green - 40, green, green - 46))
    pen.rectangle((0, GROUND, WIDE, HIGH), (171, 168, 162))
    for y in range(GROUND + 40, HIGH, 56):
        pen.line([(0, y), (WIDE, y)], (153, 150, 145), 3)
    for x in range(-200, WIDE + 200, 150):
        pen.line([(WIDE / 2 + (x - WIDE / 2) * 0.7, GROUND), (x, HIGH)], (153, 150, 145), 3)


def _shade(paint: tuple[int, ...], by: int) -> tuple[int, ...]:
    return tuple(max(0, min(255, part + by)) for part in paint)


def _label(pen: ImageDraw.ImageDraw, at: tuple[float, float], text: str, size: int = 44) -> None:
    """The plate with the reference."""
    font = ImageFont.load_default(size)
    left, top, right, bottom = pen.textbbox(at, text, font, anchor="mm")
    pen.rounded_rectangle((left - 14, top - 9, right + 14, bottom + 9), 6, (247, 248, 250), (60, 70, 84), 2)
    pen.text(at, text, (22, 32, 60), font, anchor="mm")


def _vents(pen: ImageDraw.ImageDraw, box: tuple[int, int, int], colour: tuple[int, ...], rows: int = 6) -> None:
    left, top, right = box
    for row in range(rows):
        pen.rounded_rectangle((left, top + row * 14, right, top + row * 14 + 6), 3, colour)


def _cabinet(pen: ImageDraw.ImageDraw, paint: tuple[int, ...], reference: str) -> None:
    """A street cabinet of three doors on its plinth."""
    left, top, right, bottom = 300, 250, 900, 740
    pen.polygon([(left - 10, 770), (right + 90, 770), (right + 10, 700), (left + 20, 700)], (120, 118, 114))
    pen.rectangle((left - 8, bottom - 8, right + 8, 776), (140, 139, 136))
    pen.rectangle((left, top, right, bottom), paint, _shade(paint, -70), 3)
    pen.polygon(
        [(left - 18, top), (right + 18, top), (right, top - 28), (left, top - 28)],
        _shade(paint, 16),
        _shade(paint, -70),
    )
    third = (right - left) // 3
    for number in range(3):
        a, b = left + number * third + 10, left + (number + 1) * third - 10
        pen.rectangle((a, top + 14, b, bottom - 18), _shade(paint, 7), _shade(paint, -44), 2)
        _vents(pen, (a + 36, top + 40, b - 36), _shade(paint, -60))
        _vents(pen, (a + 36, bottom - 110, b - 36), _shade(paint, -60), 5)
        pen.rounded_rectangle((b - 30, 470, b - 18, 540), 5, (70, 76, 84))
    _label(pen, ((left + right) / 2, top + 170), reference)
    pen.polygon([(350, 460), (400, 460), (375, 416)], (250, 204, 21), (30, 30, 30))
    pen.line([(375, 428), (375, 446)], (30, 30, 30), 5)
    pen.ellipse((372, 450, 378, 456), (30, 30, 30))


def _shelter(pen: ImageDraw.ImageDraw, paint: tuple[int, ...], reference: str) -> None:
    """A concrete shelter with a flat roof, a door and a cooler."""
    pen.polygon([(180, 780), (1100, 780), (1010, 706), (250, 706)], (128, 126, 120))
    pen.rectangle((220, 230, 980, 750), paint, _shade(paint, -60), 3)
    pen.rectangle((196, 196, 1004, 240), _shade(paint, -36), _shade(paint, -80), 3)
    for x in range(260, 980, 62):
        pen.line([(x, 244), (x, 748)], _shade(paint, -14), 3)
    pen.rectangle((300, 350, 500, 748), (82, 110, 98), (44, 62, 54), 4)
    _vents(pen, (335, 384, 465), (52, 74, 64), 7)
    pen.rounded_rectangle((466, 540, 482, 600), 6, (210, 214, 216))
    pen.rectangle((700, 560, 880, 720), (222, 224, 224), (120, 124, 126), 3)
    pen.ellipse((735, 584, 855, 704), (58, 62, 66), (120, 124, 126), 4)
    for turn in ((735, 644, 855, 644), (795, 584, 795, 704)):
        pen.line(turn, (120, 124, 126), 3)
    _label(pen, (760, 420), reference, 46)


def _room(pen: ImageDraw.ImageDraw, paint: tuple[int, ...], reference: str) -> None:
    """The door of a technical room in a rendered wall."""
    wall = _shade(paint, 22)
    pen.rectangle((120, 120, 1080, 760), wall, _shade(wall, -60), 3)
    for row in range(5):
        for column in range(9):
            x, y = 120 + column * 120 - (row % 2) * 60, 640 + row * 24
            pen.rectangle((max(120, x), y, min(1080, x + 116), y + 22), _shade(wall, -34 - (column * 7 + row * 3) % 18))
    pen.rectangle((400, 210, 800, 760), (96, 102, 112), (52, 56, 64), 5)
    pen.line([(600, 214), (600, 756)], (52, 56, 64), 4)
    for left in (440, 640):
        _vents(pen, (left, 270, left + 120), (66, 72, 80), 8)
        _vents(pen, (left, 620, left + 120), (66, 72, 80), 6)
    pen.rounded_rectangle((560, 470, 576, 550), 6, (214, 218, 222))
    pen.rectangle((860, 330, 960, 440), (232, 234, 236), (120, 124, 126), 3)
    pen.ellipse((894, 366, 926, 398), (52, 56, 64))
    _label(pen, (600, 166), reference, 48)
