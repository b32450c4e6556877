"""
Drills: what there is, how earlier ones went, and, in the house of a drill, its stage, its cast and the pipeline for those who play.

Rule 1: a part is taken in a drill's own house only; nowhere else is anything acted.
"""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Final, Literal, NamedTuple

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from kuaihui.app.drill.director import Director
from kuaihui.app.drill.report import STAMP, kept, runs
from kuaihui.app.drill.script import Act, Release, Script
from kuaihui.app.drill.shelf import every
from kuaihui.app.drill.stage.descriptions import BY_NAME
from kuaihui.app.web.asking import Anybody, InHouse, NotFound, Reads, Somebody
from kuaihui.app.web.drawing import page
from kuaihui.app.web.identity import sign_in
from kuaihui.app.web.paper import rendered
from kuaihui.language import Text, both, text

drill_page = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
REPORTS: Final = Path("var/drills")
MOST_RUNS: Final = 20
MOST_ADVICE: Final = 5
_PART: Final = re.compile(r"[\w.-]+")


@drill_page.get("/drills")
async def drills(request: Request, _: Anybody) -> HTMLResponse:
    """Every drill, ours and those of which there are reports, and how it went."""
    folder, director = _reports(request), _director(request)
    scripts = {script.id: script for script in await asyncio.to_thread(_ours)}
    if director is not None:
        scripts.setdefault(director.script.id, director.script)
    own = sorted({path.parent.name for path in folder.glob("*/*.md")} - set(scripts))
    known = {name: _runs(folder, name) for name in [*scripts, *own]}
    return page(request, "drill/drills.html", scripts=scripts.values(), own=own, runs=known, acting=director is not None)


@cache
def _ours() -> tuple[Script, ...]:
    """Every drill of ours, read once: a quarter of a second in which nobody who rings is to wait."""
    return tuple(every())


@drill_page.get("/drills/{drill}/{run}")
async def report(request: Request, reader: Reads, _: Anybody, drill: str, run: str) -> HTMLResponse:
    """One report, in the reader's language where it was kept in it."""
    path = kept(_reports(request), drill, run, reader.language) if all(map(_is_part, (drill, run))) else None
    if path is None or not path.is_file():
        raise NotFound(text("there is no such report"))
    told = rendered(path.read_text(encoding="utf-8"))
    return page(request, "drill/report.html", told=told, drill=drill)


@drill_page.get("/drill")
async def drill(request: Request, person: Anybody) -> HTMLResponse:
    """The drill that is being acted here."""
    return page(request, "drill/drill.html", **_shown(request), hands=_acting(request).hands(person))


@drill_page.get("/drill/now")
async def now(request: Request, _: Anybody) -> HTMLResponse:
    """What of it changes: asked for again every few seconds by the page."""
    return page(request, "drill/now.html", **_shown(request))


@drill_page.post("/drill/part")
async def take_part(
    request: Request, house: InHouse, _: Anybody, person: Annotated[str, Form(max_length=100)], back: Annotated[bool, Form()] = False
) -> Response:
    """Play somebody from now on, and be them; or give the part back."""
    director = _acting(request)
    if back:
        director.give_back(person)
        return RedirectResponse("/drill", 303)
    director.take_part(person)
    answer = RedirectResponse(f"/incidents/{director.incident}" if director.incident else "/drill", 303)
    sign_in(house, answer, person)
    return answer


@drill_page.post("/drill/release")
async def release(
    request: Request,
    person: Somebody,
    version: Annotated[str, Form(max_length=40)],
    to: Annotated[Literal["preproduction", "canary", "full"], Form()],
) -> Response:
    """A release through the drill's pipeline."""
    director = _acting(request)
    if version not in BY_NAME[director.script.stage].versions:
        raise NotFound(text("Nobody has built {version}", version=version))
    await director.release(person, Release(version=version, to=to))
    return RedirectResponse("/drill", 303)


@drill_page.post("/drill/hands")
async def lay_hands_on(request: Request, house: InHouse, person: Somebody, number: Annotated[int, Form()]) -> Response:
    """What a person who plays does to the world itself: Redis is started again, the job is stopped."""
    await _acting(request).lays_hands_on(person, number, house.clock.now())
    return RedirectResponse("/drill", 303)


@drill_page.post("/drill/try")
async def try_out(request: Request, person: Somebody) -> HTMLResponse:
    """A tester's reads in pre-production."""
    passed = await _acting(request).world.try_out("preproduction")
    return page(request, "drill/drill.html", **_shown(request) | {"tried": passed}, hands=_acting(request).hands(person))


def _is_part(name: str) -> bool:
    return _PART.fullmatch(name) is not None and ".." not in name


def _reports(request: Request) -> Path:
    return getattr(request.app.state, "reports", REPORTS)


class Run(NamedTuple):
    """A run that was kept: its name, and when it was, where the name tells it."""

    name: str
    at: datetime | None


def _runs(folder: Path, drill: str) -> list[Run]:
    """The kept runs, the newest first."""
    return [Run(name, _kept_at(name)) for name in runs(folder, drill)[:MOST_RUNS]]


def _kept_at(name: str) -> datetime | None:
    try:
        return datetime.strptime(name, STAMP).replace(tzinfo=UTC)
    except ValueError:  # a report that somebody laid there
        return None


def _director(request: Request) -> Director | None:
    return getattr(request.app.state, "director", None)


def _acting(request: Request) -> Director:
    director = _director(request)
    if director is None:
        raise NotFound(text("no drill is being acted here: start one with `kuaihui drill`"))
    return director


def _shown(request: Request) -> dict[str, Any]:  # Any: a template's values
    director = _acting(request)
    stage = BY_NAME[director.script.stage]
    return {
        "script": director.script,
        "cast": director.cast.values(),
        "played": director.played,
        "incident": director.incident,
        "ratio": director.world.ratio,
        "real": director.world.what_is_real,
        "versions": [stage.fix] if stage.fix else [],
        "advice": _advice(director),
        "tried": None,
    }


def _advice(director: Director) -> list[tuple[str, Text]]:
    """What those who are played had in mind, the newest first: the words they would have said, or what they would have done."""
    said = [(person, _meant(act)) for _, person, act in director.advice if person in director.played]
    return [(person, words) for person, words in reversed(said) if words][:MOST_ADVICE]


_PLACES: Final = {"preproduction": text("pre-production"), "canary": text("canary"), "full": text("everybody")}


def _meant(act: Act) -> Text | None:
    if words := act.says or act.passed or act.does:
        return both(words.zh, words.en)
    if act.release:
        return text("release {version} to {where}", version=act.release.version, where=_PLACES[act.release.to])
    if "reason" in act.fields:
        return both(str(act.fields_in("zh")["reason"]), str(act.fields_in("en")["reason"]))
    return None
