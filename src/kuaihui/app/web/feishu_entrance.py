"""
Coming in with Feishu (OAuth 2.0 with PKCE): sent there, sent back with a code, known by open_id as a person of the catalog.

Rule 1: what comes back is only taken from the browser that was sent: a signed cookie holds the other half of `state`, ten minutes, once.
Rule 2: who is not in the catalog's people is told so, with what to ask for; nothing of them is kept.
Rule 3: of the person's own token nothing is kept: it has said who they are.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from typing import Any, Final

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from itsdangerous import BadSignature, URLSafeTimedSerializer

from kuaihui.app.web.asking import InHouse
from kuaihui.app.web.drawing import page
from kuaihui.app.web.entrance import our_own
from kuaihui.app.web.identity import NotSignedIn, sign_in
from kuaihui.app.wiring import House
from kuaihui.errors import CarryError, GiveUp
from kuaihui.integrations.feishu import Workplace
from kuaihui.integrations.feishu.client import login
from kuaihui.integrations.feishu.client.login import Who
from kuaihui.language import text

feishu_entrance = APIRouter(include_in_schema=False)
COOKIE: Final = "kuaihui_feishu"
BACK: Final = "/sign-in/feishu/back"
GOOD_FOR: Final = 600  # seconds: somebody may have to find their phone to log in


class TryAgain(NotSignedIn):
    """This attempt came to nothing; the next may succeed."""


@feishu_entrance.get("/sign-in/feishu")
async def to_feishu(house: InHouse, next: str = "/") -> Response:  # the address's own word
    """Send somebody to Feishu to say who they are."""
    workplace = _workplace(house)
    nonce, verifier = secrets.token_urlsafe(24), secrets.token_urlsafe(48)
    state = _signer(house).dumps([nonce, our_own(next)])
    answer = RedirectResponse(login.page(workplace.desk.feishu.access, _back(house), state, challenge=_challenge(verifier)), 303)
    secure = house.settings.server.reached_at.startswith("https:")
    answer.set_cookie(
        COOKIE, _signer(house).dumps([nonce, verifier]), max_age=GOOD_FOR, path=BACK, httponly=True, samesite="lax", secure=secure
    )
    return answer


@feishu_entrance.get(BACK)
async def from_feishu(request: Request, house: InHouse, code: str = "", state: str = "", error: str = "") -> Response:
    """Let somebody in whom Feishu sends back."""
    workplace = _workplace(house)
    try:
        verifier, leads_to = _sent(house, request, state)
        if error or not code:
            raise TryAgain(text("Feishu was not allowed to say who you are: sign in again, and agree there"))
        person = await _person(house, workplace, await _who(house, workplace, code, verifier))
    except NotSignedIn as wrong:
        answer: Response = page(request, "sign_in.html", status=401, people=[], next="/", wrong=wrong.text)
    else:
        answer = RedirectResponse(leads_to, 303)
        sign_in(house, answer, person)
    answer.delete_cookie(COOKIE, path=BACK, httponly=True, samesite="lax")
    return answer


def _workplace(house: House) -> Workplace:
    if house.feishu is None or house.settings.auth.mode != "feishu":
        raise NotSignedIn(text('people do not come in with Feishu here: auth.mode is not "feishu"'))
    return house.feishu


def _sent(house: House, request: Request, state: str) -> tuple[str, str]:
    """The verifier of the attempt that this browser began, and where it leads. Raises TryAgain."""
    try:
        there = _read(house, state)
        here = _read(house, request.cookies.get(COOKIE, ""))
    except BadSignature as wrong:
        raise TryAgain(text("this sign-in was begun too long ago, or in another browser: sign in again")) from wrong
    if not hmac.compare_digest(there[0], here[0]):
        raise TryAgain(text("this sign-in was begun too long ago, or in another browser: sign in again"))
    return here[1], our_own(there[1])


async def _who(house: House, workplace: Workplace, code: str, verifier: str) -> Who:
    client = workplace.desk.feishu.login
    try:
        tokens = await client.redeem(code, _back(house), verifier)
        return await client.who(tokens.access_token)
    except GiveUp as refused:
        raise TryAgain(text("Feishu does not know this sign-in any more: sign in again ({why})", why=refused.text)) from refused
    except CarryError as busy:
        raise TryAgain(text("Feishu cannot be asked just now: sign in again in a moment ({why})", why=busy.text)) from busy


async def _person(house: House, workplace: Workplace, who: Who) -> str:
    """Whom of the catalog they are: by open_id, or by the e-mail address that Feishu vouches for. Raises NotSignedIn for a stranger."""
    try:
        person = await workplace.desk.directory.person(who.open_id, house.clock.now())
    except CarryError:
        person = ""  # the directory cannot be asked just now; an address may still tell
    people = house.catalog.people
    person = person or next((one.id for one in people.values() if who.email and one.email.lower() == who.email.lower()), "")
    if not person or not people[person].joined:
        raise NotSignedIn(
            text(
                "{name}, you are in this Feishu, but not in the catalog's people: ask whoever keeps it to add you with feishu: {id}",
                name=who.name or who.open_id,
                id=who.open_id,
            )
        )
    return person


def _back(house: House) -> str:
    return house.settings.server.reached_at + BACK


def _challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


def _read(house: House, signed: str) -> tuple[str, str]:
    """Two words that we signed. Raises BadSignature."""
    found: Any = _signer(house).loads(signed, max_age=GOOD_FOR)  # Any: ours, as the signature proves
    return str(found[0]), str(found[1])


def _signer(house: House) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(house.secret, salt="kuaihui feishu login")
