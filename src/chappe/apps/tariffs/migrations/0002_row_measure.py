"""Rows say what their unit counts (time, volume, messages), and are ordered by price quickly."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tariffs", "0001_initial")]

    operations = [
        migrations.AddField(
            "tariffrow",
            "measure",
            models.CharField(
                choices=[("time", "time"), ("volume", "volume"), ("count", "count")],
                default="time",
                max_length=6,
                verbose_name="counts",
            ),
        ),
        migrations.AlterField(
            "tariffrow",
            "kind",
            models.CharField(
                choices=[("usage", "by usage"), ("call", "per call")], max_length=10, verbose_name="kind"
            ),
        ),
        migrations.AddIndex("tariffrow", models.Index(fields=["price_nano"], name="tariffs_row_price")),
    ]
