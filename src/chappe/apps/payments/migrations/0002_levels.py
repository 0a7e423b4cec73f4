"""The levels of reminder that an installation begins with."""

from django.db import migrations

from chappe.apps.payments.defaults import fill


class Migration(migrations.Migration):
    dependencies = [("payments", "0001_initial")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
