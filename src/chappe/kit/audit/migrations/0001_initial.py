import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

from chappe.kit.audit.seal import SealTable


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('contenttypes', '0002_remove_content_type_name'),
        migrations.swappable_dependency(settings.CHAPPE_ORGANISATION_MODEL),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='AuditEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(db_index=True, default=django.utils.timezone.now, verbose_name='at')),
                ('actor_label', models.CharField(blank=True, max_length=200, verbose_name='who')),
                ('via', models.CharField(choices=[('page', 'page'), ('api', 'API'), ('job', 'job'), ('cli', 'command line'), ('file', 'file')], max_length=8, verbose_name='via')),
                ('detail', models.CharField(blank=True, max_length=300, verbose_name='detail')),
                ('verb', models.CharField(max_length=80, verbose_name='verb')),
                ('object_pk', models.CharField(blank=True, max_length=64)),
                ('object_label', models.CharField(blank=True, max_length=300, verbose_name='object')),
                ('changes', models.JSONField(default=dict, verbose_name='changes')),
                ('params', models.JSONField(default=dict)),
                ('batch', models.UUIDField(db_index=True, null=True, verbose_name='batch')),
                ('actor', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='account')),
                ('content_type', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='contenttypes.contenttype', verbose_name='entity')),
                ('organisation', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.CHAPPE_ORGANISATION_MODEL, verbose_name='organisation')),
            ],
            options={
                'verbose_name': 'entry of the audit trail',
                'verbose_name_plural': 'audit trail',
                'ordering': ['-at', '-pk'],
            },
        ),
        migrations.CreateModel(
            name='PersonalValue',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('field', models.CharField(blank=True, max_length=80, verbose_name='field')),
                ('before', models.JSONField(null=True, verbose_name='before')),
                ('after', models.JSONField(null=True, verbose_name='after')),
                ('entry', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='personal', to='audit.auditentry', verbose_name='entry')),
            ],
            options={
                'verbose_name': 'personal value',
                'verbose_name_plural': 'personal values',
            },
        ),
        migrations.AddIndex(
            model_name='auditentry',
            index=models.Index(fields=['content_type', 'object_pk', '-at'], name='audit_of_object'),
        ),
        migrations.AddConstraint(
            model_name='personalvalue',
            constraint=models.UniqueConstraint(fields=('entry', 'field'), name='audit_personal_once'),
        ),
        SealTable('AuditEntry', may_null=('actor', 'organisation')),
    ]
