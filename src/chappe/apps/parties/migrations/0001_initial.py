import chappe.apps.parties.checks
import chappe.kit.access.secrets
import django.core.validators
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Commune',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('insee', models.CharField(max_length=5, unique=True, validators=[django.core.validators.RegexValidator('^(\\d{2}|2[AB])\\d{3}\\Z', 'Five characters, such as 39198 or 2A004.')], verbose_name='INSEE code')),
                ('name', models.CharField(db_index=True, max_length=120, verbose_name='name')),
                ('postal_codes', models.CharField(max_length=120, validators=[django.core.validators.RegexValidator('^\\d{5}( \\d{5})*\\Z', 'Five digits each, separated by spaces.')], verbose_name='postal codes')),
            ],
            options={
                'verbose_name': 'commune',
                'verbose_name_plural': 'communes',
                'ordering': ['name', 'insee'],
            },
        ),
        migrations.CreateModel(
            name='Operator',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=120, unique=True, verbose_name='name')),
                ('kind', models.CharField(choices=[('oc', 'commercial operator (OC)'), ('oi', 'infrastructure operator (OI)'), ('vno', 'virtual operator (VNO)'), ('supplier', 'supplier')], default='oc', max_length=10, verbose_name='kind')),
                ('active', models.BooleanField(default=True, verbose_name='active')),
                ('code_arcep', models.CharField(blank=True, max_length=4, validators=[django.core.validators.RegexValidator('^[A-Z0-9]{4}\\Z', 'Four capital letters or digits, such as BORE.')], verbose_name='ARCEP code')),
                ('code_interop', models.CharField(blank=True, help_text='May differ from the ARCEP code.', max_length=4, validators=[django.core.validators.RegexValidator('^[A-Z0-9]{4}\\Z', 'Four capital letters or digits, such as BORE.')], verbose_name='Interop’Fibre code')),
                ('prefix_pto', models.CharField(blank=True, help_text='First characters of its PTO.', max_length=2, validators=[django.core.validators.RegexValidator('^[A-Z0-9]{2}\\Z', 'Two capital letters or digits, such as FI.')], verbose_name='ARCEP prefix')),
                ('siren', models.CharField(blank=True, help_text='Nine digits. Needed for after-sales exchanges by web service.', max_length=9, validators=[chappe.apps.parties.checks.check_siren], verbose_name='SIREN')),
                ('erp_id', models.CharField(blank=True, help_text='Needed for monthly invoices.', max_length=64, verbose_name='customer number in the ERP')),
                ('tenant', models.CharField(blank=True, help_text='The name that tariffs and call records give to this operator.', max_length=64, null=True, unique=True, verbose_name='tenant code')),
                ('ftp_host', models.CharField(blank=True, max_length=200, verbose_name='FTP server')),
                ('ftp_login', models.CharField(blank=True, max_length=100, verbose_name='FTP account')),
                ('ftp_password', chappe.kit.access.secrets.EncryptedTextField(blank=True, default='', verbose_name='FTP password')),
                ('sav_url', models.CharField(blank=True, max_length=300, validators=[django.core.validators.URLValidator(['https', 'http'])], verbose_name='after-sales web service')),
                ('sav_login', models.CharField(blank=True, max_length=100, verbose_name='after-sales account')),
                ('sav_secret', chappe.kit.access.secrets.EncryptedTextField(blank=True, default='', verbose_name='after-sales secret')),
                ('colour', models.CharField(default='#1d4ed8', max_length=7, validators=[django.core.validators.RegexValidator('^#[0-9a-fA-F]{6}\\Z', 'A colour such as #1d4ed8.')], verbose_name='colour')),
                ('notes', models.TextField(blank=True, verbose_name='notes')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                ('updated_at', models.DateTimeField(auto_now=True, verbose_name='changed')),
            ],
            options={
                'verbose_name': 'operator',
                'verbose_name_plural': 'operators',
                'ordering': ['name'],
                'constraints': [models.UniqueConstraint(condition=models.Q(('code_interop', ''), _negated=True), fields=('code_interop',), name='parties_interop_unique', violation_error_message='Another operator has this Interop’Fibre code.')],
            },
        ),
        migrations.CreateModel(
            name='Contact',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('first_name', models.CharField(blank=True, max_length=80, verbose_name='first name')),
                ('last_name', models.CharField(max_length=80, verbose_name='last name')),
                ('email', models.EmailField(blank=True, max_length=254, verbose_name='e-mail')),
                ('phone', models.CharField(blank=True, max_length=30, validators=[chappe.apps.parties.checks.check_phone], verbose_name='phone')),
                ('mobile', models.CharField(blank=True, max_length=30, validators=[chappe.apps.parties.checks.check_phone], verbose_name='mobile')),
                ('description', models.CharField(blank=True, help_text='What to call them for.', max_length=200, verbose_name='description')),
                ('active', models.BooleanField(default=True, verbose_name='active')),
                ('operator', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='contacts', to='parties.operator', verbose_name='operator')),
            ],
            options={
                'verbose_name': 'contact',
                'verbose_name_plural': 'contacts',
                'ordering': ['last_name', 'first_name'],
            },
        ),
        migrations.CreateModel(
            name='OperatorProtocol',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('flow', models.CharField(choices=[('acces', 'access orders'), ('pm', 'PM information and orders'), ('ipe', 'IPE (network state)'), ('cpn', 'CPN (building consultation)'), ('sav', 'after-sales'), ('lien', 'PM–PRDM links')], max_length=10, verbose_name='flow')),
                ('version', models.CharField(max_length=8, validators=[django.core.validators.RegexValidator('^\\d{1,2}(\\.\\d{1,2}){0,2}\\Z', 'Such as 1.3.')], verbose_name='version')),
                ('operator', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='protocols', to='parties.operator', verbose_name='operator')),
            ],
            options={
                'verbose_name': 'protocol version',
                'verbose_name_plural': 'protocol versions',
                'ordering': ['operator', 'flow'],
                'constraints': [models.UniqueConstraint(fields=('operator', 'flow'), name='parties_one_version_per_flow', violation_error_message='This operator already has a version for this flow.')],
            },
        ),
    ]
