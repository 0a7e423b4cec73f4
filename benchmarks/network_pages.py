"""The pages of the network over millions of buildings: made once, then each page asked whole by a process of its own."""

import logging
import time
from typing import Any

from chappe.core.base.stack import with_room

GOAL = 0.2
#: name, screen, parameters; {…} are filled from a building in the middle of the network
PAGES: tuple[tuple[str, str, str], ...] = (
    ("PRDM", "network.prdm", ""),
    ("PM, first page", "network.pm", ""),
    ("PM, last pages", "network.pm", "page={pm_page}"),
    ("PM, a state", "network.pm", "state=PLANIFIE"),
    ("PM, a commune", "network.pm", "city={city}"),
    ("PM, a postal code", "network.pm", "postal_code={postal_code}"),
    ("PM, beginning of a reference", "network.pm", "reference={pm}"),
    ("PM, searched", "network.pm", "q={pm}"),
    ("PM, sorted by dwellings", "network.pm", "sort=-dwellings"),
    ("links, first page", "network.link", ""),
    ("links of a PRDM", "network.link", "prdm={prdm}"),
    ("links, a state", "network.link", "state=PLANIFIE"),
    ("PBO, first page", "network.pbo", "scope=all"),
    ("PBO, page 1,000", "network.pbo", "scope=all&page=1000"),
    ("PBO of a PM", "network.pbo", "scope=all&pm={pm}"),
    ("PBO, kind PBO", "network.pbo", "scope=pbo"),
    ("PBO, closures", "network.pbo", "scope=bpe"),
    ("PBO, a commune", "network.pbo", "city={city}"),
    ("PBO, kind of place", "network.pbo", "placing=FACADE"),
    ("buildings, first page", "network.building", ""),
    ("buildings, page 1,000", "network.building", "page=1000"),
    ("buildings, blocks", "network.building", "scope=block"),
    ("buildings, houses", "network.building", "scope=house"),
    ("buildings, page 200 of blocks", "network.building", "scope=block&page=200"),
    ("buildings, a rare state", "network.building", "state=SIGNE"),
    ("buildings, a common state", "network.building", "state=DEPLOYE"),
    ("buildings, abandoned", "network.building", "state=ABANDONNE"),
    ("buildings, a commune", "network.building", "city={city}"),
    ("buildings, a commune and a state", "network.building", "city={city}&state=DEPLOYE"),
    ("buildings, an INSEE code", "network.building", "insee={insee}"),
    ("buildings, a postal code", "network.building", "postal_code={postal_code}"),
    ("buildings of a PM", "network.building", "pm={pm}"),
    ("buildings of a PBO", "network.building", "pbo={pbo}"),
    ("buildings, a reference", "network.building", "reference={reference}"),
    ("buildings, beginning of a reference", "network.building", "reference=IMB/39"),
    ("buildings, an unknown reference", "network.building", "reference=nobody"),
    ("buildings, whole address", "network.building", "q={address}"),
    ("buildings, street alone", "network.building", "q=rue+pasteur"),
    ("buildings, street and commune", "network.building", "q={street}+{city}"),
    ("buildings, commune alone", "network.building", "q={city}"),
    ("buildings, an unknown street", "network.building", "q=rue+des+zygomorphes"),
    ("buildings, an identifier searched", "network.building", "q={reference}"),
    ("buildings, address filter", "network.building", "address={street}"),
    ("buildings, dwellings from 12", "network.building", "dwellings_min=12"),
    ("buildings, changed lately", "network.building", "modified_on_from={lately}"),
    ("buildings, cabled that day", "network.building", "cabled_on_from={cabled}&cabled_on_to={cabled}"),
    ("buildings, zone", "network.building", "zone=1"),
    ("buildings, a BAN key", "network.building", "ban={ban}"),
    ("buildings, kind of PBO", "network.building", "pbo_type=FACADE"),
    ("buildings, a manager", "network.building", "manager=syndic"),
    ("buildings, agreement needed", "network.building", "agreement_needed=true"),
    ("buildings, sorted by address", "network.building", "sort=address"),
    ("buildings, sorted by dwellings", "network.building", "sort=-dwellings"),
    ("buildings, sorted by PM", "network.building", "sort=pm"),
    ("buildings, sorted by last change", "network.building", "sort=-modified_on"),
    ("PTO, first page", "network.pto", ""),
    ("PTO, page 1,000", "network.pto", "page=1000"),
    ("PTO, a state", "network.pto", "state=broken"),
    ("PTO of a building", "network.pto", "building={reference}"),
    ("PTO of a PBO", "network.pto", "pbo={pbo}"),
    ("positions, free", "network.position", "scope=free"),
    ("positions of a PM", "network.position", "pm={inside}"),
    ("positions, an operator", "network.position", "operator=1"),
    ("cables, first page", "network.cable", ""),
    ("cables, drops", "network.cable", "scope=drop"),
    ("cables of a PM", "network.cable", "scope=all&pm={inside}"),
    ("cables, by module", "network.cable", "scope=all&module=TIROIR+01"),
    ("cables, by position", "network.cable", "scope=all&positions=12"),
    ("modules, first page", "network.module", ""),
    ("modules, by position", "network.module", "fibred=12"),
    ("modules, by cable", "network.module", "cables={cable}"),
    ("fibres, first page", "network.fibre", ""),
    ("fibres of a cable", "network.fibre", "cable={cable}"),
    ("splices, first page", "network.splice", ""),
    ("splices of a box", "network.splice", "box={box}"),
    ("routes, first page", "network.route", ""),
    ("routes of a PM", "network.route", "pm={inside}"),
    ("routes, faulty", "network.route", "scope=faulty"),
    ("routes, to a socket", "network.route", "scope=through"),
    ("routes of a cable", "network.route", "end_cable={cable}"),
    ("changes, first page", "network.change", ""),
)


def measured(parts: tuple[str, ...] = ()) -> int:
    """In this process: every page, as a user of the house asks it; answers how many are over the goal."""
    from django.test import Client

    from chappe.core.base import memory
    from chappe.kit.access.models import User
    from chappe.kit.screens import registry

    user, _ = User.objects.get_or_create(username="bench", defaults={"is_superuser": True})
    client = Client(headers={"host": "localhost"})
    client.force_login(user)
    logging.disable(logging.INFO)
    known = sample()
    client.get(registry.url("network.prdm") + "?reference=nobody")  # templates, imports
    memory.set_aside()  # as the web server does
    pages = [(name, registry.url(screen) + "?" + query.format(**known)) for name, screen, query in PAGES]
    pages += [
        (f"page of a {kind}", registry.url(f"network.{kind}", "detail", pk=pk)) for kind, pk in known["objects"].items()
    ]
    over = 0
    for name, address in pages:
        if parts and not any(part in name for part in parts):
            continue
        taken = [asked(client, address) for _ in range(4)]
        wall, cpu = min(one[0] for one in taken[1:]), min(one[1] for one in taken[1:])
        over += wall > GOAL
        print(
            f"  {name:<38} first {taken[0][0]:6.3f} s, then {wall:6.3f} s ({cpu:.3f} s of processor){'' if wall <= GOAL else '  OVER'}",
            flush=True,
        )
    return over


def sample() -> dict[str, Any]:
    """What the pages are asked for: a building in the middle, and a PM with its fibres."""
    from urllib.parse import quote

    from chappe.apps.network.models import Building, Cable, OpticalRoute, Pbo, Pm, Position, Pto, Splice

    count = Building.objects.order_by("-pk").values_list("pk", flat=True).first() or 1
    house = Building.objects.select_related("pm", "pbo").filter(pk__gte=count // 2, state="DEPLOYE").order_by("pk")[0]
    link = house.pm.links.select_related("prdm").get()
    whole = Pm.objects.filter(modules__isnull=False).order_by("pk").first() or house.pm
    route = OpticalRoute.objects.filter(pm=whole, pto__isnull=False).select_related("pbo", "pto").first()
    trunk = Cable.objects.filter(pm=whole, kind="DI").order_by("pk").first()
    objects = {"pm": whole.pk, "building": house.pk, "pbo": house.pbo_id, "prdm": link.prdm_id, "link": link.pk}
    if route and trunk:
        objects |= {
            "route": route.pk, "pto": route.pto_id, "cable": trunk.pk, "position": route.position_id, "fibre": trunk.fibres.first().pk,
            "module": Position.objects.get(pk=route.position_id).module_id, "splice": Splice.objects.filter(b__isnull=False)[0].pk,
        }  # fmt: skip
    else:
        objects |= {"pto": Pto.objects.order_by("pk").values_list("pk", flat=True).first()}
    box = Pbo.objects.filter(kind="BPE").first()
    told = {
        "city": house.city, "postal_code": house.postal_code, "insee": house.insee, "pm": house.pm.reference, "pbo": house.pbo.reference,
        "prdm": link.prdm.reference, "reference": house.reference, "street": house.street, "ban": house.ban, "address": f"{house.street_line} {house.city}",
        "lately": "2026-10-25", "cabled": str(house.cabled_on), "inside": whole.reference, "cable": trunk.reference if trunk else "", "box": box.reference if box else "",
    }  # fmt: skip
    return {
        **{name: quote(value) for name, value in told.items()},
        "pm_page": max(1, Pm.objects.count() // 50),
        "objects": objects,
    }


def asked(client: Any, address: str) -> tuple[float, float]:
    """(seconds, seconds of this process) for one page."""
    wall, cpu = time.perf_counter(), time.process_time()
    answer = with_room(client.get)(address)  # as the web server does
    taken = time.perf_counter() - wall, time.process_time() - cpu
    if answer.status_code != 200:
        raise SystemExit(f"{address}: {answer.status_code}")
    return taken
