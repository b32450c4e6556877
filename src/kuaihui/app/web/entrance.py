"""Coming in and how one likes it: who one is, in which language, light or dark."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from kuaihui.app.web.asking import LANGUAGE_COOKIE, LOOK_COOKIE, LOOKS, InHouse
from kuaihui.app.web.drawing import page
from kuaihui.app.web.identity import COOKIE, NotSignedIn, known, owner_of, sign_in
from kuaihui.language import LANGUAGES

entrance = APIRouter(include_in_schema=False)
A_YEAR: Final = 365 * 24 * 3600

Next = Annotated[str, Form(alias="next", max_length=500)]


def our_own(path: str) -> str:
    """The path when it leads to one of our own pages; otherwise the board."""
    inside = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path if inside else "/"


@entrance.get("/sign-in")
async def door(request: Request, house: InHouse, next: str = "/") -> HTMLResponse:  # the address's own word
    """Where one says who one is."""
    people = [person for person in house.catalog.people.values() if person.joined]
    return page(request, "sign_in.html", people=people, next=our_own(next), wrong=None)


@entrance.post("/sign-in")
async def come_in(
    request: Request,
    house: InHouse,
    person: Annotated[str, Form(max_length=100)] = "",
    token: Annotated[str, Form(max_length=500)] = "",
    next: Next = "/",
) -> Response:
    """Say who one is: by name in an open house, by token otherwise."""
    try:
        who = known(house, person) if house.settings.auth.mode == "open" else owner_of(house, token.strip())
    except NotSignedIn as wrong:
        people = [one for one in house.catalog.people.values() if one.joined]
        return page(request, "sign_in.html", status=401, people=people, next=our_own(next), wrong=wrong.text)
    answer = RedirectResponse(our_own(next), 303)
    sign_in(house, answer, who)
    return answer


@entrance.post("/sign-out")
async def leave() -> Response:
    """Let the browser forget who one is."""
    answer = RedirectResponse("/sign-in", 303)
    answer.delete_cookie(COOKIE, httponly=True, samesite="lax")
    return answer


@entrance.post("/liking")
async def liking(
    language: Annotated[str, Form(max_length=10)] = "", look: Annotated[str, Form(max_length=10)] = "", next: Next = "/"
) -> Response:
    """Keep in which language and colours one reads."""
    answer = RedirectResponse(our_own(next), 303)
    if language in LANGUAGES:
        answer.set_cookie(LANGUAGE_COOKIE, language, max_age=A_YEAR, httponly=True, samesite="lax")
    if look in LOOKS:
        answer.set_cookie(LOOK_COOKIE, look, max_age=A_YEAR, httponly=True, samesite="lax")
    return answer
