"""
A YAML file as values with their lines, or every reason why it cannot be read.

Rule 1: a plain value is a string or nothing; its field says what it is. So 010, no, 10:00 and 1.10 mean what is written, which YAML's own
        guessing would turn into 8, false, 36000 and 1.1.
Rule 2: a file from outside cannot hurt: its size, its depth and what its aliases unfold to are bounded, and a tag makes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path
from typing import Any, Final, cast

import yaml

from kuaihui.catalog.faults import Fault
from kuaihui.catalog.syntax import syntax_fault
from kuaihui.language import Text, text

LARGEST: Final = 4 * 1024 * 1024  # bytes; 10,000 services fit
_MOST_NODES: Final = 2_000_000
_DEEPEST: Final = 100
_MOST_OPEN: Final = 1000
_WORTH_AN_INDEX: Final = 32
_NOTHING: Final = ("", "~", "null", "Null", "NULL")
_TAGS: Final = tuple(f"tag:yaml.org,2002:{kind}" for kind in ("str", "seq", "map"))
_FORBIDDEN: Final = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_RUNS: Final = re.compile(r"^[-?: \t]*", re.MULTILINE)
_BRACKETS: Final = re.compile(r"[\[\]{}]")
_LOADER: Final = cast("type[yaml.BaseLoader]", getattr(yaml, "CBaseLoader", yaml.BaseLoader))
Step = str | int
Report = Callable[[Fault], None]
Entered = tuple[yaml.Node, yaml.Node]  # the node that bears an entry's line, and its value


@dataclass
class Sheet:
    """One file's values; `root` keeps the lines. `first` is the number of its first line (front matter begins further down)."""

    file: str
    data: object = None
    root: yaml.Node | None = None
    first: int = 1
    _indexes: dict[int, dict[str, Entered]] = field(default_factory=dict[int, "dict[str, Entered]"])

    def line(self, *path: Step) -> int:
        """The line of the entry at this path; of the nearest one above it that is there."""
        node, found = self.root, _line(self.root) if self.root else 1
        for step in path:
            entry = self._child(node, step)
            if entry is None:
                break
            found, node = _line(entry[0]), entry[1]
        return found + self.first - 1

    def _child(self, node: yaml.Node | None, step: Step) -> Entered | None:
        if isinstance(node, yaml.SequenceNode) and isinstance(step, int):
            return (node.value[step], node.value[step]) if step < len(node.value) else None
        if not isinstance(node, yaml.MappingNode):
            return None
        own = self._own(node, str(step))
        return own or next((found for other in _merges(node) if (found := self._child(other, step))), None)

    def _own(self, node: yaml.MappingNode, key: str) -> Entered | None:
        if len(node.value) < _WORTH_AN_INDEX:
            return next((entry for entry in reversed(node.value) if entry[0].value == key), None)
        index = self._indexes.get(id(node))
        if index is None:
            index = self._indexes[id(node)] = {str(key.value): (key, value) for key, value in node.value}
        return index.get(key)


def read_text(path: Path, file: str, report: Report) -> str | None:
    """The file's text, or None and a fault. UTF-8, with or without a byte order mark."""
    try:
        if path.stat().st_size > LARGEST:
            report(
                _whole(
                    file, "too_large", text("the file is larger than {most} MiB", most=LARGEST >> 20), text("split it into several files")
                )
            )
            return None
        raw = path.read_bytes()
    except OSError:
        report(_whole(file, "unreadable", text("the file cannot be read"), text("check that it is a file and that we may read it")))
        return None
    try:
        return _checked(raw.decode("utf-8-sig").replace("\r\n", "\n"), file, report)
    except UnicodeDecodeError as wrong:
        line = raw.count(b"\n", 0, wrong.start) + 1
        report(Fault(file, line, "catalog.encoding", text("this is not UTF-8"), text("save the file in the encoding UTF-8")))
        return None


def _checked(words: str, file: str, report: Report) -> str | None:
    if not words.strip():
        report(_whole(file, "empty_file", text("the file is empty"), text("write its entries, or delete it")))
        return None
    if wrong := _FORBIDDEN.search(words):
        line = words.count("\n", 0, wrong.start()) + 1
        code = f"U+{ord(wrong[0]):04X}"
        report(Fault(file, line, "catalog.characters", text("the invisible character {code} is not allowed", code=code), text("delete it")))
        return None
    return words


def read_sheet(words: str, file: str, report: Report, first: int = 1) -> Sheet | None:
    """The values of a YAML text that begins at line `first` of its file, or None and a fault."""
    if _nests_too_deeply(words):
        report(
            _whole(
                file, "too_deep", text("the file is nested too deeply"), text("a catalog needs no more than {most} levels", most=_DEEPEST)
            )
        )
        return None
    try:
        root = _compose(words)
    except yaml.YAMLError as wrong:
        report(syntax_fault(wrong, words, file, first))
        return None
    sheet = Sheet(file, None, root, first)
    if root is not None:
        if _unfolds_too_far(root):
            said = text("the file holds itself, or unfolds to more than {most} entries", most=_MOST_NODES)
            report(_whole(file, "too_large", said, text("write the entries out instead of using aliases")))
            return None
        sheet.data = _Values(sheet, report).of(root)
    return sheet


def _compose(words: str) -> yaml.Node | None:
    loader = _LOADER(words)
    try:
        return loader.get_single_node()
    finally:
        loader.dispose()


def _nests_too_deeply(words: str) -> bool:
    """Asked before the parser, whose own recursion no guard ends. By indentation alone a file of the largest size stays harmless."""
    if max(len(run) for run in _RUNS.findall(words)) > _MOST_OPEN:
        return True
    if words.count("[") + words.count("{") <= _MOST_OPEN:
        return False
    opened = accumulate((1 if sign in "[{" else -1 for sign in _BRACKETS.findall(words)), lambda depth, step: max(depth + step, 0))
    return max(opened) > _MOST_OPEN


def _unfolds_too_far(root: yaml.Node) -> bool:
    """Whether aliases make it endless or huge, or it is too deep."""
    sizes: dict[int, int] = {}

    def size(node: yaml.Node, depth: int) -> int:
        known = sizes.get(id(node))
        if known is None:
            sizes[id(node)] = _MOST_NODES  # met again before it is known: it holds itself
            too_deep = depth > _DEEPEST
            known = sizes[id(node)] = _MOST_NODES if too_deep else 1 + sum(size(child, depth + 1) for child in _children(node))
        return known

    return size(root, 0) >= _MOST_NODES


def _children(node: yaml.Node) -> Iterator[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield key
            yield value
    elif isinstance(node, yaml.SequenceNode):
        yield from node.value


class _Values:
    """Nodes as plain values: strings, None, lists and dictionaries."""

    def __init__(self, sheet: Sheet, report: Report) -> None:
        self._sheet, self._report = sheet, report

    def of(self, node: yaml.Node) -> object:
        if node.tag not in _TAGS:
            said = text("the tag {tag} means nothing here", tag=node.tag.removeprefix("tag:yaml.org,2002:"))
            self._fault(node, "tag", said, text("delete it; put a value that begins with an exclamation mark in quotes"))
        match node:
            case yaml.MappingNode():
                return self._mapping(node)
            case yaml.SequenceNode():
                return [self.of(child) for child in node.value]
            case yaml.ScalarNode():
                value = cast("str", node.value)
                return None if not node.style and value in _NOTHING else value
            case _:
                return None

    def _mapping(self, node: yaml.MappingNode) -> dict[str, object]:
        found: dict[str, object] = {}
        lines: dict[str, int] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                self._fault(key, "key", text("a key is one word"), text("put the key in quotes if it holds brackets or braces"))
                continue
            name = cast("str", key.value)
            if name in lines:
                said = text("{key} is written twice here, first in line {line}", key=name, line=lines[name])
                self._fault(key, "duplicate_key", said, text("keep one of the two"))
            lines.setdefault(name, _line(key) + self._sheet.first - 1)
            if name != "<<":
                found[name] = self.of(value)
        return self._merged(node) | found

    def _merged(self, node: yaml.MappingNode) -> dict[str, object]:
        """What `<<: *other` brings along."""
        found: dict[str, object] = {}
        for other in _merges(node):
            if isinstance(other, yaml.MappingNode):
                found = self._mapping(other) | found
            else:
                self._fault(other, "merge", text("<< takes in other mappings only"), text("write it like <<: *name"))
        return found

    def _fault(self, node: yaml.Node, rule: str, wrong: Text, remedy: Text) -> None:
        self._report(Fault(self._sheet.file, _line(node) + self._sheet.first - 1, f"catalog.{rule}", wrong, remedy))


def _merges(node: yaml.MappingNode) -> list[yaml.Node]:
    return [
        other
        for key, value in node.value
        if key.value == "<<" and not key.style
        for other in (value.value if isinstance(value, yaml.SequenceNode) else [value])
    ]


def _line(node: yaml.Node) -> int:
    mark = cast("Any", node.start_mark)  # both parsers' marks have a line; their stubs share no type
    return int(mark.line) + 1


def _whole(file: str, rule: str, wrong: Text, remedy: Text) -> Fault:
    return Fault(file, 1, f"catalog.{rule}", wrong, remedy)
