"""A comparison in words: as Markdown, which a terminal, a page and a document can all show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from itertools import zip_longest
from typing import Final

from kuaihui.app.replay.run import Impossible
from kuaihui.briefing.side_by_side import Moment, Paging, SideBySide, verdict
from kuaihui.language import Language, Text, text
from kuaihui.language.durations import in_words
from kuaihui.language.joining import on_one_line

LONGEST: Final = 100  # characters of a row's heading: a report to the superior is a page


class Telling:
    """Tells a comparison in one language, with the names of one catalog."""

    def __init__(self, language: Language, names: Mapping[str, str]) -> None:
        self.language, self.names = language, names

    def said(self, words: Text) -> str:
        """Words on one line."""
        return on_one_line(words, self.language, self.names)

    def markdown(self, title: str, compared: SideBySide, impossible: Sequence[Impossible] = ()) -> str:
        """The whole comparison: the verdict, the pages and the clocks side by side, what differs, what could not be played."""
        lines = [f"# {title}", "", *(f"- {self.said(one)}" for one in verdict(compared)), ""]
        lines += self._part(text("Who is paged when"), self._pages(compared))
        lines += self._part(text("What waited for whom"), self._absences(compared))
        lines += self._part(text("Clocks"), self._moments(compared.clocks))
        lines += self._part(text("What differs"), self._moments(compared.different))
        if impossible:
            lines += [f"## {self.said(text('What could not be played'))}", ""]
            lines += [f"- {self.said(text('{kind}: {why}', kind=one.heard.fact.said, why=one.why))}" for one in impossible]
        return "\n".join(lines).rstrip() + "\n"

    def _part(self, title: Text, rows: Sequence[Sequence[str]]) -> list[str]:
        if not rows:
            return []
        head = ["", self.said(text("as it was")), self.said(text("in the replay"))]
        table = [head, ["---"] * 3, *rows]
        return [f"## {self.said(title)}", "", *("| " + " | ".join(_cell(cell) for cell in row) + " |" for row in table), ""]

    def _pages(self, compared: SideBySide) -> list[list[str]]:
        pairs = zip_longest(compared.pages_before, compared.pages_after)
        return [[str(number), self._page(before), self._page(after)] for number, (before, after) in enumerate(pairs, start=1)]

    def _page(self, page: Paging | None) -> str:
        if page is None:
            return "—"
        return f"{self._span(page.after)} · {self.names.get(page.person, page.person)} · {self.said(page.reason)}"

    def _absences(self, compared: SideBySide) -> list[list[str]]:
        return [[self.names.get(one.person, one.person), self._span(one.before), self._span(one.after)] for one in compared.absences]

    def _moments(self, moments: Sequence[Moment]) -> list[list[str]]:
        return [[_short(self.said(one.says)), self._span(one.before), self._span(one.after)] for one in moments]

    def _span(self, span: timedelta | None) -> str:
        return "—" if span is None else self.said(in_words(span))


def _short(words: str) -> str:
    return words if len(words) <= LONGEST else words[: LONGEST - 1] + "…"


def _cell(words: str) -> str:
    return words.replace("|", "\\|")
