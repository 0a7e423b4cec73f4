"""Django's own commands, under ``python -m chappe.web.manage``: for developers; users have ``chappe``."""

import os
import sys

from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chappe.web.settings")
    execute_from_command_line(sys.argv)
