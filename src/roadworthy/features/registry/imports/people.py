"""People and teams as files name them, held against those that are registered."""

from __future__ import annotations

from roadworthy.features.registry.snapshot import Snapshot


class KnownNames:
    """Names as they are registered, whatever the case of the letters."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self._teams = {name.casefold(): name for name in snapshot.teams}
        self._contacts = {name.casefold(): name for name in snapshot.contacts}
        self._emails = {one.email.casefold(): one.name for one in snapshot.contacts.values() if one.email}

    def team(self, name: str) -> str:
        """As it is registered, else as it is."""
        return self._teams.get(name.casefold(), name)

    def contact(self, text: str) -> str:
        """Name of the contact of that e-mail address or name; the text itself where there is none."""
        folded = text.casefold()
        return self._emails.get(folded) or self._contacts.get(folded, text)
