"""What a notifier promises to those that tell the outside about incidents.

Somebody else's server: it may hang, redirect into our network, answer "200" and mean an error. A notifier
sends one notification once, bounds time and bytes, and returns only where the receiver has said that it took
it; all else is `NotSent`, with what the receiver said, its secrets taken out. Retrying is the caller's: the
same notification sent again carries the same id and key, so that receivers can tell.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from roadworthy.domain.notification import ChannelKind, Notification


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """`said` is what the receiver answered, cut, without secrets."""

    said: str


class NotSent(Exception):  # noqa: N818 (a condition, not a bug)
    """`again` False: the receiver will never take this as it is. `after_s` is what Retry-After asked for."""

    def __init__(self, message: str, *, again: bool = True, after_s: float | None = None) -> None:
        super().__init__(message)
        self.again = again
        self.after_s = after_s


class Notifier(Protocol):
    async def send(self, notification: Notification) -> Receipt:
        """Raises `NotSent`, and nothing else."""
        ...


class SettingInvalid(ValueError):  # noqa: N818 (a condition, not a bug)
    """A setting of a channel; `field` names it, the message says what was expected."""

    def __init__(self, field: str, *, expected: str) -> None:
        super().__init__(f"{field}: expected {expected}")
        self.field = field
        self.expected = expected


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelField:
    """A setting that channels of a kind have."""

    name: str
    title: str
    help: str = ""
    required: bool = False
    secret: bool = False
    """Sealed, and never given back."""
    address: bool = False
    """Where the secrets are sent to: with another one they have to be said again, or whoever may change a
    channel could have them sent to himself."""
    default: str = ""
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """`allowed` are private networks (CIDR) that may be connected to: the operator's setting, "" for none."""

    allowed: tuple[str, ...] = ()
    timeout_s: float = 10.0
    """Of one sending, from the name look-up to the last byte."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotifierKind:
    """One way of telling. `open` connects to nothing yet; it raises SettingInvalid. `values` holds settings
    and opened secrets; those with a default that were left out are filled in."""

    kind: ChannelKind
    title: str
    fields: tuple[ChannelField, ...]
    open: Callable[[Mapping[str, str], Network], Notifier]
