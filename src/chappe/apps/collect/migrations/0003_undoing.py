from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('collect', '0002_withdrawn'),
    ]

    operations = [
        migrations.AlterField(
            model_name='chunk',
            name='state',
            field=models.CharField(choices=[('confirm', 'To confirm'), ('waiting', 'Waiting'), ('reading', 'Being read'), ('done', 'Counted'), ('failed', 'Failed'), ('aside', 'Set aside'), ('undoing', 'Being withdrawn'), ('undone', 'Withdrawn')], db_index=True, default='waiting', max_length=8, verbose_name='state'),
        ),
    ]
