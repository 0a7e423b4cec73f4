import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    """Buildings are looked up by commune and street, by kind, by dwellings. The index of the INSEE code alone goes: the others begin
    with it. It is dropped by its name, since SQLite would copy the whole table to forget it."""

    dependencies = [
        ('network', '0001_initial'),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL('DROP INDEX IF EXISTS network_building_insee_95482f4e', migrations.RunSQL.noop),
                migrations.RunSQL('DROP INDEX IF EXISTS network_building_insee_95482f4e_like', migrations.RunSQL.noop),
            ],
            state_operations=[
                migrations.AlterField(
                    model_name='building',
                    name='insee',
                    field=models.CharField(blank=True, max_length=5, validators=[django.core.validators.RegexValidator('^(\\d{2}|2[AB])\\d{3}\\Z', 'Five characters, such as 39198 or 2A004.')], verbose_name='INSEE code'),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name='building',
            index=models.Index(fields=['insee', 'search'], name='network_building_street', opclasses=['varchar_pattern_ops', 'varchar_pattern_ops']),
        ),
        migrations.AddIndex(
            model_name='building',
            index=models.Index(fields=['kind', 'reference'], name='network_building_kind'),
        ),
        migrations.AddIndex(
            model_name='building',
            index=models.Index(fields=['dwellings', 'id'], name='network_building_dwellings'),
        ),
    ]
