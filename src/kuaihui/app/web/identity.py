"""
Who is asking.

Rule 1: with auth.mode "tokens" everybody shows a token once (a page keeps a signed cookie) or with every call of the API; what is kept of a
        token is its hash, compared in constant time.
        With "feishu" a page's cookie comes from signing in there, and a token still opens the API.
Rule 2: with auth.mode "open", which the settings allow on loopback only, whoever asks says who they are.
Rule 3: a cookie goes along with no form of another site (SameSite), and a form is taken only from our own pages (Origin).
Rule 4: a cookie is good for the token it was made with: whose token is taken away or changed is signed out, and a cookie of the time when
        the house was open opens nothing later.
Rule 5: an open house answers only to names of this machine, so that no page elsewhere can reach it by having a name of its own point here.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Final

from itsdangerous import BadSignature, URLSafeTimedSerializer
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response

from kuaihui.app.wiring import House
from kuaihui.errors import Refused
from kuaihui.intake.phrasebook import people_by_name
from kuaihui.language import text

COOKIE: Final = "kuaihui_person"
LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
HEADER: Final = "x-kuaihui-person"
# A fortnight: longer than a rota's turn, so that nobody signs in anew at 3 a.m.
KEPT_FOR: Final = 14 * 24 * 3600


class NotSignedIn(Refused):
    """Nobody says who they are, or the token is nobody's."""


def hash_of(token: str) -> str:
    """What the settings keep of a token."""
    return "sha256:" + hashlib.sha256(token.encode()).hexdigest()


def person_of(house: House, asked: HTTPConnection) -> str:
    """The person who asks; empty when they have not said. Raises NotSignedIn for a token that is nobody's."""
    scheme, _, token = asked.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token:
        return owner_of(house, token.strip())
    if house.settings.auth.mode == "open" and (named := asked.headers.get(HEADER)):
        return known(house, _as_sent(named))
    cookie = asked.cookies.get(COOKIE, "")
    try:
        kept = str(_signer(house).loads(cookie, max_age=KEPT_FOR)) if cookie else ""
    except BadSignature:
        return ""
    person, _, mark = kept.rpartition("/")
    return person if person in house.catalog.people and hmac.compare_digest(mark.encode(), _mark(house, person).encode()) else ""


def owner_of(house: House, token: str) -> str:
    """Whose token this is. Raises NotSignedIn."""
    shown, found = hash_of(token), ""
    for person, kept in house.settings.auth.people.items():
        # Every one is compared, so that the time taken tells nothing of who comes first.
        found = person if hmac.compare_digest(shown, kept) else found
    if not found or found not in house.catalog.people:
        raise NotSignedIn(text("this token is nobody's: ask for a new one (`kuaihui token PERSON`)"))
    return found


def known(house: House, person: str) -> str:
    """A person of the catalog, by their id or a name of theirs. Raises NotSignedIn."""
    found = person if person in house.catalog.people else people_by_name(house.catalog).get(person, "")
    if not found:
        raise NotSignedIn(text("{person} is not in the catalog's people", person=person))
    return found


def _as_sent(header: str) -> str:
    """A header's words: HTTP knows Latin letters only, and those who have others send UTF-8."""
    try:
        return header.encode("latin-1").decode()
    except UnicodeError:
        return header


def sign_in(house: House, answer: Response, person: str) -> None:
    """Let the browser keep who they are."""
    secure = house.settings.server.reached_at.startswith("https:")
    answer.set_cookie(
        COOKIE, _signer(house).dumps(f"{person}/{_mark(house, person)}"), max_age=KEPT_FOR, httponly=True, samesite="lax", secure=secure
    )  # lax: a link in a page must open signed in


def from_our_own_pages(house: House, request: Request) -> bool:
    """Whether a form was sent by one of our own pages: a browser names the page's origin with every POST."""
    origin = request.headers.get("origin")
    if origin is None:
        return True
    host = request.headers.get("host", "")
    return origin in (house.settings.server.reached_at, f"http://{host}", f"https://{host}")


def _mark(house: House, person: str) -> str:
    """What a person's cookie is good for: this way of coming in, and with tokens, the one they have now."""
    mode = house.settings.auth.mode
    return f"{mode}:{house.settings.auth.people.get(person, '')[-16:]}" if mode == "tokens" else mode


def _signer(house: House) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(house.secret, salt="kuaihui person")
