import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("parties", "0001_initial")]

    operations = [
        migrations.AlterField(
            model_name="commune",
            name="postal_codes",
            field=models.CharField(
                max_length=255,
                validators=[
                    django.core.validators.RegexValidator("^\\d{5}( \\d{5})*\\Z", "Five digits each, separated by spaces.")
                ],
                verbose_name="postal codes",
            ),
        ),
        migrations.AddField(
            model_name="commune",
            name="population",
            field=models.PositiveIntegerField(blank=True, null=True, verbose_name="inhabitants"),
        ),
        migrations.AddField(
            model_name="commune",
            name="longitude",
            field=models.FloatField(
                blank=True,
                null=True,
                validators=[django.core.validators.MinValueValidator(-180), django.core.validators.MaxValueValidator(180)],
                verbose_name="longitude",
            ),
        ),
        migrations.AddField(
            model_name="commune",
            name="latitude",
            field=models.FloatField(
                blank=True,
                null=True,
                validators=[django.core.validators.MinValueValidator(-90), django.core.validators.MaxValueValidator(90)],
                verbose_name="latitude",
            ),
        ),
    ]
