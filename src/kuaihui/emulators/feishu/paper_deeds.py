"""What people do outside chats: with meetings, documents, tables and tasks."""

from __future__ import annotations

from typing import cast

import msgspec

from kuaihui.emulators.feishu import bitable, docx, drive, meetings, tasks
from kuaihui.emulators.feishu.deeds import NotPossible
from kuaihui.emulators.feishu.papers import Document, Meeting
from kuaihui.emulators.feishu.records import Json, Person
from kuaihui.emulators.feishu.world import World


class Join(msgspec.Struct, kw_only=True):
    """Join a meeting by its number."""

    number: str

    def do(self, world: World, person: Person) -> Json:
        """The meeting's id."""
        found = _meeting(world, self.number)
        meetings.join(world, found, person)
        return {"meeting_id": found.meeting_id}


class LeaveMeeting(msgspec.Struct, kw_only=True):
    """Leave a meeting by its number."""

    number: str

    def do(self, world: World, person: Person) -> Json:
        """Nothing more to say."""
        meetings.leave(world, _meeting(world, self.number), person.open_id)
        return {}


class View(msgspec.Struct, kw_only=True):
    """Open a document."""

    document: str

    def do(self, world: World, person: Person) -> Json:
        """What it says, block by block."""
        found = world.documents[self.document]
        found.views[person.open_id] = world.now()
        return {"title": found.title, "blocks": list(docx.walk(found, found.token))}


class Like(msgspec.Struct, kw_only=True):
    """Like a document."""

    document: str

    def do(self, world: World, person: Person) -> Json:
        """Nothing more to say."""
        world.documents[self.document].likes[person.open_id] = world.now()
        return {}


class Write(msgspec.Struct, kw_only=True):
    """Write a line at the end of a document, or change what a block says."""

    document: str
    text: str
    block_id: str = ""

    def do(self, world: World, person: Person) -> Json:
        """The block that was written."""
        found = world.documents[self.document]
        found.views[person.open_id] = world.now()
        found.revision += 1
        return {"block_id": self._changed(found) if self.block_id else self._added(world, found)}

    def _added(self, world: World, found: Document) -> str:
        page = found.blocks[found.token]
        block = docx.put(world, found, page, {"block_type": docx.TEXT, "text": {"elements": self._elements()}})
        docx.place(page, [cast("str", block["block_id"])], -1)
        return cast("str", block["block_id"])

    def _changed(self, found: Document) -> str:
        block = found.blocks[self.block_id]
        cast("Json", block[docx.FIELD[cast("int", block["block_type"])]])["elements"] = self._elements()
        return self.block_id

    def _elements(self) -> list[Json]:
        return [{"text_run": {"content": self.text}}]


class CommentOn(msgspec.Struct, kw_only=True):
    """Comment on a document, or reply to a comment there."""

    document: str
    text: str
    block_id: str = ""
    comment_id: str = ""

    def do(self, world: World, person: Person) -> Json:
        """The comment's id."""
        found = world.documents[self.document]
        elements: list[Json] = [{"type": "text_run", "text_run": {"text": self.text}}]
        for one in found.comments:
            if one.comment_id == self.comment_id:
                drive.add_reply(world, found, one, person.open_id, elements)
                return {"comment_id": one.comment_id}
        return {"comment_id": drive.add_comment(world, found, person.open_id, elements, self.block_id).comment_id}


class Finish(msgspec.Struct, kw_only=True):
    """Finish one's part of a task; it is done when all (or, in mode 2, any) of its assignees have."""

    task: str

    def do(self, world: World, person: Person) -> Json:
        """Whether the task is done."""
        found = world.tasks[self.task]
        found.finished_by.add(person.open_id)
        if found.mode == 2 or tasks.assignees(found) <= found.finished_by:
            tasks.complete(world, found, world.clock.milliseconds())
        return {"done": bool(found.completed_at)}


class Reopen(msgspec.Struct, kw_only=True):
    """Open a task again."""

    task: str

    def do(self, world: World, person: Person) -> Json:
        """Nothing more to say."""
        found = world.tasks[self.task]
        found.finished_by.discard(person.open_id)
        tasks.complete(world, found, 0)
        return {}


class EditRow(msgspec.Struct, kw_only=True):
    """Change cells of a table's row."""

    base: str
    table: str
    record: str
    fields: dict[str, object]

    def do(self, world: World, person: Person) -> Json:
        """Nothing more to say."""
        table = world.bases[self.base].tables[self.table]
        bitable.set_fields(world, table, table.records[self.record], self.fields)
        return {}


def _meeting(world: World, number: str) -> Meeting:
    found = next((one for one in world.meetings.values() if one.number == number), None)
    if found is None:
        raise NotPossible(f"there is no meeting {number}")
    return found


Deed = Join | LeaveMeeting | View | Like | Write | CommentOn | Finish | Reopen | EditRow
DEEDS: dict[str, type[Deed]] = {
    "join": Join,
    "leave_meeting": LeaveMeeting,
    "view": View,
    "like": Like,
    "write": Write,
    "comment": CommentOn,
    "finish": Finish,
    "reopen": Reopen,
    "edit_row": EditRow,
}
