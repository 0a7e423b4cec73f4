"""What a new connection to PostgreSQL is told about the machine it plans for. SQLite has its settings in its address.

The defaults of PostgreSQL suppose disks that turn, where reading out of order costs four times reading in order, and questions that
last long enough to be compiled. Pages ask short questions of indexes on solid disks: with the defaults a search among five million
addresses reads them all, and compiling costs more than answering. A server told otherwise on purpose (``ALTER ROLE``, ``ALTER
DATABASE`` or its own file) is left as it is.
"""

from typing import Any

#: setting → what it is set to where nobody has set it
SETTINGS = {"random_page_cost": "1.1", "jit": "off"}


def tell(connection: Any, **_signal: Any) -> None:
    """For Django's signal ``connection_created``."""
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        for name, wanted in SETTINGS.items():
            cursor.execute(
                "SELECT set_config(name, %s, false) FROM pg_settings WHERE name = %s AND source = 'default'",
                [wanted, name],
            )
