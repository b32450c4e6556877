"""
Tables (多维表格), such as the roster a team keeps there.

Rule 1: no rows at all is suspicious: under advanced permissions Feishu answers an app without full access so, and not with an error.
Rule 2: one writer a table: Feishu refuses two writes at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from kuaihui.integrations.feishu.client.caller import Ask, Caller, Operation
from kuaihui.integrations.feishu.client.paces import Pace
from kuaihui.integrations.feishu.client.pages import Page, all_of
from kuaihui.integrations.feishu.client.times import from_milliseconds

TABLE = "bitable/v1/apps/{base}/tables/{table}"
READS = (Pace(20),)
TABLES = Operation("bitable.v1.app_table.list", "GET", "bitable/v1/apps/{base}/tables", READS)
FIELDS = Operation("bitable.v1.app_table_field.list", "GET", f"{TABLE}/fields", READS)
SEARCH = Operation("bitable.v1.app_table_record.search", "POST", f"{TABLE}/records/search", READS)
CREATE = Operation(
    "bitable.v1.app_table_record.batch_create", "POST", f"{TABLE}/records/batch_create", (Pace(50),), "table write", alone=True
)
UPDATE = Operation("bitable.v1.app_table_record.update", "PUT", f"{TABLE}/records/{{record}}", (Pace(50),), "table write", alone=True)
NODE = Operation("wiki.v2.space.get_node", "GET", "wiki/v2/spaces/get_node")
MOST_ROWS = 500


class Table(msgspec.Struct, frozen=True):
    """A table of a base."""

    table_id: str
    name: str = ""


class Field(msgspec.Struct, frozen=True):
    """A column; match by id, show by name."""

    field_id: str
    field_name: str
    type: int = 1


class Cell(msgspec.Struct, frozen=True):
    """A piece of a cell: text, or a person or group by id."""

    text: str = ""
    id: str = ""
    name: str = ""


Value = list[Cell | str] | Cell | str | int | float | bool | None


class Row(msgspec.Struct, frozen=True):
    """A row; an empty cell is not there."""

    record_id: str
    fields: dict[str, Value] = {}

    def text(self, column: str) -> str:
        """A cell as words."""
        value = self.fields.get(column)
        parts = value if isinstance(value, list) else [value]
        return "".join(_words(part) for part in parts)

    def people(self, column: str) -> list[str]:
        """The open_ids (or chat ids) in a cell."""
        value = self.fields.get(column)
        return [part.id for part in value if isinstance(part, Cell) and part.id] if isinstance(value, list) else []

    def date(self, column: str) -> datetime | None:
        """The instant in a date cell."""
        value = self.fields.get(column)
        return from_milliseconds(int(value)) if isinstance(value, int | float) and not isinstance(value, bool) else None


class _Node(msgspec.Struct):
    obj_type: str = ""
    obj_token: str = ""


class _NodeAnswer(msgspec.Struct):
    node: _Node


class _Written(msgspec.Struct):
    record: Row


class _Rows(msgspec.Struct):
    records: list[Row] = []


class Tables:
    """Tables that people keep. A `key` for new rows is a UUID; an update is a merge, so made twice it is the same as once."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    async def base_of_wiki(self, node: str) -> str:
        """The base's token of a base that sits in a wiki."""
        ask = Ask(operation=NODE, shape=_NodeAnswer, query={"token": node})
        return (await self._caller.ask(ask)).node.obj_token

    async def tables(self, base: str) -> list[Table]:
        """The tables of a base."""
        return [one async for one in all_of(self._caller, TABLES, Page[Table], path={"base": base}, query={"page_size": 100})]

    async def fields(self, base: str, table: str) -> list[Field]:
        """The columns of a table."""
        path = {"base": base, "table": table}
        return [one async for one in all_of(self._caller, FIELDS, Page[Field], path=path, query={"page_size": 100})]

    async def rows(self, base: str, table: str, where: Mapping[str, object] | None = None) -> list[Row]:
        """All rows, or those that meet a filter in Feishu's words: `{"conjunction": "and", "conditions": [...]}`."""
        path, query = {"base": base, "table": table}, {"page_size": MOST_ROWS, "user_id_type": "open_id"}
        body = {"automatic_fields": False, **({"filter": where} if where else {})}
        return [one async for one in all_of(self._caller, SEARCH, Page[Row], path=path, query=query, body=body)]

    async def add(self, base: str, table: str, rows: Sequence[Mapping[str, object]], *, key: str) -> list[Row]:
        """New rows, all or none."""
        query = {"client_token": key, "user_id_type": "open_id"}
        body = {"records": [{"fields": row} for row in rows]}
        path = {"base": base, "table": table}
        ask = Ask(operation=CREATE, shape=_Rows, path=path, query=query, body=body, twice_is_once=True)
        return (await self._caller.ask(ask)).records

    async def change(self, base: str, table: str, record: str, fields: Mapping[str, object]) -> Row:
        """Write some cells of a row; None empties one."""
        path = {"base": base, "table": table, "record": record}
        query = {"user_id_type": "open_id"}
        ask = Ask(operation=UPDATE, shape=_Written, path=path, query=query, body={"fields": fields}, twice_is_once=True)
        return (await self._caller.ask(ask)).record


def _words(part: Cell | str | float | bool | None) -> str:
    if isinstance(part, Cell):
        return part.text or part.name
    return "" if part is None else str(part)
