"""WSGI entry point for granian or any other server."""

import os

from django.core.wsgi import get_wsgi_application

from chappe.kit.ops import logs

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chappe.web.settings")
logs.configure()
application = get_wsgi_application()
