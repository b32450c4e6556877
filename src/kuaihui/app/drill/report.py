"""
A drill's report: the grade as Markdown, kept beside the grades of earlier runs.

Rule 1: a run is a few files: STAMP.json (the grade), STAMP.md (in the language of whoever ran it) and, for those who read another one,
        STAMP.en.md or STAMP.zh.md; the newest grade before is what a run is compared with.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Final

import msgspec

from kuaihui.briefing.compared import Compared, compared
from kuaihui.briefing.grade import PEOPLE, SETUP, Clock, Grade, Off, Reached
from kuaihui.catalog.shapes import Name
from kuaihui.language import LANGUAGES, Language, Text, named, text
from kuaihui.language.durations import in_words
from kuaihui.language.joining import on_one_line

# What the files of a run are named by: when it was, in UTC.
STAMP: Final = "%Y%m%d-%H%M%S"
BESIDE: Final = text("Beside what the drill expects")
_EVIDENCE: Final = text("Evidence that was seen")
_NOTHING: Final = text("nothing to put right")
AS_WRITTEN: Final = text("everything came as it was written")
KINDS: Final = {
    "late": text("clocks"),
    "cause": text("the cause"),
    "role": text("roles"),
    "gate": text("gates"),
    "recovery": text("the recovery"),
    "wrong turn": text("wrong turns"),
    "rota": text("gaps of the rota"),
    "catalog": text("gaps of the catalog"),
}


class Report:
    """Tells a grade in one language, with the names of one catalog."""

    def __init__(self, language: Language, names: Mapping[str, str]) -> None:
        self.language, self.names = language, names

    def said(self, words: Text) -> str:
        """Words on one line."""
        return on_one_line(words, self.language, self.names)

    def markdown(
        self, name: Name, grade: Grade, before: Grade | None = None, notes: Sequence[Text] = (), differs: Sequence[Text] = ()
    ) -> str:
        """The whole report; `differs` is what did not come as the drill's file expects."""
        title = text("Drill report: {name}", name=name.told(self.language))
        lines = [f"# {self.said(title)}", "", f"> {self.said(_MARK)}", "", self._verdict(grade), ""]
        lines += [f"- {self.said(note)}" for note in notes] + ([""] if notes else [])
        lines += self._table(text("1-5-10"), (_CLOCK, _TOOK, _MAY, _KEPT), [self._clock(one) for one in grade.clocks])
        lines += self._table(
            text("Who was reached how fast"), (_WHO, _PAGED, _READ, _TOOK_ON), [self._reached(one) for one in grade.reached]
        )
        roles = [[self._name(f"role:{one.role}"), self._name(one.holder) or "—", self._span(one.after)] for one in grade.roles]
        lines += self._table(text("Roles"), (_ROLE, _WHO, _AFTER), roles)
        lines += [f"## {self.said(_EVIDENCE)}", "", *(f"- {self.said(one)}" for one in _evidence(grade)), ""]
        for whose, heading in ((PEOPLE, text("What people may do better")), (SETUP, text("What the set-up wants"))):
            lines += self._off(grade, whose, heading)
        lines += [f"## {self.said(BESIDE)}", ""]
        lines += [f"- {self.said(one)}" for one in differs or (AS_WRITTEN,)] + [""]
        if before is not None:
            lines += self._compared(compared(before, grade))
        return "\n".join(lines).rstrip() + "\n"

    def _verdict(self, grade: Grade) -> str:
        values = {"letter": grade.letter, "points": grade.points(), "people": grade.points(PEOPLE), "setup": grade.points(SETUP)}
        return f"**{self.said(text('{letter} · {points} of 100 (people {people}, set-up {setup})', **values))}**"

    def _table(self, heading: Text, head: Sequence[Text], rows: Sequence[Sequence[str]]) -> list[str]:
        table = [[self.said(one) for one in head], ["---"] * len(head), *rows]
        return [f"## {self.said(heading)}", "", *("| " + " | ".join(row) + " |" for row in table), ""] if rows else []

    def _clock(self, clock: Clock) -> list[str]:
        return [self.said(clock.says), self._span(clock.spent), self._span(clock.budget), "✓" if clock.kept else "✗"]

    def _reached(self, one: Reached) -> list[str]:
        return [self._name(one.person), self._span(one.paged), self._span(one.read), self._span(one.took_on)]

    def _span(self, span: timedelta | None) -> str:
        return "—" if span is None else self.said(in_words(span))

    def _name(self, who: str) -> str:
        return named(who, self.names)

    def _off(self, grade: Grade, whose: str, heading: Text) -> list[str]:
        mine = [one for one in grade.off if one.whose == whose]
        told = [f"- −{one.points} · {self.said(_reason(one))}" for one in mine]
        return [f"## {self.said(heading)}", "", *(told or [f"- {self.said(_NOTHING)}"]), ""]

    def _compared(self, change: Compared) -> list[str]:
        lines = self._table(
            text("Beside the last run: {before} → {now} points", before=change.before, now=change.now),
            (_CLOCK, text("last time"), text("this time")),
            [[self.said(says), self._span(then), self._span(now)] for says, then, now in change.clocks],
        )
        lines += [f"- {self.said(text('put right: {what}', what=one))}" for one in change.gone]
        lines += [f"- {self.said(text('new: {what}', what=one))}" for one in change.new]
        return [*lines, ""]


_MARK: Final = text("This was a drill: nothing of it is real, and it counts in no figures.")
_CLOCK, _TOOK, _MAY, _KEPT = text("clock"), text("took"), text("may take"), text("kept")
_WHO, _PAGED, _READ, _TOOK_ON = text("who"), text("paged after"), text("read after"), text("took it on after")
_ROLE, _AFTER = text("role"), text("filled after")


def _evidence(grade: Grade) -> list[Text]:
    said = [
        text(
            "{answered} of {looks} looks were answered; {weighed} pieces of evidence were weighed",
            answered=grade.answered,
            looks=grade.looks,
            weighed=grade.weighed,
        ),
    ]
    if not grade.cause:
        return [
            *said,
            text("no cause was confirmed") if grade.expected else text("no cause was confirmed, and nobody could know it: honest"),
        ]
    return [*said, text("confirmed cause: {cause}", cause=grade.claim or grade.cause)]


def _reason(off: Off) -> Text:
    return text("{kind}: {why}", kind=KINDS[off.kind], why=off.why)


def keep(folder: Path, grade: Grade, markdown: str, at: datetime, otherwise: Mapping[Language, str] = MappingProxyType({})) -> Path:
    """Keep a run's grade and report, which `otherwise` has in other languages; returns the report's file."""
    place = folder / grade.drill
    place.mkdir(parents=True, exist_ok=True)
    stamp = at.astimezone(UTC).strftime(STAMP)
    (place / f"{stamp}.json").write_bytes(msgspec.json.encode(grade))
    report = place / f"{stamp}.md"
    report.write_text(markdown, encoding="utf-8")
    for language, told in otherwise.items():
        report.with_suffix(f".{language}.md").write_text(told, encoding="utf-8")
    return report


def runs(folder: Path, drill: str) -> list[str]:
    """The names of a drill's runs that were kept, the newest first."""
    return sorted((path.stem for path in (folder / drill).glob("*.md") if path.stem.rpartition(".")[2] not in LANGUAGES), reverse=True)


def kept(folder: Path, drill: str, run: str, language: Language) -> Path:
    """The file of a run's report in a language; in the one that it was told in first, where it has no other."""
    mine = folder / drill / f"{run}.{language}.md"
    return mine if mine.is_file() else folder / drill / f"{run}.md"


def last(folder: Path, drill: str) -> Grade | None:
    """The grade of the drill's last run that was kept; None where there is none."""
    runs = sorted((folder / drill).glob("*.json"))
    return msgspec.json.decode(runs[-1].read_bytes(), type=Grade) if runs else None
