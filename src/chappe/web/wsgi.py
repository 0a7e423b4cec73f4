"""WSGI entry point for granian or any other server."""

import os

from django.core.wsgi import get_wsgi_application

from chappe.core.base import memory
from chappe.core.base.stack import with_room
from chappe.kit.ops import logs

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chappe.web.settings")
logs.configure()
application = with_room(get_wsgi_application())


def _loaded() -> None:
    """Every page's module, before the first request asks for one; then all of it is set aside."""
    from django.urls import get_resolver

    get_resolver().url_patterns  # noqa: B018 - reading it imports them
    memory.set_aside()


_loaded()
