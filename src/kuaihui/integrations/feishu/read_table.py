"""
The team's table of business lines (多维表格), read into the catalog's words, and written back where a shift was swapped.

Rule 1: a column is found by its name or its field id; one that is gone is a fault, and so is a table without rows: Feishu answers an app
        without full access with success and nothing.
Rule 2: a person is found by open_id, in the catalog first; whom it does not know the directory names, and whose leader they are.
Rule 3: somebody who has left, or whom the app may not see, is a fault of their row.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from kuaihui.catalog.catalog import Catalog
from kuaihui.catalog.faults import Fault
from kuaihui.catalog.table import Column, Known, Line, Table
from kuaihui.errors import GiveUp
from kuaihui.integrations.feishu.client import people, tables
from kuaihui.integrations.feishu.client.feishu import Feishu
from kuaihui.integrations.feishu.directory import Directory
from kuaihui.language import Text, text

# Two above: who is called when nobody answers, and who is told.
LEADERS: Final = 2
_BETWEEN: Final = re.compile(r"[,，、;；/\s]+")
_ID: Final = re.compile(r"[A-Za-z0-9_.-]{1,64}")


@dataclass(frozen=True)
class Place:
    """Which base, which table of it (empty: the first), and the column of each word; `service` must be there."""

    base: str = ""
    wiki: str = ""
    table: str = ""
    service: str = ""
    columns: Mapping[Column, str] = field(default_factory=dict[Column, str])


class BadTable(GiveUp):
    """The table cannot be taken: `faults` say why."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__(faults[0].told)


class TableReader:
    """Reads and writes one table."""

    def __init__(self, feishu: Feishu, directory: Directory, catalog: Callable[[], Catalog], place: Place) -> None:
        self._feishu = feishu
        self._directory = directory
        self._catalog = catalog
        self._at = place
        self._place: tuple[str, str, str] | None = None

    async def read(self, now: datetime) -> Table:
        """The table as it stands. Raises BadTable for one that cannot be taken, GiveUp and TryLater where Feishu will not tell."""
        base, table, title = await self.place()
        columns = await self._columns(base, table, title)
        rows = await self._feishu.tables.rows(base, table)
        reading = _Reading(self, title, now)
        lines = [line for number, row in enumerate(rows, 1) if (line := await reading.line(row, number, columns))]
        if reading.faults:
            raise BadTable(reading.faults)
        return Table(title=title, lines=tuple(lines), known=tuple(reading.known.values()))

    async def place(self) -> tuple[str, str, str]:
        """The base, the table's id and its name. Raises BadTable where the base has no such table."""
        if self._place is None:
            at, client = self._at, self._feishu.tables
            base = at.base or await client.base_of_wiki(at.wiki)
            there = await client.tables(base)
            found = next((one for one in there if at.table in ("", one.table_id, one.name)), None)
            if found is None:
                known = tuple(one.name for one in there) or "-"
                wrong = text("there is no table {table}; there are: {known}", table=at.table, known=known)
                raise BadTable([_fault(base, 0, "no_table", wrong, text("set feishu.roster.table to the table's name or id"))])
            self._place = (base, found.table_id, found.name)
        return self._place

    async def _columns(self, base: str, table: str, title: str) -> dict[str, str]:
        """The names of the mapped columns, by our word for them. Raises BadTable with every one that is gone."""
        there = await self._feishu.tables.fields(base, table)
        names = {one.field_id: one.field_name for one in there} | {one.field_name: one.field_name for one in there}
        wanted: dict[str, str] = {"service": self._at.service} | {word: name for word, name in self._at.columns.items() if name}
        remedy = text("rename it back, or change feishu.roster.columns; there are: {known}", known=tuple(one.field_name for one in there))
        faults = [
            _fault(title, 0, "no_column", text("the table has no column {column} (for {word})", column=name, word=word), remedy)
            for word, name in wanted.items()
            if name not in names
        ]
        if faults:
            raise BadTable(faults)
        return {word: names[name] for word, name in wanted.items()}

    async def write(self, record: str, column: Column, who: Sequence[str], now: datetime) -> None:
        """Put these people of the catalog into a cell. Raises GiveUp for somebody whom Feishu does not know."""
        base, table, title = await self.place()
        columns = await self._columns(base, table, title)
        ids = [await self._directory.open_id(person, now) for person in who]
        await self._feishu.tables.change(base, table, record, {columns[column]: [{"id": one} for one in ids]})

    # -- people ----------------------------------------------------------------------------------------------------------------------------

    async def known_by(self, open_id: str, now: datetime) -> str:
        """Whom of the catalog this is; empty for nobody."""
        return await self._directory.person(open_id, now)

    def named(self, words: str) -> str:
        """Whom of the catalog a text cell means: a name, an id, a number or an address; empty for nobody."""
        wanted = words.strip().lstrip("@").casefold()
        for one in self._catalog().people.values():
            if wanted and wanted in {one.id.casefold(), one.name.zh.casefold(), one.name.en.casefold(), one.phone, one.email.casefold()}:
                return one.id
        return ""

    async def introduced(self, open_id: str) -> people.Person:
        """Somebody as the directory knows them. Raises GiveUp for somebody whom the app may not see."""
        return await self._feishu.people.get(open_id)

    def is_taken(self, id: str) -> bool:
        """Whether the catalog has somebody else under this id."""
        return id in self._catalog().people

    def has_leader(self, person: str) -> bool:
        """Whether the files say whom somebody reports to."""
        known = self._catalog().people.get(person)
        return known is not None and bool(known.leader)


class _Reading:
    """One reading of the table: people that were met, and faults."""

    def __init__(self, reader: TableReader, title: str, now: datetime) -> None:
        self._reader = reader
        self._title = title
        self._now = now
        self._met: dict[str, str] = {}  # open_id → person of the catalog, or the id they get
        self.known: dict[str, Known] = {}
        self.faults: list[Fault] = []

    async def line(self, row: tables.Row, number: int, columns: Mapping[str, str]) -> Line | None:
        """One row; None for one without a service, such as the empty row at the end."""
        column = columns["service"]
        service = row.text(column).strip()
        if not service:
            return None
        words = [word for word in columns if word != "service"]
        found: dict[Column, tuple[str, ...]] = {}
        for word in words:
            found[word] = tuple(dict.fromkeys(await self._people(row, number, columns[word])))  # type: ignore[index]  # a word of the mapping
        return Line(record=row.record_id, number=number, service=service, people=found)

    async def _people(self, row: tables.Row, number: int, column: str) -> list[str]:
        found: list[str] = []
        if ids := row.people(column):
            met = [await self._person(open_id, number, column) for open_id in ids]
            return [person for person in met if person]
        for words in filter(None, _BETWEEN.split(row.text(column))):
            if person := self._reader.named(words):
                found.append(person)
            else:
                wrong = text("{name} in the column {column} is nobody of the catalog", name=words, column=column)
                self._wrong(number, "nobody_of_that_name", wrong, text("make it a column of people, or write a name of people.yaml"))
        return found

    async def _person(self, open_id: str, number: int, column: str) -> str:
        if open_id in self._met:
            return self._met[open_id]
        try:
            person = await self._reader.introduced(open_id)
        except GiveUp as unseen:
            self._gone(number, column, open_id, unseen.text)
            return ""
        if person.status.is_resigned:
            self._gone(number, column, person.name or open_id, text("has left the company"))
            return ""
        return await self._meet(person, LEADERS)

    async def _meet(self, person: people.Person, above: int) -> str:
        """Somebody's id in the catalog; they and those above them, so many steps up, are made known to it where they are not."""
        mine = await self._reader.known_by(person.open_id, self._now) or self._new_id(person)
        self._met[person.open_id] = mine
        leader = await self._leader(person.leader_user_id, above) if person.leader_user_id and above else ""
        if not self._reader.is_taken(mine) or (leader and not self._reader.has_leader(mine)):
            self.known[mine] = Known(
                id=mine, name=person.name, feishu=person.open_id, phone=person.mobile, email=person.email, leader=leader
            )
        return mine

    async def _leader(self, open_id: str, above: int) -> str:
        """Who somebody reports to; empty for somebody whom the app may not see."""
        if open_id in self._met:
            return self._met[open_id]
        try:
            return await self._meet(await self._reader.introduced(open_id), above - 1)
        except GiveUp:
            return ""

    def _new_id(self, person: people.Person) -> str:
        """What somebody new is called: the beginning of their address where that is an id and free, else their open_id."""
        short = person.email.partition("@")[0]
        free = _ID.fullmatch(short) and not self._reader.is_taken(short) and short not in self.known
        return short if free else person.open_id

    def _gone(self, number: int, column: str, who: str, why: Text) -> None:
        wrong = text("{who} in the column {column}: {why}", who=who, column=column, why=why)
        self._wrong(number, "person_gone", wrong, text("name somebody there who works here"))

    def _wrong(self, number: int, rule: str, wrong: Text, remedy: Text) -> None:
        self.faults.append(_fault(self._title, number, rule, wrong, remedy))


def _fault(title: str, line: int, rule: str, wrong: Text, remedy: Text) -> Fault:
    return Fault(f"《{title}》", line, f"table.{rule}", wrong, remedy)
