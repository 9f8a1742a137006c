"""Which deeds there are (refund, cancel, send ...), and which of them the name of a tool or a word names.

English, with the words that agents of other languages use most when they say that something is done.
"""

from __future__ import annotations

import re
from functools import lru_cache


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_FAMILIES: dict[str, str] = {
    "refund": "refund reimburse refunding refunds",
    "cancel": "cancel cancelation cancellation void revoke terminate abort",
    "send": "send email mail notify message sms post publish forward reply dispatch",
    "book": "book booking reserve reservation schedule",
    "order": "order purchase buy",
    "create": "create open add register make generate file log submit raise insert new setup draft record "
    "upload write save store append",
    "update": "update change modify edit set adjust amend correct move reschedule exchange switch upgrade "
    "downgrade replace rename patch swap modification",
    "delete": "delete remove drop erase clear purge unsubscribe deletion removal",
    "close": "close resolve archive",
    "escalate": "escalate transfer assign handoff",
    "pay": "pay payment charge transfer wire deposit withdraw",
    "return": "return",
    "deploy": "deploy release restart rollback install",
    "merge": "merge commit push",
    "approve": "approve reject grant block unblock unlock activate deactivate enable disable suspend",
    "apply": "apply redeem issue credit compensate certificate voucher",
}
_FAMILY_OF: dict[str, frozenset[str]] = {}
for _family, _words in _FAMILIES.items():
    for _word in _words.split():
        _FAMILY_OF[_word] = _FAMILY_OF.get(_word, frozenset()) | {_family}

_IRREGULAR = {
    "send": ("sent",),
    "make": ("made",),
    "set": ("set",),
    "pay": ("paid",),
    "write": ("wrote", "written"),
    "buy": ("bought",),
    "withdraw": ("withdrew", "withdrawn"),
    "setup": ("setup",),
}
_NO_VERBS = _set(
    """
    cancelation cancellation booking reservation refunding refunds new sms modification deletion
    removal handoff payment certificate voucher rollback
    """
)
_DOUBLED = frozenset("cancel log drop swap ship submit commit".split())  # noqa: SIM905

_VEHICLES = frozenset("issue create make submit add request apply send new".split())  # noqa: SIM905

LIGHT = _set(
    """
    processed issued initiated completed confirmed made placed done submitted arranged finalized
    finalised executed successful complete requested
    """
)
"""Words that say that something is done without saying what: the noun beside them says it."""


def _pasts(word: str) -> tuple[str, ...]:
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if word.endswith("e"):
        return (word + "d",)
    if word.endswith("y") and word[-2] not in "aeiou":
        return (word[:-1] + "ied",)
    if word in _DOUBLED:
        return (word + word[-1] + "ed", word + "ed")
    return (word + "ed",)


DONE: dict[str, frozenset[str]] = {
    past: families
    for word, families in _FAMILY_OF.items()
    if word not in _NO_VERBS
    for past in _pasts(word)
    if past not in LIGHT
}
"""Families of deeds by past participle: refunded -> {refund}."""

NOUNS: dict[str, frozenset[str]] = {
    noun: _FAMILY_OF[base]
    for noun, base in (
        ("refund", "refund"),
        ("reimbursement", "reimburse"),
        ("cancellation", "cancel"),
        ("cancelation", "cancel"),
        ("booking", "book"),
        ("reservation", "book"),
        ("order", "order"),
        ("purchase", "order"),
        ("payment", "pay"),
        ("transfer", "transfer"),
        ("exchange", "exchange"),
        ("return", "return"),
        ("update", "update"),
        ("change", "update"),
        ("changes", "update"),
        ("modification", "update"),
        ("upgrade", "update"),
        ("email", "send"),
        ("deletion", "delete"),
        ("deployment", "deploy"),
        ("certificate", "certificate"),
        ("voucher", "voucher"),
    )
}
"""Families of deeds by the noun that stands beside a word of `LIGHT`."""

FOREIGN_DONE: dict[str, frozenset[str]] = {
    word: frozenset({family})
    for family, words in (
        ("refund", "erstattet zurückerstattet rückerstattet remboursé remboursée reembolsado reembolsada"),
        ("cancel", "storniert gekündigt annulé annulée résilié cancelado cancelada anulado anulada"),
        ("send", "gesendet verschickt versendet benachrichtigt envoyé envoyée enviado enviada"),
        ("book", "gebucht reserviert réservé réservée reservado reservada"),
        ("order", "bestellt commandé commandée pedido comprado"),
        ("create", "erstellt angelegt eröffnet créé créée creado creada"),
        (
            "update",
            "geändert aktualisiert umgebucht modifié modifiée actualisé actualizado actualizada modificado "
            "modificada cambiado",
        ),
        ("delete", "gelöscht entfernt supprimé supprimée eliminado eliminada borrado"),
        ("close", "geschlossen clôturé fermé fermée cerrado cerrada"),
        ("escalate", "eskaliert weitergeleitet transféré transférée transferido escalado"),
        ("pay", "bezahlt überwiesen payé payée virado pagado pagada"),
    )
    for word in words.split()
}

_READING = _set(
    """
    get lookup look search find fetch read list query retrieve check show describe view browse load
    inspect calculate compute count think status scan grep cat open_url details history validate
    verify
    """
)
_ANYTHING = _set(
    """
    execute exec run sql python bash shell code http request api browser click command terminal
    interpreter repl invoke call script agent specialist coworker delegate ask handoff subagent task
    computer
    """
)
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


@lru_cache(maxsize=4096)
def words(name: str) -> tuple[str, ...]:
    """Of a tool's name, lower case: issueRefund and issue_refund are (issue, refund)."""
    return tuple(word.lower() for word in _WORDS.findall(name[:200]))


@lru_cache(maxsize=4096)
def families(name: str) -> frozenset[str]:
    """Which deeds a tool of that name does; empty for one that only reads, or whose name says nothing."""
    if reads(name):
        return frozenset()
    parts = words(name)
    for place, word in enumerate(parts):
        found = _FAMILY_OF.get(word)
        if found is not None:
            # issue_refund and create_payment do what their noun says; modify_order_items is no order.
            further = parts[place + 1] if word in _VEHICLES and place + 1 < len(parts) else ""
            return found | _FAMILY_OF.get(further, frozenset())
    return frozenset()


@lru_cache(maxsize=4096)
def reads(name: str) -> bool:
    """Whether a tool of that name only looks something up."""
    parts = words(name)
    return bool(parts) and (parts[0] in _READING or (len(parts) > 1 and parts[-1] in ("lookup", "search")))


@lru_cache(maxsize=4096)
def does_anything(name: str) -> bool:
    """Whether a tool of that name may do any deed: it runs code, or hands the task to another agent."""
    return not _ANYTHING.isdisjoint(words(name))


@lru_cache(maxsize=4096)
def objects(name: str) -> frozenset[str]:
    """What the deed is done to, as the tool's name says: issue_refund has none but the deed itself."""
    own = families(name)
    parts = words(name)
    verb = next((place for place, word in enumerate(parts) if word in _FAMILY_OF), len(parts))
    return frozenset(
        word.removesuffix("s")
        for word in parts[verb + 1 :]
        if len(word) > 2 and own.isdisjoint(_FAMILY_OF.get(word, ()))
    )


def is_protocol(name: str) -> bool:
    """Steps that carry tools (MCP's tools/list) are not tools."""
    return "/" in name or name.startswith(("MCP ", "initialize"))
