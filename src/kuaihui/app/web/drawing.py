"""
Pages from templates: escaped always, in the reader's language.

Rule 1: a sentence in a template is `t("English", value=…)`, so that the extractor finds it and its Chinese stands in a .po file.
Rule 2: nothing in a page asks for anything from elsewhere; what it asks from us carries the content's hash, and browsers keep it for good.
"""

from __future__ import annotations

import re
from datetime import timedelta
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template, pass_context
from jinja2.runtime import Context
from markupsafe import Markup, escape
from starlette.requests import Request
from starlette.responses import HTMLResponse

from kuaihui.app.web.asking import LOOK_COOKIE, LOOKS, language_of, the_house
from kuaihui.app.web.identity import NotSignedIn, person_of
from kuaihui.app.web.views import Reader
from kuaihui.briefing.chart import sparkline
from kuaihui.incident.alerts import measured
from kuaihui.language import Value, text, translate
from kuaihui.language.durations import in_words, say_duration, show_duration
from kuaihui.orders.page import channel_said

HERE: Final = Path(__file__).parent
# Folders a browser may fetch from, by the first part of their address.
SERVED: Final = {"static": HERE / "static", "vendor": HERE / "vendor"}


@cache
def environment() -> Environment:
    """The templates of our pages."""
    made = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,  # a new version that is put beside a running house has templates for code that does not run yet
    )
    made.globals.update(served=served)  # pyright: ignore[reportUnknownMemberType]  # jinja2 leaves its dictionaries untyped
    made.policies["urlize.rel"] = "noopener noreferrer"
    drawn: dict[str, object] = {"span": lasting, "measured": measured, "sparkline": sparkline, "kind": kind, "coded": coded}
    made.filters.update(drawn)  # pyright: ignore[reportUnknownMemberType]  # as above
    return made


@pass_context
def lasting(context: Context, span: timedelta) -> str:
    """A span as people read a clock, in the reader's language."""
    reader = context.get("reader")
    return reader.said(say_duration(span)) if isinstance(reader, Reader) else show_duration(span)


def coded(words: str) -> Markup:
    """Words with what stands between `backticks` as code."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(words))))  # noqa: S704  # escaped here


def kind(one: object) -> str:
    """The kind of a fact or an order, by its name."""
    return type(one).__name__


@cache
def served(path: str) -> str:
    """The address of a script or style, with its content's hash."""
    folder, _, name = path.partition("/")
    return f"/{path}?v={sha256((SERVED[folder] / name).read_bytes()).hexdigest()[:10]}"


def template(name: str) -> Template:
    """A template by its file's name."""
    return environment().get_template(name)


def warm() -> None:
    """Make every template ready, so that the first who looks in an outage does not wait for it; takes the better part of a second."""
    for name in environment().list_templates(extensions=["html"]):
        template(name)


def words_in(reader: Reader) -> dict[str, Any]:
    """What every template can say: `t` a sentence of ours, `said` a Text, `local` an instant, `minutes` a span, `channel` its name."""

    def t(says: str, **values: Value) -> str:
        return reader.said(text(says, **values))

    between, colon, semicolon = (translate(mark, reader.language) for mark in (", ", ": ", "; "))
    gap = "" if reader.language == "zh" else " "

    def minutes(span: timedelta) -> str:
        return reader.said(in_words(span))

    def channel(id: str) -> str:
        return reader.said(channel_said(id))

    shown = {"name": reader.name, "local": reader.local, "hour": reader.hour, "minutes": minutes, "channel": channel}
    marks = {"between": between, "colon": colon, "semicolon": semicolon, "gap": gap}  # `gap` follows a mark that stands in a sentence
    return {"t": t, "said": reader.said, "reader": reader} | marks | shown


def part(name: str, reader: Reader, **values: object) -> str:
    """One part of a page as HTML."""
    return template(name).render(**words_in(reader), **values)


def page(request: Request, name: str, *, status: int = 200, **values: object) -> HTMLResponse:
    """A whole page for whoever asks."""
    house = the_house(request)
    reader = Reader(house, language_of(request), house.clock.now())
    try:
        person = person_of(house, request)
    except NotSignedIn:
        person = ""
    look = request.cookies.get(LOOK_COOKIE, "")
    where = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    frame = {
        "person": person,
        "look": look if look in LOOKS else "auto",
        "where": where,
        "pace": house.clock.pace,
        "now": reader.now,
        "mode": house.settings.auth.mode,
    }
    return HTMLResponse(template(name).render(**words_in(reader), **(frame | values)), status)
