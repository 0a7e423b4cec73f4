"""The file of operators: its columns by name, their words, a sample. Data only.

Parties stand below the exchange of files and know nothing of it: ``exchange/operators.py`` binds this table to it.
"""

from collections.abc import Mapping

#: field → headers that mean it, beside the field's own name. Accents, case and punctuation do not count.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "name": ("nom", "opérateur", "operator", "raison sociale", "company"),
    "kind": ("type", "nature", "rôle"),
    "active": ("actif", "état", "state", "status"),
    "code_arcep": ("code arcep", "arcep"),
    "code_interop": ("code interop", "code interop'fibre", "interop", "interop fibre"),
    "prefix_pto": ("préfixe pto", "préfixe arcep", "arcep prefix"),
    "siren": ("n° siren", "numéro siren"),
    "erp_id": ("n° client erp", "client erp", "numéro client", "customer number", "erp"),
    "tenant": ("code tenant", "locataire", "tenant code"),
    "ftp_host": ("serveur ftp", "ftp server", "ftp"),
    "ftp_login": ("compte ftp", "ftp account"),
    "sav_url": ("url sav", "after-sales web service", "service web sav"),
    "sav_login": ("compte sav", "after-sales account"),
    "colour": ("couleur", "color"),
    "notes": ("note", "remarques", "commentaire", "comment"),
}

#: The row is found by its Interop’Fibre code, else by its name.
KEYS = ("code_interop", "name")

#: Words of the kind, beside its own code.
KINDS: Mapping[str, tuple[str, ...]] = {
    "oc": ("opérateur commercial", "opérateur commercial (OC)", "commercial operator (OC)", "commercial"),
    "oi": (
        "opérateur d'infrastructure",
        "opérateur d’infrastructure (OI)",
        "infrastructure operator (OI)",
        "infrastructure",
    ),
    "vno": ("opérateur virtuel", "opérateur virtuel (VNO)", "virtual operator (VNO)", "virtuel", "mvno"),
    "supplier": ("fournisseur",),
}
YES = frozenset({"oui", "yes", "vrai", "true", "1", "o", "y", "x", "actif", "active"})
NO = frozenset({"non", "no", "faux", "false", "0", "n", "archive", "archived", "inactif", "inactive"})

SAMPLE = """nom;type;code interop;code arcep;siren;tenant
Altitel;OC;ALTI;ALTL;552100554;altitel
Boréal Réseaux;OI;BORE;BRL1;;boreal
"""
