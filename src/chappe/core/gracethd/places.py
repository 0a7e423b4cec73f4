"""PMs, boxes, buildings and sockets of a GraceTHD set."""

from collections.abc import Iterator
from typing import Any

from chappe.core.gracethd.source import Row
from chappe.core.gracethd.things import Gatherer, Thing


def pms(work: Gatherer) -> Iterator[Thing]:
    """Each t_zsro is a PM, at its node; its address that of t_adresse."""
    table = work.table("t_zsro")
    names = work.named(
        "pm", "t_zsro", {code: {**row, "code": row.get("reference", code)} for code, row in table.rows.items()}
    )
    for code, row in table.rows.items():
        if code not in names:
            continue
        fields: dict[str, Any] = work.address(row.get("address"))
        fields |= work.word("t_zsro", row, "state", "pm_state")
        if "location_type" in row:
            fields |= work.word("t_zsro", row, "location_type", "location")
        fields |= work.numbers("t_zsro", row, "capacity", "dwellings", "risers")
        fields |= work.days("t_zsro", row, "installed_on", "opened_on", "first_handover_on")
        fields |= work.flags(row, "active_space", "agreement_needed", "patching_by_oi")
        fields |= work.texts("t_zsro", row, {"engineering": 30})
        fields |= work.node_point(row.get("node"), fields.get("insee", ""))
        yield Thing("pm", names[code], fields, table.file, int(row["#"]))


def boxes(work: Gatherer) -> Iterator[Thing]:
    """BPEs and PBOs of t_ebp; a PBO's PM and capacity come from its zone."""
    table = work.table("t_ebp")
    kinds = {code: work.word("t_ebp", row, "kind", "box_kind").get("kind") for code, row in table.rows.items()}
    work.names["ends"] = {code: kind for code, kind in kinds.items() if kind}
    names = work.named("box", "t_ebp", {code: row for code, row in table.rows.items() if kinds[code] in {"BPE", "PBO"}})
    zones = {row["box"]: row for row in work.table("t_zpbo").rows.values() if "box" in row}
    for code in names:
        row, zone = table.rows[code], zones.get(code)
        tech = work.source.of("t_ptech").get(row.get("tech", ""), {})
        fields: dict[str, Any] = {"kind": kinds[code], **work.address(tech.get("address"))}
        if zone is not None:
            fields |= work.numbers("t_zpbo", zone, "capacity")
            if zone.get("pm") in work.names["pm"]:
                fields["pm"] = work.names["pm"][zone["pm"]]
        if "capacity" not in fields:
            fields |= work.numbers("t_ebp", row, "capacity")
        fields |= work.texts("t_ptech", tech, {"placing": 40}) if tech else {}
        fields |= work.node_point(tech.get("node") or (zone or {}).get("node"), fields.get("insee", ""))
        yield Thing("box", names[code], fields, table.file, int(row["#"]))


def _served(work: Gatherer) -> dict[str, Row]:
    """The addresses that are premises: they have a state, a kind or a dwelling. Those of poles and cabinets are not."""
    wanted = {row["address"] for row in work.table("t_suf").rows.values() if "address" in row}
    rows = work.table("t_adresse").rows
    return {code: row for code, row in rows.items() if code in wanted or "state" in row or "kind" in row}


def buildings(work: Gatherer) -> Iterator[Thing]:
    """Premises of t_adresse, under the PBO and PM of their dwellings."""
    served = _served(work)
    names = work.named("building", "t_adresse", served)
    zone_of = {
        row["address"]: row["zone"] for row in work.table("t_suf").rows.values() if "address" in row and "zone" in row
    }
    for code in names:
        row = served[code]
        fields = work.address(code)
        fields |= work.word("t_adresse", row, "state", "building_state")
        fields |= work.word("t_adresse", row, "kind", "building_kind")
        counts = work.numbers("t_adresse", row, "dwellings", "offices")
        if counts:
            fields["dwellings"] = sum(counts.values())
        fields |= work.days("t_adresse", row, "cabled_on", "opened_on", "agreement_on")
        fields |= work.flags(row, "agreement_needed")
        fields |= work.texts("t_adresse", row, {"ban": 40, "hexacle_street": 10})
        if row.get("zone") in {"1", "2", "3"}:
            fields["zone"] = row["zone"]
        zone = work.source.of("t_zpbo").get(zone_of.get(code, ""), {})
        if zone.get("pm") in work.names["pm"]:
            fields["pm"] = work.names["pm"][zone["pm"]]
        if zone.get("box") in work.names["box"]:
            fields["pbo"] = work.names["box"][zone["box"]]
        fields |= work.point("t_adresse", row, fields.get("insee", ""))
        yield Thing("building", names[code], fields, work.table("t_adresse").file, int(row["#"]))


def sockets(work: Gatherer) -> Iterator[Thing]:
    """PTO and DTI of t_ebp, in the building of their dwelling."""
    table = work.table("t_ebp")
    rows = {code: row for code, row in table.rows.items() if work.names["ends"].get(code) == "PTO"}
    for code, reference in list(work.named("socket", "t_ebp", rows).items()):
        row = rows[code]
        dwelling = work.source.of("t_suf").get(row.get("socket", ""), {})
        building = work.names["building"].get(dwelling.get("address", ""))
        if building is None:
            work.error("t_ebp", row, "gracethd.no-building", "socket", value=reference)
            del work.names["socket"][code]
            continue
        fields: dict[str, Any] = {"building": building}
        zone = work.source.of("t_zpbo").get(dwelling.get("zone", ""), {})
        if zone.get("box") in work.names["box"]:
            fields["pbo"] = work.names["box"][zone["box"]]
        fields |= work.texts("t_suf", dwelling, {"stairs": 30, "floor": 20, "place": 60})
        yield Thing("socket", reference, fields, table.file, int(row["#"]))
