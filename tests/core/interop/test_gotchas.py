"""The thirty gotchas of real Interop’Fibre files, numbered as in the research notes, and where each is held.

``HELD``: number → what it is, and the tests that fail when it comes back. ``ELSEWHERE``: those of exchanges that Chappe does
not carry yet (access orders, after-sales, SOAP and REST services), with the exchange that they belong to.
"""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3] / "tests"
READER, FILES, CHECKS = "core/interop/test_reader.py", "core/interop/test_files.py", "core/interop/test_checks.py"
IMPORT, PAGES, UNREAD = "apps/ipe/test_import.py", "apps/ipe/test_pages.py", "apps/ipe/test_unread.py"
MAKING, JOBS = "apps/publication/test_making.py", "apps/publication/test_jobs.py"

HELD: dict[int, tuple[str, tuple[str, ...]]] = {
    1: ("encodings and mojibake", (f"{READER}::test_encodings_are_found_out", f"{READER}::test_mojibake_in_a_header_is_mended")),
    2: ("a separator or a line end in a value", (
        f"{READER}::test_a_separator_inside_a_value_refuses_the_line_and_keeps_its_text",
        f"{READER}::test_a_line_end_inside_a_value_refuses_both_halves", f"{FILES}::test_a_value_may_not_hold_a_separator")),
    3: ("header variants", (f"{READER}::test_header_spellings_of_real_files_are_bound_by_name",)),
    4: ("the number of columns proves nothing", (
        f"{READER}::test_unknown_columns_are_kept_and_the_width_proves_nothing", f"{IMPORT}::test_unknown_columns_are_kept_and_compared")),
    5: ("forms of dates", (f"{READER}::test_dates",)),
    6: ("zeros lost, Corsica", (f"{READER}::test_codes_are_text_and_a_lost_zero_comes_back",)),
    7: ("decimal comma or point, zero for unknown", (f"{READER}::test_decimal_comma_or_point", f"{READER}::test_zero_coordinates_are_unknown")),
    8: ("street numbers", (f"{READER}::test_street_numbers",)),
    9: ("an hexaclé stands on several rows, or is the street’s", (
        f"{CHECKS}::test_same_hexacle_and_building_is_told", f"{CHECKS}::test_an_hexacle_stands_on_several_rows_and_both_are_taken_in",
        f"{CHECKS}::test_rules_of_one_row")),
    10: ("words for unknown", (f"{READER}::test_words_for_unknown_are_nothing", f"{FILES}::test_what_is_written_is_read_back_equal")),
    11: ("projections, X and Y exchanged, a point outside of its commune", (
        f"{READER}::test_projections", f"{READER}::test_exchanged_coordinates_are_put_right",
        f"{CHECKS}::test_a_point_that_cannot_be_in_its_commune_is_told", f"{PAGES}::test_quality_is_a_score_with_the_rows_to_mend")),
    12: ("one identifier, two OIs", (
        f"{IMPORT}::test_rows_that_may_not_be_taken_in_are_left_aside_with_their_reason", f"{IMPORT}::test_rows_of_another_operator_are_refused")),
    13: ("addresses that lack something", (f"{CHECKS}::test_rules_of_one_row",)),
    14: ("absence is no deletion; abandoned rows stay three months", (
        f"{IMPORT}::test_absence_from_a_full_file_is_not_a_deletion", "apps/ipe/test_gone.py::test_what_a_full_file_deletes_is_told_abandoned")),
    15: ("order of deltas, a delta sent again", (
        f"{IMPORT}::test_files_apply_in_the_order_of_their_days_and_sequences",
        f"{IMPORT}::test_rows_that_may_not_be_taken_in_are_left_aside_with_their_reason")),
    16: ("PM, PMT and PMR", (f"{MAKING}::test_a_full_ipe_is_read_back_as_the_network_is", f"{MAKING}::test_a_change_of_a_pm_is_told_on_each_of_its_premises")),
    17: ("a PM told in two ways", (f"{IMPORT}::test_two_wordings_of_a_pm_the_latest_row_counts", f"{CHECKS}::test_a_pm_told_in_two_ways")),
    18: ("three codes an operator, none derived", ("apps/parties/test_parties.py::test_every_field_of_the_manual",)),
    22: ("a version an operator and a flow", (f"{MAKING}::test_a_version_has_its_columns_and_its_name", "apps/parties/test_parties.py::test_protocol_versions")),
    24: ("forms of a PTO", ("core/network/test_lines.py::test_line_identifiers_are_written_one_way",)),
    27: ("colours written in many ways", ("core/network/test_network.py::test_colours_are_written_in_many_ways",)),
    29: ("files half sent, sent twice, several in an archive", (
        f"{JOBS}::test_files_are_handed_over_in_order_and_whole", f"{IMPORT}::test_several_tables_in_an_archive",
        "apps/publication/test_kill.py::test_killed_between_two_files_nothing_is_half_made_or_made_twice")),
    30: ("an import is planned, whole, undone", (
        f"{IMPORT}::test_what_changed_is_told_applied_and_put_back", f"{IMPORT}::test_applying_again_is_an_administrators_act",
        f"{PAGES}::test_a_worker_killed_while_it_applies_leaves_nothing_half_done", f"{UNREAD}::test_nothing_but_what_cannot_be_read_is_no_change")),
}  # fmt: skip
ELSEWHERE = {
    19: "access orders", 20: "access orders", 21: "link orders", 23: "access orders", 25: "SOAP services", 26: "REST services", 28: "access orders",
}  # fmt: skip


def test_the_list_is_whole():
    assert sorted({*HELD, *ELSEWHERE}) == list(range(1, 31))
    assert not HELD.keys() & ELSEWHERE.keys()


@pytest.mark.parametrize("number", sorted(HELD))
def test_each_is_held_by_a_test_that_exists(number):
    for name in HELD[number][1]:
        path, _colons, test = name.partition("::")
        assert re.search(rf"^def {test}\(", (ROOT / path).read_text("utf-8"), re.MULTILINE), name
