"""Settings of the worker processes that tests start: the test database, and the sample jobs."""

import os

from chappe.web.settings import *  # noqa: F403
from chappe.web.settings import DATABASES

DATABASES["default"]["NAME"] = os.environ["CHAPPE_TEST_DATABASE"]
INSTALLED_APPS = [*os.environ["CHAPPE_TEST_APPS"].split(","), "tests.kit.jobs.sample"]
