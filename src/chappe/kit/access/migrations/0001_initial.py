import chappe.kit.access.secrets
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.CHAPPE_ORGANISATION_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Role',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80, unique=True, verbose_name='name')),
                ('description', models.TextField(blank=True, verbose_name='description')),
                ('requires_totp', models.BooleanField(default=False, help_text='Who holds this role must confirm each sign-in with a code from their phone.', verbose_name='requires a second factor')),
            ],
            options={
                'verbose_name': 'role',
                'verbose_name_plural': 'roles',
                'ordering': ['name'],
            },
        ),
        migrations.CreateModel(
            name='User',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('password', models.CharField(max_length=128, verbose_name='password')),
                ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                ('username', models.CharField(error_messages={'unique': 'This user name is taken.'}, max_length=150, unique=True, validators=[django.core.validators.RegexValidator('^[a-z0-9._@+-]+\\Z', 'Letters without accents, digits and . _ @ + - only.')], verbose_name='user name')),
                ('email', models.EmailField(blank=True, max_length=254, verbose_name='e-mail')),
                ('first_name', models.CharField(blank=True, max_length=80, verbose_name='first name')),
                ('last_name', models.CharField(blank=True, max_length=80, verbose_name='last name')),
                ('language', models.CharField(choices=[('fr', 'Français'), ('en', 'English')], default='fr', max_length=2, verbose_name='language')),
                ('is_active', models.BooleanField(default=True, verbose_name='active')),
                ('is_superuser', models.BooleanField(default=False, help_text='Holds every right, with no role needed.', verbose_name='administers the whole house')),
                ('must_change_password', models.BooleanField(default=False, verbose_name='must change their password')),
                ('password_changed_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='password changed')),
                ('totp_secret', chappe.kit.access.secrets.EncryptedTextField(blank=True, default='', editable=False, verbose_name='second factor')),
                ('totp_since', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='second factor since')),
                ('totp_last_step', models.BigIntegerField(default=0, editable=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='created')),
                ('last_seen', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='last seen')),
                ('organisation', models.ForeignKey(blank=True, help_text='Empty for staff of the house. Others see only the rows of their organisation.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='users', to=settings.CHAPPE_ORGANISATION_MODEL, verbose_name='organisation')),
                ('roles', models.ManyToManyField(blank=True, related_name='users', to='access.role', verbose_name='roles')),
            ],
            options={
                'verbose_name': 'user',
                'verbose_name_plural': 'users',
                'ordering': ['username'],
            },
        ),
        migrations.CreateModel(
            name='LoginAttempt',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(db_index=True, default=django.utils.timezone.now, verbose_name='at')),
                ('login', models.CharField(help_text='Masked when no account has it: people type their password there by mistake.', max_length=150, verbose_name='user name given')),
                ('address', models.GenericIPAddressField(null=True, verbose_name='address')),
                ('agent', models.CharField(blank=True, max_length=300, verbose_name='browser')),
                ('outcome', models.CharField(choices=[('ok', 'signed in'), ('bad_password', 'wrong password'), ('bad_code', 'wrong code'), ('unknown', 'unknown account'), ('closed', 'closed account'), ('locked', 'locked out')], max_length=20, verbose_name='outcome')),
                ('user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='login_attempts', to=settings.AUTH_USER_MODEL, verbose_name='user')),
            ],
            options={
                'verbose_name': 'sign-in attempt',
                'verbose_name_plural': 'sign-in attempts',
                'ordering': ['-at', '-pk'],
            },
        ),
        migrations.CreateModel(
            name='OpenSession',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('session_key', models.CharField(editable=False, max_length=40, unique=True)),
                ('address', models.GenericIPAddressField(null=True, verbose_name='address')),
                ('agent', models.CharField(blank=True, max_length=300, verbose_name='browser')),
                ('started_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='started')),
                ('last_seen', models.DateTimeField(default=django.utils.timezone.now, verbose_name='last seen')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='open_sessions', to=settings.AUTH_USER_MODEL, verbose_name='user')),
            ],
            options={
                'verbose_name': 'open session',
                'verbose_name_plural': 'open sessions',
                'ordering': ['-last_seen'],
            },
        ),
        migrations.CreateModel(
            name='RoleRight',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('area', models.CharField(max_length=60, verbose_name='area')),
                ('level', models.PositiveSmallIntegerField(choices=[(1, 'read'), (2, 'write'), (3, 'administrator')], verbose_name='level')),
                ('role', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='rights', to='access.role', verbose_name='role')),
            ],
            options={
                'verbose_name': 'right',
                'verbose_name_plural': 'rights',
                'ordering': ['role', 'area'],
            },
        ),
        migrations.CreateModel(
            name='SignInCounter',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('account', 'account'), ('address', 'address')], max_length=10, verbose_name='kind')),
                ('key', models.CharField(max_length=200, verbose_name='key')),
                ('failures', models.PositiveIntegerField(default=0, verbose_name='failures')),
                ('last_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='last failure')),
                ('locked_until', models.DateTimeField(null=True, verbose_name='locked until')),
            ],
            options={
                'verbose_name': 'lock',
                'verbose_name_plural': 'locks',
                'constraints': [models.UniqueConstraint(fields=('kind', 'key'), name='access_counter_unique')],
            },
        ),
        migrations.CreateModel(
            name='RecoveryCode',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('fingerprint', models.CharField(max_length=64)),
                ('used_at', models.DateTimeField(null=True)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='recovery_codes', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'recovery code',
                'verbose_name_plural': 'recovery codes',
                'constraints': [models.UniqueConstraint(fields=('user', 'fingerprint'), name='access_recovery_unique')],
            },
        ),
        migrations.AddConstraint(
            model_name='user',
            constraint=models.UniqueConstraint(django.db.models.functions.text.Lower('email'), condition=models.Q(('email', ''), _negated=True), name='access_email_unique', violation_error_message='Another account has this e-mail address.'),
        ),
        migrations.AddConstraint(
            model_name='user',
            constraint=models.CheckConstraint(condition=models.Q(('is_superuser', False), ('organisation__isnull', True), _connector='OR'), name='access_superuser_is_of_the_house', violation_error_message='Only staff of the house can administer the whole house.'),
        ),
        migrations.AddConstraint(
            model_name='roleright',
            constraint=models.UniqueConstraint(fields=('role', 'area'), name='access_one_level_per_area'),
        ),
    ]
