"""What people do outside chats: with meetings, documents and tasks."""

from __future__ import annotations

import msgspec

from kuaihui.emulators.feishu.records import Json, Person
from kuaihui.emulators.feishu.world import World


class View(msgspec.Struct, kw_only=True):
    """Open a document."""

    document: str

    def do(self, world: World, person: Person) -> Json:
        """Nothing more to say."""
        world.documents[self.document].views[person.open_id] = world.now()
        return {}


Deed = View
DEEDS: dict[str, type[Deed]] = {"view": View}
