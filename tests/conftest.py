"""Shared by all tests: a fast password hasher, append-only tables that can be emptied between tests, the people."""

import gc
import os
from pathlib import Path

import pytest
from django.conf import settings
from django.core.cache import cache
from django.utils import translation
from hypothesis import settings as examples

from chappe.core.base.memory import set_aside
from tests.support.order import long_first

# The same examples at every run: a landing never depends on luck. `HYPOTHESIS_PROFILE=explore` looks further.
examples.register_profile("same", derandomize=True, deadline=None)
examples.register_profile("explore", deadline=None)
examples.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Several processes share the files, in this order."""
    if os.environ.get("PYTEST_XDIST_WORKER"):
        long_first(items)


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """Thousands of tests and all that they import stay to the end: the search for cycles need not walk them again and again."""
    set_aside()
    gc.set_threshold(20_000, 20, 20)


def pytest_configure() -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.WHITENOISE_AUTOREFRESH = True  # each test client would read the folders of static files again


@pytest.fixture(autouse=True, scope="session")
def _flush_sealed_tables():
    """Tests that commit empty every table afterwards; on SQLite that is a DELETE, which sealed tables refuse."""
    from django.db.backends.sqlite3.base import DatabaseOperations

    from tests.support.sealed import lifted

    plain = DatabaseOperations.execute_sql_flush

    def flush(self, sql_list):
        with lifted(self.connection):
            plain(self, sql_list)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DatabaseOperations, "execute_sql_flush", flush)
        yield


@pytest.fixture(autouse=True, scope="session")
def _copied_not_migrated():
    """Each process copies the tables that one of them has migrated (``tests.support.template``)."""
    from django.db import connection
    from django.db.backends.sqlite3.creation import DatabaseCreation

    from tests.support import template

    with pytest.MonkeyPatch.context() as patch:
        if connection.vendor == "postgresql":
            made = template.postgresql(os.environ["CHAPPE_DATABASE_URL"])
            patch.setitem(connection.settings_dict["TEST"], "TEMPLATE", made)
        else:
            plain = DatabaseCreation._create_test_db

            def create(self, *given, **more):
                name = plain(self, *given, **more)
                template.copy(template.sqlite(), Path(name))
                return name

            patch.setattr(DatabaseCreation, "_create_test_db", create)
        yield


@pytest.fixture(autouse=True, scope="session")
def _drop_with_force():
    """A thread of a test's server may still hold a connection when PostgreSQL drops the test database."""
    from django.db.backends.postgresql.creation import DatabaseCreation

    def destroy(self, test_database_name, verbosity):
        with self._nodb_cursor() as cursor:
            cursor.execute(f"DROP DATABASE {self.connection.ops.quote_name(test_database_name)} WITH (FORCE)")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DatabaseCreation, "_destroy_test_db", destroy)
        yield


@pytest.fixture(autouse=True, scope="session")
def _migrated_rows_come_back():
    """Tests that commit empty every table afterwards: what migrations had written is written again."""
    import importlib

    from django.apps import apps
    from django.db.models.signals import post_migrate

    def again(sender, **_more):
        if sender.label == "payments":
            importlib.import_module("chappe.apps.payments.defaults").fill(apps, None)
        if sender.label == "usage":
            importlib.import_module("chappe.apps.usage.migrations.0002_rules").usual(apps, None)

    post_migrate.connect(again, weak=False, dispatch_uid="tests.migrated-rows")
    yield
    post_migrate.disconnect(dispatch_uid="tests.migrated-rows")


@pytest.fixture(autouse=True)
def _fresh():
    """No cached value and no reader's language is left over from the test before."""
    cache.clear()
    translation.deactivate()


@pytest.fixture
def alice(db):
    from tests.support import people

    return people.make_alice()


@pytest.fixture
def bruno(db):
    from tests.support import people

    return people.make_bruno()


@pytest.fixture
def chloe(db):
    from tests.support import people

    return people.make_chloe()


@pytest.fixture
def admin(db):
    from tests.support import people

    return people.make_admin()
