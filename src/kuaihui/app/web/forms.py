"""
What people do with buttons and forms.

Rule 1: every form works without a script: it is answered with the way back. With one, the page's own stream brings what changed.
Rule 2: a form takes nobody anywhere but to our own pages.
"""

from __future__ import annotations

from typing import Annotated, Final
from zoneinfo import ZoneInfo

import msgspec
from fastapi import APIRouter, Form, Request, UploadFile
from fastapi.responses import RedirectResponse, Response

from kuaihui.app.web.acting import act
from kuaihui.app.web.api import deed_of
from kuaihui.app.web.asked import moment
from kuaihui.app.web.asking import Here, InHouse, Somebody
from kuaihui.app.web.pictures import LARGEST, kind_of
from kuaihui.app.web.topic import reactions
from kuaihui.app.wiring import House, new_id
from kuaihui.errors import Refused
from kuaihui.incident.timeline import Timeline
from kuaihui.intake import signals
from kuaihui.intake.phrasebook import mentioned
from kuaihui.language import text

forms = APIRouter(include_in_schema=False)

KINDS: Final = {kind.__name__: kind for kind in signals.Deed.__subclasses__()}
# Pictures that go along with one message.
MOST_PICTURES: Final = 4
# Pages of an incident that a form may come from, beside the incident's own.
PLACES: Final = ("meeting", "document")

# What a form makes anew is given its id here: which field of which deed.
NEW: Final[dict[str, tuple[str, ...]]] = {"RaiseHypothesis": ("hypothesis",), "MakeTask": ("task",)}
INSTANTS: Final = ("due",)


@forms.post("/incidents/{incident}/do")
async def do(request: Request, house: InHouse, person: Somebody, timeline: Here) -> Response:
    """A button that was pressed: the field `deed` says which, the others what it needs."""
    given = {name: value for name, value in (await request.form()).items() if isinstance(value, str)}
    deed = _deed(_completed(given, house), person)
    await act(house, timeline.incident, _toggled(deed, timeline) if given.get("toggle") else deed)
    return back(request, f"/incidents/{timeline.incident}", given.get("at", ""))


def _completed(given: dict[str, str], house: House) -> dict[str, str]:
    """The fields as a deed takes them: a new thing gets its id, a field left empty is left out, an instant is on the team's wall clock."""
    new = {field: new_id() for field in NEW.get(given.get("deed", ""), ()) if not given.get(field)}
    zone = ZoneInfo(house.catalog.time_zone)
    instants = {name: moment(given[name], zone).isoformat() for name in INSTANTS if given.get(name)}
    return {name: value for name, value in given.items() if value or name not in INSTANTS} | instants | new


def _toggled(deed: signals.AnyDeed, timeline: Timeline) -> signals.AnyDeed:
    """A reaction that was pressed once more is taken back."""
    if not isinstance(deed, signals.React):
        return deed
    there = any(one.emoji == deed.emoji and deed.person in one.people for one in reactions(timeline).get(deed.message, []))
    return msgspec.structs.replace(deed, taken_back=there)


def _deed(given: dict[str, str], person: str) -> signals.AnyDeed:
    """The deed that a form stands for. Raises Refused, and RequestValidationError for fields that are wrong."""
    kind = KINDS.get(given.get("deed", ""))
    if kind is None or kind is signals.Speak:
        raise Refused(text("this form does not say what to do"))
    fields = {field.name: given[field.name] for field in msgspec.structs.fields(kind) if field.name in given and field.name != "person"}
    return deed_of(fields | {"deed": kind.__name__}, person)


@forms.post("/incidents/{incident}/say")
async def speak(
    request: Request,
    house: InHouse,
    person: Somebody,
    timeline: Here,
    words: Annotated[str, Form(max_length=20_000)] = "",
    reply_to: Annotated[str, Form(max_length=200)] = "",
    pictures: list[UploadFile] | None = None,
) -> Response:
    """Something said in the topic, with pictures; a command does what it says."""
    kept = await _keep(house, pictures or [])
    words = words.replace("\r\n", "\n").strip()
    deed = signals.Speak(
        person=person, message=new_id(), words=words, mentions=mentioned(words, house.catalog), reply_to=reply_to, pictures=tuple(kept)
    )
    await act(house, timeline.incident, deed)
    return back(request, f"/incidents/{timeline.incident}", "topic")


async def _keep(house: House, pictures: list[UploadFile]) -> list[str]:
    """Keep the pictures; a browser sends an empty file where none was chosen."""
    given = [picture for picture in pictures if picture.filename]
    if len(given) > MOST_PICTURES:
        raise Refused(text("a message takes {most} pictures at most", most=MOST_PICTURES))
    kept: list[str] = []
    for picture in given:
        body = await picture.read(LARGEST + 1)
        kept.append(await house.journal.keep(body, kind_of(body)))
    return kept


@forms.post("/incidents")
async def declare(
    request: Request,
    house: InHouse,
    person: Somebody,
    service: Annotated[str, Form(max_length=100)],
    title: Annotated[str, Form(min_length=1, max_length=200)],
    severity: Annotated[str, Form(max_length=1)] = "",
) -> Response:
    """An incident opened by hand."""
    incident = await house.reception.declare(
        service, title.strip(), int(severity) if severity in {"1", "2", "3", "4", "5"} else None, person
    )
    return RedirectResponse(f"/incidents/{incident}", 303)


def back(request: Request, path: str, fragment: str = "") -> Response:
    """The way back after a form: to a page that stands, nothing but that it was done."""
    if "hx-request" in request.headers:
        return Response(status_code=204)
    if fragment == "me":
        return RedirectResponse("/me#tasks", 303)
    if fragment in PLACES:
        return RedirectResponse(f"{path}/{fragment}", 303)
    anchor = fragment if fragment.isalpha() else ""
    return RedirectResponse(f"{path}#{anchor}" if anchor else path, 303)
