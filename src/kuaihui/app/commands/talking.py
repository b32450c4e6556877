"""How the commands reach a running house: the same API as everybody's."""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, cast
from urllib.parse import quote

import httpx

from kuaihui.app.commands.speaking import colon, harmless, language, system_words
from kuaihui.errors import KuaihuiError, Refused
from kuaihui.language import Text, plain, text

HERE: Final = "http://127.0.0.1:8466"
NOT_SIGNED_IN: Final = 401


def at(*parts: str) -> str:
    """The API's path of what somebody named, whatever stands in the name. Raises Refused where they named nothing."""
    if not all(parts):
        raise Refused(text("an empty name names nothing"))
    return "/api/v1/" + "/".join(quote(part, safe="") for part in parts)


class Talk:
    """
    A conversation with a running house.

    KUAIHUI_SERVER is its address, KUAIHUI_TOKEN a person's token; where the house is open on loopback, KUAIHUI_PERSON says who speaks.
    """

    def __init__(self, server: str = "", person: str = "") -> None:
        headers = {b"Accept-Language": language().encode(), b"Connection": b"close"}  # close: a command asks once or twice, and ends
        if token := os.environ.get("KUAIHUI_TOKEN"):
            headers[b"Authorization"] = f"Bearer {token.strip()}".encode()
        if who := person or os.environ.get("KUAIHUI_PERSON"):
            headers[b"X-Kuaihui-Person"] = who.encode()
        self.server = server or os.environ.get("KUAIHUI_SERVER") or HERE
        with self._reached():
            self._http = httpx.Client(base_url=self.server, headers=headers, timeout=20)

    def get(self, path: str, **query: str) -> Any:  # the API's own JSON, read by the command that asked
        """The JSON answer of a GET. Raises Refused with the house's own words."""
        return self._ask("GET", path, params=query)

    def post(self, path: str, body: object) -> Any:  # as above
        """The JSON answer of a POST. Raises Refused with the house's own words."""
        return self._ask("POST", path, json=body)

    def post_file(self, path: str, file: Path) -> Any:  # as above
        """The JSON answer of a file's upload."""
        with file.open("rb") as opened:
            return self._ask("POST", path, files={"file": (file.name, opened)})

    def raw(self, path: str) -> bytes:
        """The bytes of a GET."""
        return self._send("GET", path).content

    def _ask(self, method: str, path: str, **sent: Any) -> Any:
        answer = self._send(method, path, **sent)
        try:
            return _harmless(answer.json())
        except ValueError as strange:
            raise KuaihuiError(self._no_house()) from strange

    def _send(self, method: str, path: str, **sent: Any) -> httpx.Response:
        with self._reached():
            answer = self._http.request(method, path, **sent)
        if answer.is_error:
            raise Refused(self._words(answer))
        return answer

    @contextmanager
    def _reached(self) -> Generator[None]:
        try:
            yield
        except (httpx.TransportError, httpx.InvalidURL) as broken:
            words = text(
                "no house answers at {server} ({what}): start it with `kuaihui up`, or set KUAIHUI_SERVER",
                server=self.server,
                what=system_words(broken),
            )
            raise KuaihuiError(words) from broken

    def _words(self, answer: httpx.Response) -> Text:
        """What the house says is wrong, each with the field it is of."""
        try:
            told = "\n".join(_placed(error) for error in _harmless(answer.json())["errors"])
        except (ValueError, KeyError, TypeError, AttributeError):
            return text("{words} (it answered {status})", words=self._no_house(), status=answer.status_code)
        if answer.status_code != NOT_SIGNED_IN:
            return plain(told)
        return text("{words}; here: --as PERSON or KUAIHUI_PERSON, and KUAIHUI_TOKEN where a token is asked for", words=told)

    def _no_house(self) -> Text:
        return text("what answers at {server} is not Kuaihui: set KUAIHUI_SERVER to its address", server=self.server)


def _harmless(told: Any) -> Any:  # the API's own JSON
    """The same, in which no word is obeyed by a terminal."""
    match told:
        case str():
            return harmless(told)
        case list():
            return [_harmless(one) for one in cast("list[Any]", told)]
        case dict():
            return {key: _harmless(one) for key, one in cast("dict[str, Any]", told).items()}
        case _:
            return told


def _placed(error: dict[str, str]) -> str:
    """One fault in the house's words; of a field that was sent, with its name."""
    field = "" if error["path"].startswith("/") else error["path"].rpartition(".")[2]
    return f"{field}{colon()}{error['message']}" if field else error["message"]
