"""
A catalog's folder as entries: every file read, every entry shaped, every fault kept.

Rule 1: reading goes on after a fault, so that all of them are told at once.
Rule 2: what could not be read is unknown, not absent: nothing is said to be missing from a file that failed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, cast

from pydantic import BaseModel, ValidationError

from kuaihui.catalog.faults import Fault, FaultyCatalog, did_you_mean
from kuaihui.catalog.front import Front
from kuaihui.catalog.guides import Guide
from kuaihui.catalog.people import Person
from kuaihui.catalog.policies import Policy
from kuaihui.catalog.roles import Role
from kuaihui.catalog.rotas import Calendar, Leave, Rota
from kuaihui.catalog.services import Service
from kuaihui.catalog.sheets import Sheet, Step, read_sheet, read_text
from kuaihui.catalog.silences import Inhibition
from kuaihui.catalog.slips import slips
from kuaihui.catalog.watchdogs import Watchdog
from kuaihui.language import Text, text

# Each is KIND.yaml, or any number of files in a folder KIND/.
KINDS: Final[Mapping[str, type[BaseModel]]] = {
    "people": Person,
    "services": Service,
    "rotas": Rota,
    "calendars": Calendar,
    "policies": Policy,
    "roles": Role,
    "inhibitions": Inhibition,
    "watchdogs": Watchdog,
    "guides": Guide,
}
_FILES: Final = ("catalog.yaml", "leave.yaml", *(f"{kind}.yaml" for kind in KINDS))
_ID_SIGNS: Final = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")
LONGEST_ID: Final = 64


@dataclass
class Sources:
    """All that was read. `entries[kind][id]` are the sound ones; `known[kind]` every id that is written, sound or not."""

    folder: Path
    faults: list[Fault] = field(default_factory=list[Fault])
    cautions: list[Fault] = field(default_factory=list[Fault])
    entries: dict[str, dict[str, BaseModel]] = field(default_factory=lambda: {kind: {} for kind in KINDS})
    known: dict[str, dict[str, Sheet]] = field(default_factory=lambda: {kind: {} for kind in (*KINDS, "templates", "runbooks")})
    failed: set[str] = field(default_factory=set[str])  # kinds of which a file could not be read
    front: Front | None = None
    front_sheet: Sheet = field(default_factory=lambda: Sheet("catalog.yaml"))
    leave: list[Leave] = field(default_factory=list[Leave])
    leave_sheet: Sheet = field(default_factory=lambda: Sheet("leave.yaml"))
    hash: hashlib._Hash = field(default_factory=hashlib.sha256)  # pyright: ignore[reportPrivateUsage]  # its only name

    @classmethod
    def read(cls, folder: Path) -> Sources:
        """Everything in the folder but the templates. Raises FaultyCatalog where there is no folder."""
        if not folder.is_dir():
            remedy = text("name the folder that holds people.yaml, services.yaml and the rest")
            raise FaultyCatalog([Fault(str(folder), 1, "catalog.no_folder", text("there is no such folder"), remedy)])
        sources = cls(folder)
        sources._look_for_strays()
        sources._read_front()
        for kind in KINDS:
            for path in sources._paths(kind):
                sources._read_kind(kind, path)
        sources._read_leave()
        return sources

    def fault(self, place: tuple[str, int], rule: str, wrong: Text, remedy: Text) -> None:
        """Keep a fault."""
        self.faults.append(Fault(*place, f"catalog.{rule}", wrong, remedy))

    def caution(self, place: tuple[str, int], rule: str, wrong: Text, remedy: Text) -> None:
        """Keep a caution."""
        self.cautions.append(Fault(*place, f"catalog.{rule}", wrong, remedy))

    def place(self, kind: str, entry: str, *path: Step) -> tuple[str, int]:
        """File and line of something inside an entry."""
        sheet = self.known[kind][entry]
        return sheet.file, sheet.line(entry, *path)

    def text_of(self, path: Path) -> str | None:
        """A file's text; every file read counts for the version."""
        name = self.name(path)
        words = read_text(path, name, self.faults.append)
        if words is not None:
            self.hash.update(f"{name}\0{len(words)}\0{words}".encode())
        return words

    def name(self, path: Path) -> str:
        """The file's name as seen from the folder."""
        return path.relative_to(self.folder).as_posix()

    def _sheet(self, path: Path) -> Sheet | None:
        words = self.text_of(path)
        return None if words is None else read_sheet(words, self.name(path), self.faults.append)

    def _paths(self, kind: str) -> list[Path]:
        one, many = self.folder / f"{kind}.yaml", sorted((self.folder / kind).glob("*.yaml"))
        return [*([one] if one.exists() else []), *many]

    def _look_for_strays(self) -> None:
        """A file whose name is misspelt would be a silence."""
        for path in sorted(self.folder.iterdir()):
            if path.suffix in {".yaml", ".yml"} and path.name not in _FILES:
                listed = text("the files here are: {known}", known=tuple(_FILES))
                remedy = did_you_mean(path.name, _FILES, listed)
                self.fault((path.name, 1), "unknown_file", text("nothing reads {file}", file=path.name), remedy)

    def _read_front(self) -> None:
        path = self.folder / "catalog.yaml"
        sheet = self._sheet(path) if path.exists() else self.front_sheet
        if sheet is None:
            self.failed.add("catalog")
            return
        self.front_sheet = sheet
        data = cast("dict[str, object]", sheet.data or {})
        if isinstance(sheet.data, dict | None) and not data.get("catch_all"):
            remedy = text("write catch_all: and the id of the service that takes an alert no other service fits")
            self.fault(("catalog.yaml", sheet.line("catch_all")), "no_catch_all", text("there is no catch_all"), remedy)
            data = data | {"catch_all": "-"}
        try:
            self.front = Front.model_validate(data)
        except ValidationError as wrong:
            self.faults += slips(wrong, Front, sheet)

    def _read_kind(self, kind: str, path: Path) -> None:
        sheet = self._sheet(path)
        if sheet is None:
            self.failed.add(kind)
            return
        if sheet.data is None:
            return
        data = sheet.data
        if not isinstance(data, dict):
            remedy = text("write each entry under its id, like: config-center: and its keys below, indented")
            self.fault((sheet.file, sheet.line()), "mapping", text("the file is not made of entries with ids"), remedy)
            self.failed.add(kind)
            return
        for entry, body in cast("dict[str, object]", data).items():
            self._shape(kind, entry, body, sheet)

    def _shape(self, kind: str, entry: str, body: object, sheet: Sheet) -> None:
        first = self.known[kind].setdefault(entry, sheet)
        if first is not sheet:
            said = text("{entry} is written twice, first in {place}", entry=entry, place=f"{first.file}:{first.line(entry)}")
            self.fault((sheet.file, sheet.line(entry)), "duplicate_id", said, text("keep one of the two"))
            return
        if not 0 < len(entry) <= LONGEST_ID or not _ID_SIGNS.issuperset(entry) or entry[0] in "-_.":
            remedy = text("an id is made of letters a-z, digits, hyphens, dots and underscores; the name may be Chinese")
            self.fault((sheet.file, sheet.line(entry)), "bad_id", text("{entry} cannot be an id", entry=entry), remedy)
            return
        model = KINDS[kind]
        given = {**cast("dict[str, object]", body), "id": entry} if isinstance(body, dict) else {} if body is None else body
        if isinstance(body, dict) and "id" in body:
            said = text("{key} is not a key here", key="id")
            self.fault((sheet.file, sheet.line(entry, "id")), "unknown_key", said, text("the id is the word above: delete this line"))
        try:
            self.entries[kind][entry] = model.model_validate({"id": entry} if given == {} else given)
        except ValidationError as wrong:
            self.faults += slips(wrong, model, sheet, entry)

    def _read_leave(self) -> None:
        path = self.folder / "leave.yaml"
        sheet = self._sheet(path) if path.exists() else None
        if sheet is None or sheet.data is None:
            return
        self.leave_sheet = sheet
        data = sheet.data
        if not isinstance(data, list):
            remedy = text("write a list: each entry begins with a hyphen")
            self.fault((sheet.file, sheet.line()), "list", text("the file is not a list"), remedy)
            return
        for number, body in enumerate(cast("list[object]", data)):
            try:
                self.leave.append(Leave.model_validate(body))
            except ValidationError as wrong:
                self.faults += slips(wrong, Leave, sheet, number)
