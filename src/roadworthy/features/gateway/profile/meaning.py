"""What a field is likely to mean, from its name: legacy names of several languages, abbreviated and run
together.

A name is cut into words (camelCase, underscores, known prefixes of legacy systems), each word looked up in
a table of abbreviations, and the words joined to a meaning. Names that SAP and others use as they are stand
in a table of their own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_WORDS: dict[str, str] = {}


def _put(meaning: str, words: str) -> None:
    _WORDS.update(dict.fromkeys(words.split(), meaning))


for _meaning, _words in (
    ("customer", "cust customer kunde kunden kd kdn client clt debitor deb klant cliente kund kna kunnr"),
    ("supplier", "supplier vendor vend lief lieferant kreditor kred lifnr lfa fournisseur proveedor"),
    ("number", "no nr num nbr numero nummer number"),
    ("id", "id ident key pk uid uuid guid oid"),
    ("name", "name nam bez bezeichnung nom naam nombre nome title titel"),
    ("first name", "firstname fname vorname vname givenname prenom voornaam first"),
    ("last name", "lastname lname surname nachname nname familyname achternaam apellido last"),
    ("date", "date dat dt datum fecha jour day tag"),
    ("time", "time zeit uhrzeit hora tm ts timestamp zeitstempel"),
    ("birth", "birth geb geburt geburtsdatum dob naissance nacimiento bday birthday"),
    ("created", "created create erst erstellt angelegt erdat crea anl ins inserted creation cre"),
    ("changed", "changed change modified mod updated upd update aend geaendert aedat chg lastmod"),
    ("deleted", "deleted del loesch geloescht loekz removed"),
    ("amount", "amount amt betrag btr montant importe value val wert wrbtr dmbtr netwr"),
    ("price", "price prc preis prs prix precio netpr"),
    ("total", "total tot sum summe gesamt ges"),
    ("net", "net netto nett"),
    ("gross", "gross brutto brut"),
    ("tax", "tax steuer mwst vat ust iva tva st"),
    ("currency", "currency curr cur waehrung whrg wrg waers waerk ccy devise moneda"),
    ("quantity", "quantity qty menge mng qte cant cantidad anz anzahl cnt count kwmeng stk"),
    ("unit", "unit uom einheit me meins vrkme einh"),
    ("weight", "weight wgt gewicht gew poids peso brgew ntgew kg"),
    ("street", "street str strasse straße rue calle straat stras"),
    ("house number", "housenumber hausnr hausnummer hsnr hnr"),
    ("city", "city ort ville ciudad stadt plaats town ort01"),
    ("postal code", "zip plz postcode postalcode postleitzahl cp pstlz zipcode"),
    ("country", "country land ctry pays pais land1 cntry"),
    ("region", "region regio state bundesland provincia"),
    ("phone", "phone tel telefon telephone telf telf1 tlf fon telnr"),
    ("mobile", "mobile mob handy mobil cell gsm"),
    ("fax", "fax telfx telefax"),
    ("email", "email mail smtp smtpaddr eml correo courriel"),
    ("address", "address addr adr adresse anschrift direccion adrnr"),
    ("order", "order ord auftrag auftr auf bestellung best commande pedido vbeln bestell aufnr ebeln"),
    ("invoice", "invoice inv rechnung rech rg facture factura fakt belnr"),
    ("item", "item itm pos position posten line zeile posnr artikelpos ebelp"),
    ("product", "product prod artikel art article material mat matnr produkt sku"),
    ("status", "status stat stat1 zustand state2 sts etat estado"),
    ("type", "type typ art2 kind klasse class tipo"),
    ("code", "code cd kz kennz kennzeichen schl schluessel cod"),
    ("flag", "flag flg is has ind ja_nein bool yn"),
    (
        "description",
        "description desc descr beschreibung text txt bemerkung remark note notiz comment",
    ),
    ("payment", "payment pay zahlung zahl zlg zterm paiement pago"),
    ("due", "due faellig fael faelligkeit"),
    ("delivery", "delivery deliv lieferung dlv liefer livraison"),
    ("account", "account acct acc konto kto compte cuenta hkont saknr"),
    ("bank", "bank bk bnk banque banco"),
    ("iban", "iban"),
    ("bic", "bic swift"),
    ("company", "company comp firma fa societe empresa bukrs org"),
    ("employee", "employee emp mitarbeiter ma personal pers pernr empleado medewerker"),
    ("user", "user usr benutzer login ernam uname"),
    ("password", "password passwd pwd pass kennwort passwort pw"),
    ("secret", "secret geheim"),
    ("token", "token tok"),
    ("salary", "salary sal gehalt lohn salaire salario wage"),
    ("gender", "gender sex geschlecht gesch genre anrede salutation gbdat2"),
    ("language", "language lang sprache spras langue idioma"),
    ("start", "start beg begin von ab from begda valid_from gueltig"),
    ("end", "end ende bis to endda until"),
    ("valid", "valid gueltig val2"),
    ("duration", "duration dauer dur elapsed"),
    ("discount", "discount disc rabatt rab remise"),
    ("percent", "percent pct proz prozent"),
    ("rate", "rate satz kurs quote"),
    ("limit", "limit lim grenze"),
    ("credit", "credit kredit klimk"),
    ("balance", "balance bal saldo"),
    ("level", "level lvl stufe"),
    ("group", "group grp gruppe grup"),
    ("category", "category cat kategorie kat"),
    ("priority", "priority prio"),
    ("department", "department dept abteilung abt"),
    ("location", "location loc standort"),
    ("warehouse", "warehouse wh lager lgort whse"),
    ("plant", "plant werk werks"),
    ("height", "height hoehe"),
    ("length", "length len laenge"),
    ("width", "width breite"),
    ("volume", "volume vol volumen"),
    ("temperature", "temperature temp"),
    ("latitude", "latitude lat breitengrad"),
    ("longitude", "longitude lon lng laengengrad"),
    ("ip address", "ip ipaddr ipaddress ipv4"),
    ("url", "url uri link website web"),
    ("version", "version ver vers"),
    ("contact", "contact kontakt ansprechpartner ansp apartner"),
    ("nationality", "nationality natio staatsang"),
    ("religion", "religion konfession relig"),
    ("diagnosis", "diagnosis diagnose icd"),
    ("social security number", "ssn svnr sozialvers nino"),
    ("national id", "bsn dni nif personalausweis nationalid"),
    ("passport number", "passport reisepass"),
    ("reason", "reason grund"),
    ("score", "score punkte rating"),
    ("count of", "anzahlvon"),
    ("parent", "parent eltern uebergeordnet"),
    ("sequence", "seq sequence lfd lfdnr"),
    ("period", "period periode"),
    ("year", "year jahr gjahr yr"),
    ("month", "month monat mon"),
    ("contract", "contract vertrag vertr"),
    ("project", "project projekt proj"),
    ("ticket", "ticket case vorgang"),
    ("shipping", "shipping ship versand vers2"),
    ("billing", "billing bill"),
):
    _put(_meaning, _words)

_WHOLE: dict[str, str] = {
    "kunnr": "customer number",
    "lifnr": "supplier number",
    "matnr": "product number",
    "vbeln": "order number",
    "ebeln": "purchase order number",
    "posnr": "item number",
    "belnr": "document number",
    "bukrs": "company code",
    "werks": "plant",
    "name1": "name",
    "name2": "name, second line",
    "land1": "country",
    "ort01": "city",
    "pstlz": "postal code",
    "stras": "street",
    "telf1": "phone",
    "erdat": "created date",
    "ernam": "created user",
    "aedat": "changed date",
    "budat": "posting date",
    "bldat": "document date",
    "gbdat": "birth date",
    "waers": "currency",
    "netwr": "net amount",
    "dmbtr": "amount",
    "wrbtr": "amount",
    "menge": "quantity",
    "kwmeng": "order quantity",
    "meins": "unit",
    "pernr": "employee number",
    "mandt": "client of the system",
    "stcd1": "tax number",
    "stcd2": "tax number",
    "stceg": "tax number",
    "vorna": "first name",
    "nachn": "last name",
    "smtpaddr": "email",
    "dob": "birth date",
    "plz": "postal code",
    "vorname": "first name",
    "nachname": "last name",
    "geburtsdatum": "birth date",
    "hausnr": "house number",
    "ustid": "tax number",
    "ust id": "tax number",
    "tax id": "tax number",
    "steuer nr": "tax number",
}
_PREFIXES = re.compile(
    r"^(?:tbl|col|fld|fk|pk|str|int|dt|num|txt|chr|vch|bln|cf|udf|uf|z|zz|x|c|f)_", re.IGNORECASE
)
_CUT = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")
_STOP = frozenset({"of", "the", "der", "des", "de", "du", "la", "and", "und"})
_KEPT_PREFIX = frozenset({"dt", "str", "int", "num"})
_FIXED = {
    ("birth", "date"): "birth date",
    ("date", "birth"): "birth date",
    ("birth",): "birth date",
    ("customer", "id"): "customer number",
    ("created", "time"): "created time",
    ("date", "created"): "created date",
    ("date", "changed"): "changed date",
    ("date", "time"): "time",
    ("name", "customer"): "customer name",
    ("contact", "person"): "contact name",
    ("house", "number"): "house number",
    ("ip", "address"): "ip address",
    ("tax", "id"): "tax number",
    ("tax", "number"): "tax number",
    ("number", "tax"): "tax number",
    ("bank", "account"): "bank account",
    ("account", "bank"): "bank account",
    ("first", "name"): "first name",
    ("last", "name"): "last name",
    ("contact",): "contact name",
}
_PII_TAILS = (
    "email", "phone", "mobile", "fax", "iban", "first name", "last name", "birth date", "street",
    "postal code",
    "password", "salary", "ip address", "tax number", "house number", "gender", "nationality", "religion",
    "diagnosis", "social security number", "national id", "passport number", "token", "secret",
    "address", "bank account", "contact name",
)  # fmt: skip
_NO_PERSON = frozenset({"flag", "status", "type", "code", "count", "valid", "changed", "created", "deleted"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """`text` for people, "" where no word is known; `concept` what of it marks look at; `known` the share
    of its words that were known."""

    text: str
    concept: str
    known: float


def words_of(name: str) -> list[str]:
    """As they stand in the name, in lower case, without the prefixes legacy systems put before all of
    them."""
    plain = name.strip()
    prefix = _PREFIXES.match(plain)
    if prefix and len(plain) > len(prefix.group()) and prefix.group()[:-1].lower() not in _KEPT_PREFIX:
        plain = plain[prefix.end() :]
    return [one.lower() for one in _CUT.findall(plain)]


def meaning_of(name: str) -> Meaning:
    """From the name alone."""
    words = words_of(name)
    joined, spaced = "".join(words), " ".join(words)
    for said in (name.lower(), joined, spaced):
        if said in _WHOLE:
            return Meaning(text=_WHOLE[said], concept=_WHOLE[said], known=1.0)
    parts: list[str] = []
    known = letters = 0
    for word in words:
        if word.isdigit() or word in _STOP:
            continue
        found = _WORDS.get(word)
        pieces = [found] if found else _run_together(word)
        letters += 1
        if pieces:
            known += 1
            parts += pieces
        else:
            parts.append(word)
    if not known:
        return Meaning(text="", concept="", known=0.0)
    # `first` is a first name already, `zip` a postal code: what follows says it again.
    parts = [one for place, one in enumerate(parts) if place == 0 or parts[place - 1].split()[-1] != one]
    text = _FIXED.get(tuple(parts), " ".join(parts))
    return Meaning(text=text, concept=_concept(text, parts), known=known / max(letters, 1))


def _concept(text: str, parts: list[str]) -> str:
    """`customer email` is an email; `email flag` is none."""
    if set(parts[-1:]) & _NO_PERSON or set(parts[:1]) & {"flag"}:
        return text
    for tail in _PII_TAILS:
        if text == tail or text.endswith(f" {tail}"):
            return tail
    if parts[-1:] == ["name"] and set(parts) & {"employee", "contact", "customer", "user"}:
        return "person name" if "employee" in parts or "contact" in parts else text
    if tuple(parts[-2:]) in _FIXED:
        return _FIXED[tuple(parts[-2:])]
    return text


def _run_together(word: str) -> list[str]:
    """`kundennr` is `kunden` and `nr`: two known words that make up all of it."""
    for cut in range(len(word) - 2, 2, -1):
        first, second = _WORDS.get(word[:cut]), _WORDS.get(word[cut:])
        if first and second:
            return [first, second]
    for cut in range(3, len(word) - 1):
        first, second = _WORDS.get(word[:cut]), _WORDS.get(word[cut:])
        if first and second:
            return [first, second]
    return []
