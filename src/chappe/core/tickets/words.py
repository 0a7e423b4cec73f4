"""Words that files of calls use, in French and English: for directions, ends of calls and headings of columns. Data."""

import unicodedata
from collections.abc import Mapping

from chappe.core.base.lang import N_
from chappe.core.tickets.contract import Outcome, Way


def squeezed(name: str) -> str:
    """A word without case, accents, spaces and punctuation: ``Appelé (n°)`` → ``appelen``."""
    plain = unicodedata.normalize("NFKD", name)
    return "".join(letter for letter in plain.casefold() if letter.isalnum() and letter.isascii())


_WAYS: Mapping[Way, str] = {
    Way.IN: "in i inbound incoming entrant entrante entrants arrivee e a recu terminating mt received callin userin",
    Way.OUT: "out o outbound outgoing sortant sortante sortants depart s d emis originating mo placed dialed userout",
    Way.INTERNAL: "internal interne int local station onnet intercom",
    Way.TRANSIT: "transit external externe tandem trunktotrunk",
}
_OUTCOMES: Mapping[Outcome, str] = {
    Outcome.ANSWERED: "answered answer repondu aboutie abouti success succes ok completed connected 200 true yes oui 1",
    Outcome.MISSED: "noanswer missed manque perdu nonrepondu sansreponse abandon abandonne cancel cancelled canceled "
    "unanswered false no non 0 rejected refuse",
    Outcome.BUSY: "busy occupe 486",
    Outcome.FAILED: "failed failure echec error erreur congestion invalid",
}
WAY_WORDS: Mapping[str, Way] = {word: way for way, words in _WAYS.items() for word in words.split()}
OUTCOME_WORDS: Mapping[str, Outcome] = {word: end for end, words in _OUTCOMES.items() for word in words.split()}

#: Fields of a mapping: name → label.
FIELDS: Mapping[str, str] = {
    "start": N_("Start (date and time)"),
    "date": N_("Date of the start"),
    "time": N_("Time of the start"),
    "end": N_("End (date and time)"),
    "duration": N_("Duration of the conversation"),
    "ring": N_("Ring time"),
    "hold": N_("Time on hold"),
    "way": N_("Direction"),
    "outcome": N_("End of the call (answered, busy…)"),
    "caller": N_("Caller"),
    "called": N_("Called number"),
    "dialled": N_("Dialled number"),
    "extension": N_("Extension"),
    "user": N_("Name of the user"),
    "reached": N_("Extension reached"),
    "trunk": N_("Trunk"),
    "key": N_("Identifier of the call"),
    "account_code": N_("Account code"),
    "charge": N_("Cost counted by the PBX"),
    "currency": N_("Currency"),
    "cause": N_("Cause"),
}
#: Field → headings that mean it, squeezed.
HEADINGS: Mapping[str, str] = {
    "start": "start starttime startdatetime startdate calldate datetime timestamp horodatage datedebut debut dateheure "
    "dateetheure calltime begin begintime connecttime setuptime dateappel datedelappel dateheuredebut answertime",
    "date": "date jour day",
    "time": "time heure hour heuredebut heureappel",
    "end": "end endtime enddatetime enddate fin datefin disconnecttime hanguptime dateheurefin heurefin",
    "duration": "duration duree billsec billableseconds talktime dureeappel dureesec dureesecondes seconds secondes "
    "durationseconds dureeensecondes durees length conversation volume quantite quantity usage dureecommunication",
    "ring": "ring ringtime ringing sonnerie dureesonnerie tempssonnerie waittime attente ringduration",
    "hold": "hold holdtime garde miseengarde",
    "way": "direction way sens sensappel calldirection type typeappel calltype io inout",
    "outcome": "disposition status statut etat result resultat outcome reponse answered callstatus",
    "caller": "caller callingnumber calling src source from appelant numeroappelant anumber anum ani clid callerid "
    "callernumber fromnumber origine ligneappelante origin origination a calleridnumber numerodepart nappelant noappelant",
    "called": "called callednumber dst destination to appele numeroappele bnumber bnum callee calleenumber tonumber "
    "destinationnumber b numero number numerodestination correspondant nappele noappele",
    "dialled": "dialled dialed dialleddigits dialeddigits digits numerocompose compose dnis dialnumber numcompose ncompose nocompose",
    "extension": "extension ext poste station posteinterne numeroposte nposte noposte sda interne ligne line msisdn",
    "user": "user username utilisateur nom name displayname nomutilisateur userdisplayname abonne",
    "reached": "reached answeredby posteatteint finaldn atteint",
    "trunk": "trunk trunkname faisceau joncteur gateway carrier ligneexterne route trunkgroup",
    "key": "callid id uniqueid uuid identifiant idappel linkedid reference cdrid correlationid ticket",
    "account_code": "accountcode account codeaffaire code codecompte clientmattercode centredecout",
    "charge": "charge cost price amount montant cout prix prixht montantht total totalht coutht montanteur",
    "currency": "currency devise monnaie",
    "cause": "cause hangupcause reason raison motif releasecause sipcode",
}
HEADING_OF: Mapping[str, str] = {word: field for field, words in HEADINGS.items() for word in words.split()}
