"""Goods as a nature of what is sold: the frame of the electronic invoice follows."""

from django.db import migrations, models

NATURES = [
    ("retail", "retail"),
    ("wholesale", "wholesale, for resale"),
    ("other", "not a communication service"),
    ("goods", "goods (equipment sold)"),
]


class Migration(migrations.Migration):
    dependencies = [("billing", "0001_initial")]

    operations = [
        migrations.AlterField(
            model_name="product",
            name="nature",
            field=models.CharField(choices=NATURES, default="retail", max_length=9, verbose_name="nature"),
        ),
        migrations.AlterField(
            model_name="billedline",
            name="nature",
            field=models.CharField(choices=NATURES, default="retail", max_length=9),
        ),
    ]
