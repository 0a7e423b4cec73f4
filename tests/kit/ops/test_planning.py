"""What a connection to PostgreSQL is told of the machine, and that a server told otherwise is left alone. SQLite is told nothing."""

import pytest
from django.db import connection, connections

from chappe.kit.ops.planning import SETTINGS, tell

pytestmark = pytest.mark.django_db


def shown(connected) -> dict[str, str]:
    with connected.cursor() as cursor:
        cursor.execute("SELECT name, setting FROM pg_settings WHERE name = ANY(%s)", [list(SETTINGS)])
        return dict(cursor.fetchall())


def test_a_connection_plans_for_solid_disks_unless_somebody_said_otherwise():
    if connection.vendor != "postgresql":
        tell(type("Sqlite", (), {"vendor": "sqlite"})())  # it has no cursor: nothing may be asked of it
        return
    assert shown(connection) == SETTINGS
    other = connections.create_connection("default")
    other.settings_dict = {**other.settings_dict, "OPTIONS": {"options": "-c random_page_cost=2"}}
    try:
        assert shown(other) == {"random_page_cost": "2", "jit": "off"}
    finally:
        other.close()
