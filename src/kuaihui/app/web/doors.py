"""
The doors for machines: where alerts come in.

Rule 1: 2xx means kept. What can be put right by telling it again is answered 5xx, since a sender drops what is answered 4xx (429 too).
Rule 2: one bad alert refuses no other: the good ones are taken, and the answer lists each bad one with its rule, place and reason.
Rule 3: a door with a token opens to that token alone; one without opens only where nobody but this machine reaches us.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
from base64 import b64decode
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from importlib.metadata import version
from typing import Final
from urllib.parse import urlsplit

import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from kuaihui.app.generic_hooks import mapped
from kuaihui.app.issues import Issues
from kuaihui.app.metrics import Metrics
from kuaihui.app.planning import Heard
from kuaihui.app.reception import Reception
from kuaihui.app.trains import Trains
from kuaihui.app.web.identity import LOOPBACK
from kuaihui.app.wiring import House
from kuaihui.diagnosis.scrubbing import DEFAULT, Scrubber
from kuaihui.incident.fact import Fact
from kuaihui.intake.issues import IssueMoved
from kuaihui.intake.movements import Movement
from kuaihui.intake.register import Again
from kuaihui.intake.ringing import Fault, Misheard, Ringing, Unusable
from kuaihui.integrations.alertmanager.api_v2 import ApiV2
from kuaihui.integrations.alertmanager.webhook import Webhook
from kuaihui.integrations.changes import hook as changes
from kuaihui.integrations.generic.hook import Mapped
from kuaihui.integrations.github import hear_issues as github_issues
from kuaihui.integrations.github import hook as github
from kuaihui.integrations.gitlab import hear_issues as gitlab_issues
from kuaihui.integrations.gitlab import hook as gitlab
from kuaihui.language import choose, say, text

log = logging.getLogger(__name__)

_JSON: Final = "application/json"
_encode: Final = msgspec.json.Encoder().encode
# How soon a sender that was turned away for our own trouble may come back, in seconds.
COME_BACK: Final = "5"
# How late what is due may be, and how long the journal may take to tell, until we say that we are not ready; in seconds.
LATE: Final = 10.0
ANSWER_WITHIN: Final = 2.0

Handler = Callable[[Request], Awaitable[Response]]


class Understood(msgspec.Struct):
    """What one body told, in our words."""

    fresh: Sequence[Ringing]
    again: Sequence[Again] = ()
    refused: Sequence[Misheard] = ()
    notes: Sequence[Misheard] = ()


Understand = Callable[[bytes, datetime], Understood]


class Closed(Exception):  # an answer, not an error of ours
    """The request goes no further: this is its answer."""

    def __init__(self, status: int, fault: Fault, headers: Mapping[str, str] | None = None) -> None:
        self.status, self.fault, self.headers = status, fault, headers
        super().__init__(fault.rule_id)


class Doors:
    """
    The doors of one house.

    `tokens` are by door: "prometheus" (POST /api/v2/alerts), "alertmanager", "changes", "gitlab", "github", and the name of each generic
    hook. `loopback`:
    nobody but this machine reaches us. `largest_body` in bytes. `scrub` is what is taken out of the words of others.
    """

    def __init__(
        self,
        reception: Reception,
        *,
        tokens: Mapping[str, str],
        loopback: bool,
        largest_body: int = 8_000_000,
        generic: Mapping[str, Mapped] | None = None,
        language: str = "zh",
        scrub: Scrubber = DEFAULT,
    ) -> None:
        self.reception = reception
        self.scrub = scrub
        self.tokens = {door: token.encode() for door, token in tokens.items() if token}
        self.loopback = loopback
        self.largest_body = largest_body
        self.language = language
        self.generic = {name: _generic(mapped) for name, mapped in (generic or {}).items()}
        self.trains = Trains(reception.loop, reception.catalog, reception.clock)
        self.issues = Issues(reception.loop, reception.catalog, reception.clock)
        self._api, self._webhook = ApiV2(reception.resolve_timeout), Webhook()

    def metrics(self, metrics: Metrics) -> BaseRoute:
        """The door by which Prometheus scrapes us; its token, where the house is reached from elsewhere, is hooks.tokens.metrics."""

        async def scrape(request: Request) -> Response:
            self._let_in(request, "metrics")
            return Response(await metrics.scrape(self.reception.clock.now()) + metrics.taken(), media_type=metrics.media)

        return Route("/metrics", self._guarded(scrape), methods=["GET"])

    def routes(self) -> list[BaseRoute]:
        """The doors as plain routes, to be put before everything else."""
        return [
            Route("/api/v2/alerts", self._guarded(self._prometheus), methods=["POST"]),
            Route("/hooks/alertmanager", self._guarded(self._alertmanager), methods=["POST"]),
            Route("/hooks/generic/{name}", self._guarded(self._any), methods=["POST"]),
            Route("/hooks/changes", self._guarded(self._changes), methods=["POST"]),
            Route("/hooks/gitlab", self._guarded(self._gitlab), methods=["POST"]),
            Route("/hooks/github", self._guarded(self._github), methods=["POST"]),
            Route("/api/v2/status", self._status, methods=["GET"]),
            Route("/-/ready", self._ready, methods=["GET", "HEAD"]),
            Route("/-/healthy", _well, methods=["GET", "HEAD"]),
        ]

    async def _prometheus(self, request: Request) -> Response:
        return await self._hear(request, "prometheus", self._read_api)

    async def _alertmanager(self, request: Request) -> Response:
        return await self._hear(request, "alertmanager", self._read_webhook)

    async def _any(self, request: Request) -> Response:
        name = request.path_params["name"]
        self._let_in(request, name)
        if name not in self.generic:
            known = tuple(self.generic) or "-"
            words = text("there is no hook {name}; hooks.generic names: {known}", name=name[:80], known=known)
            raise Closed(404, Fault("generic.unknown", "", words))
        return await self._hear(request, name, self.generic[name])

    async def _changes(self, request: Request) -> Response:
        """What a pipeline changed: kept in the journal, where looking for changes finds it."""
        self._let_in(request, "changes")
        body, now = await self._body(request), self.reception.clock.now()
        told = self._read(lambda: changes.hear(body, now, self.scrub))
        return await self._moved(told, "changes")

    async def _gitlab(self, request: Request) -> Response:
        """What GitLab tells of merge requests, pipelines, deployments and issues."""
        body = await self._body(request)
        self._let_in(request, "gitlab", lambda token: gitlab.is_from(request.headers, body, token))
        if issue := gitlab_issues.hear(body, self.reception.clock.now()):
            return await self._issue(issue, "gitlab")
        told = self._read(lambda: gitlab.hear(body, self.reception.clock.now(), self.scrub))
        return await self._moved(told, "gitlab", gitlab.delivery(request.headers))

    async def _github(self, request: Request) -> Response:
        """What GitHub tells of pull requests, checks, deployments and issues."""
        body = await self._body(request)
        self._let_in(request, "github", lambda secret: github.is_from(request.headers, body, secret))
        if issue := github_issues.hear(body, request.headers, self.reception.clock.now()):
            return await self._issue(issue, "github")
        told = self._read(lambda: github.hear(body, request.headers, self.reception.clock.now(), self.scrub))
        return await self._moved(told, "github", github.delivery(request.headers))

    def _read(self, hear: Callable[[], list[Movement]]) -> list[Movement]:
        try:
            return hear()
        except Unusable as wrong:
            raise Closed(400, wrong.fault) from wrong

    async def _moved(self, news: Sequence[Movement], by: str, delivery: str = "") -> Response:
        """Keep the news, and tell what it moved: 2xx for what is of no use too, since a hook that is refused is switched off."""
        return self._followed(await self.trains.hear(news, by, delivery), len(news))

    async def _issue(self, news: IssueMoved, by: str) -> Response:
        """Follow an issue's news in its task, where it is the issue of one."""
        moved = await self.issues.hear(news, by)
        return self._followed(moved or {}, 0 if moved is None else 1)

    def _followed(self, moved: Mapping[str, Sequence[Fact]], kept: int) -> Response:
        answer: dict[str, object] = {"kept": kept}
        if moved:
            answer["moved"] = {incident: len(facts) for incident, facts in moved.items()}
        return Response(_encode(answer), media_type=_JSON)

    def _read_api(self, body: bytes, now: datetime) -> Understood:
        told = self._api.hear(body, now)
        return Understood(told.fresh, told.again, told.refused)

    def _read_webhook(self, body: bytes, now: datetime) -> Understood:
        told = self._webhook.hear(body, now)
        return Understood(told.fresh, told.again, told.refused, told.notes)

    # -- one hearing ---------------------------------------------------------------------------------------------------------------------

    async def _hear(self, request: Request, door: str, understand: Understand) -> Response:
        self._let_in(request, door)
        body = await self._body(request)
        try:
            told = understand(body, self.reception.clock.now())
        except Unusable as wrong:
            raise Closed(400, wrong.fault) from wrong
        heard = await self.reception.hear(told.fresh, told.again, (*told.refused, *told.notes))
        return self._answer(request, heard, told)

    def _answer(self, request: Request, heard: Heard, told: Understood) -> Response:
        if not told.refused and not told.notes:
            return Response(_encode(heard.counts), media_type=_JSON)
        language = self._language(request)
        answer = {"heard": heard.counts}
        errors = [_told(one.fault, language) | {"fingerprint": one.key} for one in told.refused]
        notes = [_told(one.fault, language) for one in told.notes]
        return Response(_encode(answer | {"errors": errors, "notes": notes}), 400 if errors else 200, media_type=_JSON)

    async def _body(self, request: Request) -> bytes:
        """The body, counted as it comes; never more of it in memory than may be."""
        if request.headers.get("content-encoding", "identity") != "identity":
            raise Closed(415, Fault("body.encoding", "", text("the body is compressed; send it as it is"), "identity"))
        length = request.headers.get("content-length", "")
        if length.isdecimal() and int(length) > self.largest_body:
            raise self._too_large()
        chunks: list[bytes] = []
        size = 0
        async for chunk in request.stream():
            size += len(chunk)
            if size > self.largest_body:
                raise self._too_large()
            chunks.append(chunk)
        return chunks[0] if len(chunks) == 1 else b"".join(chunks)

    def _too_large(self) -> Closed:
        words = text("the body has more than {most} bytes: send fewer alerts at once", most=self.largest_body)
        return Closed(413, Fault("body.large", "", words, self.largest_body), {"connection": "close"})

    # -- who comes in --------------------------------------------------------------------------------------------------------------------

    def _let_in(self, request: Request, door: str, knows: Callable[[bytes], bool] | None = None) -> None:
        """Raises Closed for who may not come in; `knows` tells whether a request shows in its own way that its sender knows the token."""
        token = self.tokens.get(door)
        if token is None:
            if self.loopback:
                return
            words = text("this door has no token: set hooks.tokens.{door}", door=door[:80])
            raise Closed(401, Fault("token.unset", "", words), {"www-authenticate": "Bearer"})
        if not (knows and knows(token)) and not hmac.compare_digest(shown_token(request), token):
            words = text("the token is missing or wrong: give it as Bearer, as the password of Basic, or as ?token=")
            raise Closed(401, Fault("token.wrong", "", words), {"www-authenticate": "Bearer"})

    # -- answers -------------------------------------------------------------------------------------------------------------------------

    def _guarded(self, handler: Handler) -> Handler:
        """A handler whose every trouble is answered in the reader's language, and so that a sender does right by it."""

        async def guarded(request: Request) -> Response:
            try:
                return await handler(request)
            except Closed as closed:
                return self._refusal(request, closed)
            except ClientDisconnect:
                return Response(status_code=400)
            except Exception:
                log.exception("alerts could not be kept")
                self.reception.loop.faults["doors"] += 1
                words = text("the alerts could not be kept just now: tell them again")
                return self._refusal(request, Closed(503, Fault("journal.trouble", "", words), {"retry-after": COME_BACK}))

        return guarded

    def _refusal(self, request: Request, closed: Closed) -> Response:
        answer = _encode({"errors": [_told(closed.fault, self._language(request))]})
        return Response(answer, closed.status, closed.headers, _JSON)

    def _language(self, request: Request) -> str:
        return choose(request.headers.get("accept-language", ""), self.language)

    async def _ready(self, request: Request) -> Response:
        """Whether what is due is being done: else alerts and people are better sent to another worker, and somebody told."""
        try:
            async with asyncio.timeout(ANSWER_WITHIN):
                lag = await self.reception.loop.lag(self.reception.clock.now())
        except Exception as fault:  # whatever it is, no page goes out
            log.warning("the journal does not answer", exc_info=fault)
            return Response("the journal does not answer: see the log", 503, media_type="text/plain")
        if lag > LATE:
            return Response(f"nothing has been settled for {lag:.0f} s: see the log", 503, media_type="text/plain")
        return Response("OK", media_type="text/plain")

    async def _status(self, request: Request) -> Response:
        """As much of Alertmanager's status as its own tools look at."""
        nothing = dict.fromkeys(("branch", "buildDate", "buildUser", "goVersion", "revision"), "")
        status: dict[str, object] = {
            "cluster": {"status": "disabled", "peers": []},
            "config": {"original": ""},
            "uptime": self.reception.began.isoformat(),
            "versionInfo": nothing | {"version": "kuaihui " + version("kuaihui")},
        }
        return Response(_encode(status), media_type=_JSON)


async def _well(request: Request) -> Response:
    """The process answers: whoever restarts what does not may leave it alone."""
    return Response("OK", media_type="text/plain")


def _generic(mapped: Mapped) -> Understand:
    def understand(body: bytes, now: datetime) -> Understood:
        fresh, refused = mapped.hear(body, now)
        return Understood(fresh, refused=refused)

    return understand


def _told(fault: Fault, language: str) -> dict[str, str | int | float | None]:
    told: dict[str, str | int | float | None] = {"rule_id": fault.rule_id, "path": fault.path, "message": say(fault.message, language)}
    return told | ({"limit": fault.limit} if fault.limit is not None else {})


def shown_token(request: Request) -> bytes:
    """The token that a request shows: Bearer, the password of Basic, or ?token=; empty where it shows none."""
    scheme, _, shown = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return shown.strip().encode("latin-1")  # a header's own bytes
    if scheme.lower() == "basic":
        try:
            return b64decode(shown, validate=True).partition(b":")[2]
        except ValueError:
            return b""
    return request.query_params.get("token", "").encode()


def doors_of(house: House) -> Doors:
    """The doors as the settings want them. Raises BadSettings where a mapping cannot be read."""
    hooks = house.settings.hooks
    return Doors(
        house.reception,
        tokens=hooks.tokens,
        # A proxy before us lets in whom it likes: its address is not this machine's.
        loopback=house.settings.server.loopback and urlsplit(house.settings.server.reached_at).hostname in LOOPBACK,
        largest_body=hooks.largest_body,
        generic={name: mapped(name, hook) for name, hook in hooks.generic.items()},
        language=house.settings.language,
        scrub=house.settings.scrubbing.scrubber,
    )
