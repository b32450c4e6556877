"""Acts a drill out from its beginning to its report, in virtual time or on real parts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from kuaihui.app.drill.ending import differences, pages_of
from kuaihui.app.drill.report import Report, keep, last
from kuaihui.app.drill.script import Script
from kuaihui.app.drill.virtual import act_through, acting
from kuaihui.app.wiring import RealClock
from kuaihui.briefing.grade import Expectation, Grade, grade
from kuaihui.catalog.catalog import Catalog
from kuaihui.incident.timeline import Timeline
from kuaihui.language import LANGUAGES, Text


@dataclass(frozen=True)
class Wanted:
    """Which drill, on which catalog, and how."""

    script: Script
    catalog: Path
    reports: Path
    seed: int = 1
    speed: float = 1.0
    played: tuple[str, ...] = ()
    port: int = 8467
    language: Literal["zh", "en"] = "zh"
    own_parts: bool = False


@dataclass(frozen=True)
class Ended:
    """A drill that is over: its grade, its report as a file and as Markdown, and what did not come as its file expects."""

    drill: str
    grade: Grade
    report: Path
    markdown: str
    differs: tuple[Text, ...]


async def act_virtually(wanted: Wanted, told: Callable[[str], None]) -> Ended:
    """Act it out in virtual time, keep its report, and tell it as Markdown."""
    async with acting(wanted.script, wanted.catalog, seed=wanted.seed, language=wanted.language) as acted:
        timeline = await act_through(acted)
        ended = finish(wanted, timeline, acted.built.catalog, acted.curves.what_is_real, await pages_of(acted.built))
        told(ended.markdown)
        return ended


def graded(script: Script, timeline: Timeline, catalog: Catalog, seed: int) -> Grade:
    """The grade of a drill's incident."""
    expected = Expectation(script.expected.cause, script.expected.reopened)
    return grade(timeline, catalog, script.id, seed, expected)


def finish(wanted: Wanted, timeline: Timeline, catalog: Catalog, notes: Sequence[Text], pages: int) -> Ended:
    """Grade, compare with the last run and with what the drill's file expects, keep. `pages` are those of all its incidents."""
    made = graded(wanted.script, timeline, catalog, wanted.seed)
    before = last(wanted.reports, wanted.script.id)
    differs = tuple(differences(wanted.script.expected, timeline, pages))
    told = {
        language: Report(language, catalog.names(language)).markdown(wanted.script.name, made, before, notes, differs)
        for language in LANGUAGES
    }
    markdown = told.pop(wanted.language)
    return Ended(wanted.script.id, made, keep(wanted.reports, made, markdown, RealClock().now(), told), markdown, differs)
