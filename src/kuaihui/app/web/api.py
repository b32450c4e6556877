"""The API: everything a page can do, for programs and the command line."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import reduce
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import msgspec
from fastapi import APIRouter, File, Query, Response, UploadFile
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, create_model

from kuaihui.app.web import views
from kuaihui.app.web.acting import act
from kuaihui.app.web.asking import Anybody, Here, InHouse, NotFound, Reads, Somebody
from kuaihui.app.web.pictures import LARGEST, kind_of
from kuaihui.app.web.problems import ANSWERS
from kuaihui.app.wiring import House, new_id
from kuaihui.briefing.receipts import Receipt, receipts
from kuaihui.catalog.catalog import Catalog
from kuaihui.catalog.table import services_by_name
from kuaihui.errors import Refused
from kuaihui.incident.timeline import Timeline
from kuaihui.intake import signals
from kuaihui.intake.became import heard_lately
from kuaihui.intake.phrasebook import mentioned, people_by_name, roles_by_name
from kuaihui.intake.why import shown
from kuaihui.journal.export import export
from kuaihui.journal.journal import Summary
from kuaihui.language import plain, text
from kuaihui.language.joining import strung

api = APIRouter(prefix="/api/v1", responses=ANSWERS)

Id = Annotated[str, Field(max_length=100)]
# How far back an alert is found by its name; its fingerprint finds it for as long as its traces are kept.
NAMES_KNOWN: Final = timedelta(days=30)


# -- incidents ---------------------------------------------------------------------------------------------------------------------------


@api.get("/incidents")
async def incidents(
    house: InHouse,
    reader: Reads,
    _: Anybody,
    state: Literal["open", "closed", "all"] = "open",
    service: Id = "",
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
) -> views.Incidents:
    """Incidents, the newest opening first."""
    found = await house.journal.summaries(open_only=state == "open", limit=limit)
    wanted = [one for one in found if (state != "closed" or one.closed) and service in ("", one.service)]
    return views.Incidents(incidents=[views.row(one, reader) for one in wanted])


class Declared(BaseModel):
    """An incident that somebody opens by hand."""

    model_config = ConfigDict(extra="forbid")

    service: Id
    title: str = Field(min_length=1, max_length=200)
    severity: int | None = Field(default=None, ge=1, le=5)


@api.post("/incidents", status_code=201)
async def declare(house: InHouse, reader: Reads, person: Somebody, declared: Declared) -> views.IncidentRow:
    """Open an incident by hand, of a service by its id or name; an open one of the same service is refused with its name."""
    service = services_by_name(house.catalog).get(declared.service.strip().casefold(), declared.service)
    incident = await house.reception.declare(service, declared.title, declared.severity, person)
    summary = await house.journal.summary(incident)
    assert summary is not None
    return views.row(summary, reader)


@api.get("/incidents/{incident}")
async def incident(house: InHouse, reader: Reads, _: Anybody, timeline: Here) -> views.IncidentShown:
    """One incident, whole but for its facts."""
    summary = await house.journal.summary(timeline.incident)
    assert summary is not None
    return views.whole(house, timeline, summary, await house.loop.coming(timeline.incident), reader)


class Facts(BaseModel):
    """Facts of one incident in order."""

    facts: list[views.FactShown]


@api.get("/incidents/{incident}/facts")
async def facts(reader: Reads, _: Anybody, timeline: Here, after: Annotated[int, Query(ge=0, le=10_000_000)] = 0) -> Facts:
    """The incident's facts from number `after` on."""
    return Facts(facts=_shown(timeline, after, reader))


@api.get("/incidents/{incident}/export", response_class=Response)
async def exported(house: InHouse, _: Anybody, timeline: Here) -> Response:
    """The incident with its hash chain, as JSON that can be verified anywhere."""
    name = f"{timeline.incident}.json"
    body = await export(house.journal, timeline.incident)
    return Response(body, media_type="application/json", headers={"Content-Disposition": f'attachment; filename="{name}"'})


# -- deeds -------------------------------------------------------------------------------------------------------------------------------


def _deed_model(kind: type[signals.Deed]) -> type[BaseModel]:
    """A deed as the API takes it: without the person (who asks is who did it), with limits on what is written."""
    given: dict[str, Any] = {"deed": (Literal[kind.__name__], ...)}  # Any: pydantic's own form of a field
    for one in msgspec.structs.fields(kind):
        if one.name == "person" or (one.name == "message" and kind is signals.Speak):
            continue
        plain = Annotated[str, Field(max_length=20_000)] if one.type is str else one.type
        given[one.name] = (plain, ... if one.default is msgspec.NODEFAULT else one.default)
    return create_model(kind.__name__, __config__=ConfigDict(extra="forbid"), __doc__=kind.__doc__, **given)


if TYPE_CHECKING:
    AnyModel = BaseModel
else:
    # One model a deed, told apart by the field `deed`.
    AnyModel = Annotated[
        reduce(lambda one, other: one | other, map(_deed_model, signals.Deed.__subclasses__())), Field(discriminator="deed")
    ]


DEEDS: Final[TypeAdapter[BaseModel]] = TypeAdapter(AnyModel)


def deed_of(given: dict[str, Any], person: str) -> signals.AnyDeed:
    """What a form's fields ask for. Raises RequestValidationError, which names each field that is wrong."""
    try:
        told = DEEDS.validate_python(given)
    except ValidationError as wrong:
        raise RequestValidationError(wrong.errors(include_url=False)) from wrong
    return msgspec.convert(told.model_dump() | {"person": person}, signals.AnyDeed)


@api.post("/incidents/{incident}/deeds")
async def do(house: InHouse, reader: Reads, person: Somebody, timeline: Here, deed: AnyModel) -> Facts:
    """Do something; answers with the facts it became (none, when it was so already)."""
    given = by_id(deed.model_dump(), house.catalog) | {"person": person}
    if given["deed"] == "Speak":
        given["message"] = new_id()
        given["mentions"] = tuple(dict.fromkeys((*given["mentions"], *mentioned(given["words"], house.catalog))))
    written = await act(house, timeline.incident, msgspec.convert(given, signals.AnyDeed))
    now = await house.loop.timeline(timeline.incident)
    return Facts(facts=[views.fact_shown(now.number_of(fact), fact, reader) for fact in written])


def by_id(given: dict[str, Any], catalog: Catalog) -> dict[str, Any]:  # Any: a deed's own fields
    """A deed in which roles and people that go by a name go by their ids."""
    people = people_by_name(catalog)
    known = {"role": roles_by_name(catalog), "to": people, "whom": people, "owner": people}
    named = {field: known[field].get(word, word) for field, word in given.items() if field in known}
    return given | named


def _shown(timeline: Timeline, after: int, reader: views.Reader) -> list[views.FactShown]:
    return [views.fact_shown(number, fact, reader) for number, fact in enumerate(timeline.facts[after:], start=after)]


# -- people ------------------------------------------------------------------------------------------------------------------------------


class Word(views.ReceiptShown):
    """A word in somebody's inbox."""

    incident: str
    title: str
    local: str


class Inbox(BaseModel):
    """Everything that was sent to one person in open incidents, the newest first."""

    words: list[Word]


@api.get("/inbox")
async def inbox(house: InHouse, reader: Reads, person: Somebody) -> Inbox:
    """What was sent to whoever asks, in incidents that are not closed."""
    words: list[Word] = []
    for summary in await house.journal.summaries(open_only=True):
        timeline = await house.loop.timeline(summary.incident)
        mine = [receipt for receipt in receipts(timeline) if receipt.person == person and receipt.sent]
        words += [_word(receipt, summary, reader) for receipt in mine]
    return Inbox(words=sorted(words, key=lambda word: word.ordered, reverse=True))


def _word(receipt: Receipt, summary: Summary, reader: views.Reader) -> Word:
    """A word as it is told to whom it was sent."""
    shown = views.receipt_shown(receipt, reader).model_copy(update={"said": reader.said(receipt.told)})
    return Word(**shown.model_dump(), incident=summary.incident, title=summary.title, local=reader.local(receipt.ordered))


@api.post("/inbox/read")
async def read(house: InHouse, person: Somebody, incident: Id = "", identity: Annotated[str, Query(max_length=500)] = "") -> Facts:
    """Whoever asks has read one word of an incident, or everything everywhere."""
    for summary in await house.journal.summaries(open_only=True):
        if incident in ("", summary.incident):
            await act(house, summary.incident, signals.ReadPages(person=person, identity=identity))
    return Facts(facts=[])


class OnCall(BaseModel):
    """Who is on call."""

    service: str
    rota: str
    at: datetime
    people: list[str]
    names: list[str]


@api.get("/oncall")
async def oncall(house: InHouse, reader: Reads, _: Anybody, service: Id, at: datetime | None = None) -> OnCall:
    """Who is on call for a service at an instant (now, when left out; an instant without a zone is in the team's)."""
    service = services_by_name(house.catalog).get(service.strip().casefold(), service)
    if service not in house.catalog.services:
        raise NotFound(text("there is no service {service}", service=service))
    rota = house.catalog.services[service].rota
    instant = (at if at.tzinfo else at.replace(tzinfo=reader.zone)) if at else house.clock.now()
    try:
        people = house.catalog.on_call(rota, instant.astimezone(UTC)) if rota else ()
    except OverflowError as absurd:
        raise Refused(text("{at} lies outside any calendar", at=str(at))) from absurd
    return OnCall(service=service, rota=rota, at=instant, people=list(people), names=[reader.name(person) for person in people])


# -- explanations and artifacts ----------------------------------------------------------------------------------------------------------


class Why(BaseModel):
    """What became of an alert, a line a step."""

    lines: list[str]


@api.get("/why/{fingerprint}")
async def why(house: InHouse, reader: Reads, _: Anybody, fingerprint: Id) -> Why:
    """What became of an alert, and by which rule; of the one with this fingerprint, or this name where one alone has had it lately."""
    lines = await house.reception.why(fingerprint)
    named = {} if lines else await _named(house, fingerprint)
    if len(named) > 1:
        listed = strung([plain(f"{key} {shown(labels)}") for key, labels in named.items()])
        raise Refused(text("several alerts are called {name}, say which: {listed}", name=fingerprint, listed=listed))
    lines = lines or [line for key in named for line in await house.reception.why(key)]
    if not lines:
        raise NotFound(text("no alert with the fingerprint or the name {fingerprint} was heard", fingerprint=fingerprint))
    return Why(lines=[reader.said(line) for line in lines])


async def _named(house: House, name: str) -> dict[str, Mapping[str, str]]:
    """The labels of the alerts of this name that were heard lately, by their fingerprints."""
    heard = await heard_lately(house.journal, house.clock.now() - NAMES_KNOWN)
    return {one.key: one.labels for one in heard if one.labels and one.labels.get("alertname") == name}


class Kept(BaseModel):
    """Where a picture was kept."""

    hash: str


@api.post("/artifacts", status_code=201)
async def keep(house: InHouse, _: Somebody, file: Annotated[UploadFile, File()]) -> Kept:
    """Keep a picture (PNG, JPEG, GIF or WebP by its content, at most 5 MB)."""
    body = await file.read(LARGEST + 1)
    return Kept(hash=await house.journal.keep(body, kind_of(body)))


@api.get("/artifacts/{hash}", response_class=Response)
async def artifact(house: InHouse, _: Anybody, hash: Id) -> Response:
    """A kept picture."""
    found = await house.journal.artifact(hash)
    if found is None:
        raise NotFound(text("nothing is kept under {hash}", hash=hash))
    body, media = found
    return Response(
        body, media_type=media, headers={"Cache-Control": "private, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff"}
    )


class CatalogState(BaseModel):
    """The catalog in force, and what is wrong with the files as they stand now."""

    version: str
    faults: list[str]


@api.get("/catalog")
async def catalog(house: InHouse, reader: Reads, _: Anybody) -> CatalogState:
    """The catalog in force; faults are listed when newer files were refused."""
    return CatalogState(version=house.catalog.version, faults=[reader.said(fault.told) for fault in house.faults])
