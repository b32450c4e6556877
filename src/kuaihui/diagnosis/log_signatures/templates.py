"""
Shapes gathered into templates: one statement of a program, whatever values it was written with.

Rule 1: what is decided depends on the shapes and their counts alone, never on their order, so that merged parts give the same templates.
Rule 2: rows become one only where they differ in data (words.py): in places that hold values by their look or standing, or in one place
        that takes more words than wording would. Two statements that differ in wording stay two.
Rule 3: nothing here is set for one system; the few numbers are checked by leaving systems out in turn (bench/log_signatures.py).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Final

from kuaihui.diagnosis.log_signatures.shapes import NUMBERED
from kuaihui.diagnosis.log_signatures.words import FEW, STATES, Row, announces, is_name, is_state, is_wording, slots, split

WILDCARD: Final = "<*>"
# Words that came once in a whole hour, and nowhere else, are data sooner still.
_ONCE: Final = 2
# Names betray data sooner; the first word is what the statement is about, and needs more.
_NAMES: Final = 3
_FIRST_NAMES: Final = 5
# A value may take so many words of a rarer row ("LOCAL(0)" where others have an address).
_GAP: Final = 8
_ROUNDS: Final = 3

Rows = dict[Row, int]
Moves = dict[Row, Row]
Place = tuple[Row, Row]  # what stands before a place and behind it


def mine(counts: Mapping[str, int]) -> dict[str, str]:
    """The template of each shape (its values already numbered) of one service, given how many lines have the shape."""
    written = {shape: split(shape) for shape in counts}
    rows: Rows = Counter()
    for shape, (row, _) in written.items():
        rows[row] += counts[shape]
    became = {row: row for row in rows}
    for _ in range(_ROUNDS):
        before = len(rows)
        rows = _move(became, rows, _values_merged(rows))
        rows = _move(became, rows, _places_opened(rows))
        if len(rows) == before:
            break
    rows = _move(became, rows, _absorbed(rows))
    spoken = _spoken(became, written)
    return {shape: spoken[became[row]] for shape, (row, _) in written.items()}


def _move(became: Moves, rows: Rows, moves: Moves) -> Rows:
    for row, now in became.items():
        became[row] = moves.get(now, now)
    moved: Rows = Counter()
    for row, count in rows.items():
        moved[moves.get(row, row)] += count
    return moved


def _opened(row: Row, places: Iterable[int]) -> Row:
    chosen = set(places)
    return tuple(NUMBERED if at in chosen else word for at, word in enumerate(row))


def _values_merged(rows: Iterable[Row]) -> Moves:
    """Rows that differ only in places of values, with those places opened that do differ."""
    alike: dict[Row, list[Row]] = defaultdict(list)
    for row in rows:
        alike[_opened(row, slots(row))].append(row)
    moves: Moves = {}
    for form, group in alike.items():
        if len(group) > 1:
            differing = [at for at, word in enumerate(form) if word == NUMBERED and _differs(at, {row[at] for row in group})]
            moves.update((row, _opened(row, differing)) for row in group)
    return moves


def _differs(at: int, words: set[str]) -> bool:
    if len(words) == 1 or (at == 0 and len(words) <= FEW):
        return False
    return NUMBERED in words or len(words) > STATES or not all(map(is_state, words))


def _places_opened(rows: Rows) -> Moves:
    """Rows that differ in a single place, where that place takes too many words to be wording; the most varied places first."""
    places: dict[Place, set[str]] = defaultdict(set)
    for row in rows:
        for at, word in enumerate(row):
            if is_wording(word):
                places[row[:at], row[at + 1 :]].add(word)
    varied = ((-len(words), place) for place, words in places.items() if len(words) > 1 or _filled(place, NUMBERED) in rows)
    spread = _spread(rows)
    moves: Moves = {}
    for _, place in sorted(varied):
        words = places[place]
        lone = all(spread[word] == 1 and rows[_filled(place, word)] == 1 for word in words)
        if any(map(is_wording, place[0] + place[1])) and _is_open(place[0], words, lone, _filled(place, NUMBERED) in rows):
            for word in words:
                moves.setdefault(_filled(place, word), _filled(place, NUMBERED))
    return moves


def _filled(place: Place, word: str) -> Row:
    return (*place[0], word, *place[1])


def _spread(rows: Iterable[Row]) -> Counter[str]:
    """In how many rows each word stands."""
    return Counter(word for row in rows for word in set(row))


def _is_open(before: Row, words: set[str], lone: bool, seen_open: bool) -> bool:
    """`lone`: each of the words came once in all; `seen_open`: a row with data in this place is there already."""
    states = sum(map(is_state, words))
    names = sum(map(is_name, words))
    few = STATES if not before or 2 * states >= len(words) else FEW
    if lone and before:
        few = _ONCE
    if len(words) > few or names >= (_NAMES if before else _FIRST_NAMES):
        return True
    if not seen_open or (not before and len(words) <= FEW):
        return False
    return len(words) > 1 or names == 1 or (bool(before) and announces(before[-1]))


def _absorbed(rows: Rows) -> Moves:
    """Rarer rows that a more frequent one says too, its open places taking several words of theirs."""
    spread = _spread(rows)
    known: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        wording = [word for word in row if is_wording(word)]
        if len(wording) > 1 and NUMBERED in row:
            known[max(wording, key=lambda word: (len(word), word))].append(row)
    moves: Moves = {}
    for row, count in sorted(rows.items(), key=lambda item: (item[1], item[0])):
        wider = [other for word in set(row) for other in known.get(word, ()) if rows[other] > count and says(other, row, spread)]
        if wider:
            moves[row] = max(wider, key=lambda other: (rows[other], other))
    return {row: _end(moves, row) for row in moves}


def _end(moves: Moves, row: Row) -> Row:
    while row in moves:
        row = moves[row]
    return row


def says(wider: Row, row: Row, spread: Counter[str]) -> bool:
    """Whether `wider` fits `row` when each of its open places may take several words that are data."""
    reached = {0}
    for word in wider:
        reached = {end for start in reached for end in _ends(word, row, start, spread)}
        if not reached:
            return False
    return len(row) in reached


def _ends(word: str, row: Row, start: int, spread: Counter[str]) -> list[int]:
    ends = [start + 1] if start < len(row) and row[start] == word else []
    depth = 0
    for at in range(start, min(len(row), start + _GAP) if word == NUMBERED else start):
        if row[at] == "(" and at > start and row[at - 1].isalpha():
            depth += 1
        elif row[at] == ")" and depth:
            depth -= 1
        elif not _is_data(row[at], spread):
            break
        if not depth:
            ends.append(at + 1)
    return ends


def _is_data(word: str, spread: Counter[str]) -> bool:
    if not any(letter.isalpha() for letter in word):
        return word == NUMBERED or word not in "()[]{}="
    return is_name(word) or spread[word] <= 1


def _spoken(became: Moves, written: Mapping[str, tuple[Row, tuple[bool, ...]]]) -> dict[Row, str]:
    """Each template as a text, spaced as the first of its shapes is that has as many words."""
    spoken: dict[Row, str] = {}
    for _, (row, blanks) in sorted(written.items()):
        template = became[row]
        if template not in spoken and len(template) == len(row):
            spoken[template] = _text(template, blanks)
    return spoken


def _text(template: Row, blanks: tuple[bool, ...]) -> str:
    words = (WILDCARD if word == NUMBERED else word for word in template)
    return "".join((" " if blank and at else "") + word for at, (word, blank) in enumerate(zip(words, blanks, strict=True)))
