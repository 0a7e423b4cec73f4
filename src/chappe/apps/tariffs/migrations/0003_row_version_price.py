"""The prices of one version are ordered by price quickly."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tariffs", "0002_row_measure")]

    operations = [
        migrations.AddIndex(
            "tariffrow", models.Index(fields=["version", "price_nano"], name="tariffs_row_version_price")
        ),
    ]
