"""
Tables (多维表格): read by search, written by merge.

Rule 1: most errors come with HTTP 200, as Feishu sends them.
Rule 2: under advanced permissions an app without full access reads success and no rows, not an error.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import cast

import msgspec

from kuaihui.emulators.feishu.call import Answer, Call, Operation
from kuaihui.emulators.feishu.clock import milliseconds
from kuaihui.emulators.feishu.errors import (
    NO_SUCH_BASE,
    NO_SUCH_FIELD,
    NO_SUCH_NODE,
    NO_SUCH_RECORD,
    NO_SUCH_TABLE,
    TABLE_BAD_FILTER,
    TABLE_FORBIDDEN,
    Rejected,
)
from kuaihui.emulators.feishu.limits import TABLE_WRITE, TWENTY_A_SECOND
from kuaihui.emulators.feishu.papers import Base, Field, Record, Table
from kuaihui.emulators.feishu.records import Json
from kuaihui.emulators.feishu.world import World

TEXT, DATE, PERSON = 1, 5, 11
UI_TYPE = {
    1: "Text",
    2: "Number",
    3: "SingleSelect",
    4: "MultiSelect",
    5: "DateTime",
    7: "Checkbox",
    11: "User",
    15: "Url",
    23: "Group",
}


Writing = Callable[[], Json]


class Condition(msgspec.Struct):
    """One condition of a search."""

    field_name: str
    operator: str
    value: list[str] = []


class Filter(msgspec.Struct):
    """Conditions, joined by "and" or "or"."""

    conjunction: str = "and"
    conditions: list[Condition] = []


class Search(msgspec.Struct):
    """The body of `app_table_record.search`."""

    filter: Filter | None = None
    field_names: list[str] | None = None
    automatic_fields: bool = False


class Fields(msgspec.Struct):
    """One row to write."""

    fields: dict[str, object]
    record_id: str = ""


class Rows(msgspec.Struct):
    """Many rows to write."""

    records: list[Fields]


def _base(call: Call) -> Base:
    base = call.world.bases.get(call.path["app_token"])
    if base is None:
        raise Rejected(NO_SUCH_BASE)
    return base


def _table(call: Call) -> Table:
    table = _base(call).tables.get(call.path["table_id"])
    if table is None:
        raise Rejected(NO_SUCH_TABLE)
    return table


def tables(call: Call) -> Answer:
    """The tables of a base."""
    return call.page([{"table_id": one.table_id, "name": one.name, "revision": 1} for one in _base(call).tables.values()], 20, 100)


def fields(call: Call) -> Answer:
    """The columns of a table."""
    shown: list[Json] = [
        {
            "field_id": one.field_id,
            "field_name": one.name,
            "type": one.kind,
            "ui_type": UI_TYPE.get(one.kind, "Text"),
            "is_primary": at == 0,
        }
        for at, one in enumerate(_table(call).fields)
    ]
    return {**call.page(shown, 20, 100), "total": len(shown)}


def search(call: Call) -> Answer:
    """The rows that meet the conditions; an empty cell is absent."""
    base, table, said = _base(call), _table(call), call.body(Search)
    rows = list(table.records.values()) if base.readers is None or call.app.app_id in base.readers else []
    found = [row for row in rows if said.filter is None or _meets(table, row, said.filter)]
    page = call.page([_row(row, said.field_names, automatic=said.automatic_fields) for row in found], 20, 500)
    return {**page, "total": len(found)}


def _meets(table: Table, row: Record, asked: Filter) -> bool:
    met = [_holds(table, row, condition) for condition in asked.conditions]
    return all(met) if asked.conjunction == "and" else any(met)


def _holds(table: Table, row: Record, asked: Condition) -> bool:
    _field(table, asked.field_name)
    value = row.fields.get(asked.field_name)
    said = _words(value)
    match asked.operator:
        case "is":
            return set(said) == set(asked.value)
        case "isNot":
            return set(said) != set(asked.value)
        case "contains":
            return any(each in one for each in asked.value for one in said)
        case "doesNotContain":
            return not any(each in one for each in asked.value for one in said)
        case "isEmpty":
            return not said
        case "isNotEmpty":
            return bool(said)
        case _:
            raise TABLE_BAD_FILTER.because(f"operator {asked.operator}")


def _words(value: object) -> list[str]:
    match value:
        case None:
            return []
        case list():
            return [word for one in cast("list[object]", value) for word in _words(one)]
        case dict():
            held = cast("Json", value)
            return [str(held.get("id") or held.get("text") or "")]
        case _:
            return [str(value)]


def _field(table: Table, name: str) -> Field:
    found = next((one for one in table.fields if one.name == name), None)
    if found is None:
        raise Rejected(NO_SUCH_FIELD)
    return found


def _row(row: Record, names: list[str] | None = None, *, automatic: bool = False) -> Json:
    kept = {name: value for name, value in row.fields.items() if names is None or name in names}
    shown: Json = {"record_id": row.record_id, "fields": kept}
    if automatic:
        shown |= {"created_time": milliseconds(row.created), "last_modified_time": milliseconds(row.modified)}
    return shown


def create(call: Call) -> Answer:
    """A row; the same client token is the same row."""
    said = call.body(Fields)
    return _written(call, lambda: {"record": _row(_add(call.world, _writable(call), said.fields))})


def create_many(call: Call) -> Answer:
    """Up to a thousand rows, all or none."""
    said = call.body(Rows)
    table = _writable(call)
    for row in said.records:
        _check(table, row.fields)
    return _written(call, lambda: {"records": [_row(_add(call.world, table, row.fields)) for row in said.records]})


def update(call: Call) -> Answer:
    """Merge fields into a row; null clears."""
    said, table = call.body(Fields), _writable(call)
    return {"record": _row(_merge(call, table, call.path["record_id"], said.fields))}


def update_many(call: Call) -> Answer:
    """Merge fields into many rows."""
    said, table = call.body(Rows), _writable(call)
    return {"records": [_row(_merge(call, table, row.record_id, row.fields)) for row in said.records]}


def _writable(call: Call) -> Table:
    base = _base(call)
    if base.readers is not None and call.app.app_id not in base.readers:
        raise Rejected(TABLE_FORBIDDEN)
    return _table(call)


def _written(call: Call, do: Writing) -> Json:
    base, token = _base(call), call.query.get("client_token", "")
    if token and token in base.write_tokens:
        return base.write_tokens[token]
    answer = do()
    if token:
        base.write_tokens[token] = answer
    return answer


def _add(world: World, table: Table, said: Json) -> Record:
    _check(table, said)
    made = Record(world.new_id("rec"), {}, world.now(), world.now())
    table.records[made.record_id] = made
    return set_fields(world, table, made, said)


def _check(table: Table, said: Json) -> None:
    for name in said:
        _field(table, name)


def _merge(call: Call, table: Table, record_id: str, said: Json) -> Record:
    _check(table, said)
    row = table.records.get(record_id)
    if row is None:
        raise Rejected(NO_SUCH_RECORD)
    return set_fields(call.world, table, row, said)


def set_fields(world: World, table: Table, row: Record, said: Json) -> Record:
    """Write cells, in the shapes Feishu reads back; whoever subscribed to the base hears of it."""
    for name, value in said.items():
        if value is None or value in ([], ""):
            row.fields.pop(name, None)
        else:
            row.fields[name] = _as_read(world, _field(table, name), value)
    row.modified = world.now()
    base = next(one for one in world.bases.values() if table.table_id in one.tables)
    body: Json = {
        "file_token": base.app_token,
        "file_type": "bitable",
        "table_id": table.table_id,
        "action_list": [{"record_id": row.record_id, "action": "record_edited"}],
    }
    world.publish(list(base.subscribers), "drive.file.bitable_record_changed_v1", body, base.app_token)
    return row


def _as_read(world: World, field: Field, value: object) -> object:
    if field.kind == TEXT and isinstance(value, str):
        return [{"type": "text", "text": value}]
    if field.kind == PERSON and isinstance(value, list):
        ids = [str(one["id"]) for one in cast("list[Json]", value)]
        return [{"id": each, "name": world.name_of(each), "en_name": "", "email": ""} for each in ids]
    if field.kind == DATE and isinstance(value, datetime):
        return milliseconds(value)
    return value


def add_base(world: World, app_token: str, name: str, columns: dict[str, int], rows: list[Json]) -> Base:
    """A base with one table, as people made it."""
    table = Table("tbl1", name, [Field(f"fld{at}", column, kind) for at, (column, kind) in enumerate(columns.items(), start=1)])
    world.bases[app_token] = base = Base(app_token, name, {table.table_id: table})
    for row in rows:
        _add(world, table, row)
    return base


def wiki_node(call: Call) -> Answer:
    """What a wiki node holds: the token of its document or base."""
    node = call.world.wiki.get(call.query.get("token", ""))
    if node is None:
        raise Rejected(NO_SUCH_NODE)
    return {"node": {"node_token": call.query["token"], "obj_type": node[0], "obj_token": node[1], "title": ""}}


TABLE = "bitable/v1/apps/{app_token}/tables/{table_id}"
OPERATIONS = [
    Operation("bitable.v1.app_table.list", "GET", "bitable/v1/apps/{app_token}/tables", tables, "TU", TWENTY_A_SECOND),
    Operation("bitable.v1.app_table_field.list", "GET", f"{TABLE}/fields", fields, "TU", TWENTY_A_SECOND),
    Operation("bitable.v1.app_table_record.search", "POST", f"{TABLE}/records/search", search, "TU", TWENTY_A_SECOND),
    Operation("bitable.v1.app_table_record.create", "POST", f"{TABLE}/records", create, "TU", TABLE_WRITE),
    Operation("bitable.v1.app_table_record.batch_create", "POST", f"{TABLE}/records/batch_create", create_many, "TU", TABLE_WRITE),
    Operation("bitable.v1.app_table_record.batch_update", "POST", f"{TABLE}/records/batch_update", update_many, "TU", TABLE_WRITE),
    Operation("bitable.v1.app_table_record.update", "PUT", f"{TABLE}/records/{{record_id}}", update, "TU", TABLE_WRITE),
    Operation("wiki.v2.space.get_node", "GET", "wiki/v2/spaces/get_node", wiki_node, "TU"),
]
