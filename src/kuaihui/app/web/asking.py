"""What every route is handed: the house, who asks, and how they read."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from kuaihui.app.web.identity import NotSignedIn, person_of
from kuaihui.app.web.stream import Watchers
from kuaihui.app.web.views import Reader
from kuaihui.app.wiring import House
from kuaihui.errors import Refused
from kuaihui.incident.timeline import Timeline
from kuaihui.language import LANGUAGES, choose, text

LANGUAGE_COOKIE = "kuaihui_language"
LOOK_COOKIE = "kuaihui_look"
LOOKS = ("light", "dark", "auto")


class NotFound(Refused):
    """There is no such thing here."""


def the_house(request: Request) -> House:
    """The house this app was made for."""
    return request.app.state.house


def who_may(request: Request) -> str:
    """Whoever asks; in an open house that may be nobody in particular. Raises NotSignedIn where a token is needed."""
    built = the_house(request)
    person = person_of(built, request)
    if not person and built.settings.auth.mode != "open":
        raise NotSignedIn(text("sign in first: the API takes `Authorization: Bearer TOKEN`"))
    return person


def somebody(request: Request) -> str:
    """Whoever does something. Raises NotSignedIn when they have not said who they are."""
    person = who_may(request)
    if not person:
        raise NotSignedIn(text("say who you are: the page asks, the API takes the header X-Kuaihui-Person"))
    return person


def language_of(request: Request) -> str:
    """The reader's language: their own choice, the catalog's word on them, what their browser asks for, the team's."""
    built = the_house(request)
    chosen = request.cookies.get(LANGUAGE_COOKIE, "")
    if chosen in LANGUAGES:
        return chosen
    try:
        person = person_of(built, request)
    except NotSignedIn:
        person = ""
    if person and not request.url.path.startswith("/api/"):
        return built.catalog.people[person].language
    if asked := request.headers.get("accept-language"):
        return choose(asked, built.settings.language)
    return built.catalog.people[person].language if person else built.settings.language


def the_reader(request: Request) -> Reader:
    """How whoever asks reads."""
    built = the_house(request)
    return Reader(built, language_of(request), built.clock.now())


async def the_timeline(incident: str, house: Annotated[House, Depends(the_house)]) -> Timeline:
    """The timeline an address names. Raises NotFound."""
    timeline = await house.loop.timeline(incident)
    if not len(timeline):
        raise NotFound(text("there is no incident {incident}: the board and `kuaihui incidents` list all", incident=incident))
    return timeline


InHouse = Annotated[House, Depends(the_house)]
Anybody = Annotated[str, Depends(who_may)]
Somebody = Annotated[str, Depends(somebody)]
Reads = Annotated[Reader, Depends(the_reader)]


def the_watchers(request: Request) -> Watchers:
    """Those who are told what is new."""
    return request.app.state.watchers


Watching = Annotated[Watchers, Depends(the_watchers)]
Here = Annotated[Timeline, Depends(the_timeline)]
