"""
What is wrong with what was asked, in the reader's language: {"errors": [{rule_id, path, message, limit}]}.

The rule's id is stable and is what a program looks at; the message is for people. (After protovalidate's rule ids.)
"""

from __future__ import annotations

import logging
from typing import Any, Final
from urllib.parse import quote, urlsplit

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from kuaihui.app.web.asking import NotFound, language_of
from kuaihui.app.web.drawing import page
from kuaihui.app.web.identity import NotSignedIn
from kuaihui.errors import KuaihuiError, Refused
from kuaihui.language import Text, say, text

log = logging.getLogger(__name__)

# What pydantic calls the bound that was overstepped.
LIMITS: Final = ("ge", "le", "gt", "lt", "max_length", "min_length", "expected", "expected_tags")


class Problem(BaseModel):
    """One thing that is wrong."""

    rule_id: str
    path: str
    message: str
    limit: str | float | None = None


class Problems(BaseModel):
    """Everything that is wrong with a request."""

    errors: list[Problem]


ANSWERS: Final[dict[int | str, dict[str, Any]]] = {
    status: {"model": Problems, "description": said}
    for status, said in {
        401: "nobody says who asks",
        403: "not from our own pages",
        404: "no such thing",
        409: "refused",
        422: "not understood",
    }.items()
}


def answer_problems(app: FastAPI) -> None:
    """Give every error its status and its words."""
    app.add_exception_handler(KuaihuiError, _refused)
    app.add_exception_handler(RequestValidationError, _not_understood)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _broken)


def answer(request: Request, status: int, *found: tuple[str, str, Text | str, str | float | None]) -> Response:
    """What is wrong, for whoever asks: a program gets JSON, a page that stands gets a line to show, a person gets a page."""
    if request.url.path.startswith(("/api/", "/hooks/", "/-/")) or "json" in request.headers.get("accept", ""):
        return problem(request, status, *found)
    told = [_placed(path, words) for _, path, words, _ in found]
    if "hx-request" in request.headers:
        shown = page(request, "news.html", status=status, told=told)
        shown.headers.update({"HX-Retarget": "#news", "HX-Reswap": "innerHTML"})
        return shown
    return page(request, "problem.html", status=status, told=told, code=status)


def _placed(path: str, words: Text | str) -> Text | str:
    """The words with the field they are of, where it is one of a form."""
    field = path.rpartition(".")[2]
    return words if not field or path.startswith("/") else text("{field}: {words}", field=field, words=words)


def problem(request: Request, status: int, *found: tuple[str, str, Text | str, str | float | None]) -> JSONResponse:
    """An answer that lists what is wrong: rule, path, words, limit."""
    language = language_of(request)
    told = [Problem(rule_id=rule, path=path, message=say(words, language), limit=limit) for rule, path, words, limit in found]
    return JSONResponse(Problems(errors=told).model_dump(), status)


def wants_a_page(request: Request) -> bool:
    """Whether a person is at the other end, who can be shown the way to the sign-in."""
    return not request.url.path.startswith(("/api/", "/hooks/", "/-/")) and "hx-request" not in request.headers


def where_back(request: Request) -> str:
    """The page to come back to: the one asked for, or the one a form was sent from."""
    if request.method in ("GET", "HEAD"):
        return request.url.path
    return urlsplit(request.headers.get("referer", "")).path or "/"


async def _refused(request: Request, wrong: Exception) -> Response:
    assert isinstance(wrong, KuaihuiError)
    match wrong:
        case NotSignedIn() if wants_a_page(request):
            return RedirectResponse(f"/sign-in?next={quote(where_back(request))}", 303)
        case NotSignedIn():
            return answer(request, 401, ("auth.required", "", wrong.text, None))
        case NotFound():
            return answer(request, 404, ("not_found", request.url.path, wrong.text, None))
        case Refused():
            return answer(request, 409, ("refused", "", wrong.text, None))
        case _:
            return answer(request, 503, ("unavailable", "", wrong.text, None))


async def _not_understood(request: Request, wrong: Exception) -> Response:
    assert isinstance(wrong, RequestValidationError)
    return answer(request, 422, *(_fault(fault) for fault in wrong.errors()))


def _fault(fault: dict[str, Any]) -> tuple[str, str, Text, str | float | None]:  # Any: pydantic's own description of a fault
    kind, bounds = str(fault["type"]), fault.get("ctx", {})
    limit = next((bounds[name] for name in LIMITS if name in bounds), None)
    path = ".".join(str(part) for part in fault["loc"])
    return kind, path, _words(kind, limit), limit if isinstance(limit, str | int | float) else None


def _short(limit: object) -> Text:
    return text("must not be empty") if limit == 1 else text("must have at least {limit} characters or entries", limit=str(limit))


def _words(kind: str, limit: object) -> Text:
    """What a rule of pydantic's means, in words; a test asks for each that our models can break."""
    bound = str(limit)
    for kinds, words in (
        ({"missing"}, text("is missing")),
        ({"greater_than_equal"}, text("must be at least {limit}", limit=bound)),
        ({"less_than_equal"}, text("must be at most {limit}", limit=bound)),
        ({"string_too_long", "too_long"}, text("may have at most {limit} characters or entries", limit=bound)),
        ({"string_too_short", "too_short"}, _short(limit)),
        ({"extra_forbidden"}, text("is not known here")),
        ({"literal_error", "enum", "union_tag_invalid"}, text("is none of the possible values: {limit}", limit=bound)),
        ({"union_tag_not_found"}, text("does not say which kind it is")),
        ({"json_invalid"}, text("is not JSON")),
        ({"int_type", "int_parsing", "int_from_float", "float_type", "float_parsing"}, text("is not a number")),
        ({"bool_type", "bool_parsing"}, text("is neither yes nor no")),
        ({"string_type"}, text("is not text")),
    ):
        if kind in kinds:
            return words
    if kind.startswith(("datetime_", "date_", "timezone_")):
        return text("is not a date and time, like 2023-03-11T11:00:00+08:00")
    return text("cannot be understood ({kind})", kind=kind)


async def _http(request: Request, wrong: Exception) -> Response:
    assert isinstance(wrong, HTTPException)
    words = {404: text("there is nothing at this address"), 405: text("this address does not take {method}", method=request.method)}
    rule = {404: "not_found", 405: "method"}.get(wrong.status_code, "http")
    told = answer(request, wrong.status_code, (rule, request.url.path, words.get(wrong.status_code, str(wrong.detail)), None))
    told.headers.update(wrong.headers or {})
    return told


async def _broken(request: Request, wrong: Exception) -> Response:
    log.error("%s %s broke", request.method, request.url.path, exc_info=wrong)
    return answer(request, 500, ("broken", request.url.path, text("this broke on our side; it was written to the log"), None))
