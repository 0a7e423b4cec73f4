"""The usual rules of masking and retention, with what they rest on. None is applied before somebody says so."""

from django.db import migrations

RULES = (
    ("technical", 12, "CPCE L34-1 et R10-13 : un an à compter de la communication."),
    ("billing", 14, "CPCE L34-2 : un an à compter du paiement, avec deux mois pour payer."),
    ("aggregate", 120, "Code de commerce L123-22 : pièces comptables, dix ans. Plus aucun numéro n’est gardé."),
)
MASKING = "Arrêté du 31/12/2013 : quatre derniers chiffres masqués, sauf demande expresse du titulaire. NS 47 pour les écrans."


def usual(apps, schema_editor):
    for kind, months, basis in RULES:
        apps.get_model("usage", "RetentionRule").objects.get_or_create(
            kind=kind, defaults={"months": months, "basis": basis}
        )
    policy = apps.get_model("usage", "MaskingPolicy")
    if not policy.objects.exists():
        policy.objects.create(screen_digits=4, print_digits=4, store_digits=0, notes=MASKING)


class Migration(migrations.Migration):
    dependencies = [("usage", "0001_initial")]
    operations = [migrations.RunPython(usual, migrations.RunPython.noop)]
