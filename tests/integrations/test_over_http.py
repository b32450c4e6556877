"""What a product's silence, refusal or nonsense means, whoever asks it over HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta

import httpx
import msgspec
import pytest

from kuaihui.errors import CarryError, GiveUp, TryLater
from kuaihui.language import say
from kuaihui.over_http import OverHttp, each_for_itself


class Answer(msgspec.Struct):
    name: str


def there(answer: Callable[[httpx.Request], httpx.Response], status: Callable[[httpx.Response], int] | None = None) -> OverHttp:
    client = httpx.AsyncClient(transport=httpx.MockTransport(answer), base_url="http://there")
    return OverHttp(client, "there", status=status) if status else OverHttp(client, "there")


def failing(fault: type[httpx.TransportError]) -> Callable[[httpx.Request], httpx.Response]:
    def fail(request: httpx.Request) -> httpx.Response:
        raise fault("no", request=request)

    return fail


@pytest.mark.parametrize(
    "fault, said",
    [(httpx.ReadTimeout, "there did not answer in time"), (httpx.ConnectError, "there cannot be reached (ConnectError)")],
)
async def test_silence_is_tried_later(fault: type[httpx.TransportError], said: str) -> None:
    with pytest.raises(TryLater) as told:
        await there(failing(fault)).ask("GET", "/")

    assert say(told.value.text, "en") == said


async def test_an_answer_after_the_deadline_is_too_slow() -> None:
    async def wait(request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(60)
        return httpx.Response(200)

    slow = OverHttp(httpx.AsyncClient(transport=httpx.MockTransport(wait)), "there")
    with pytest.raises(TryLater, match="in time"):
        await slow.ask("GET", "http://there/", asyncio.get_running_loop().time() + 0.01)


@pytest.mark.parametrize("status, kind", [(503, TryLater), (429, TryLater), (403, GiveUp), (422, GiveUp)])
async def test_a_refusal_is_an_error_and_an_answer_to_whoever_wants_it(status: int, kind: type[CarryError]) -> None:
    refusing = there(lambda _: httpx.Response(status, text="no"))

    with pytest.raises(kind):
        await refusing.ask("GET", "/")
    assert (await refusing.answer("GET", "/")).status_code == status


async def test_a_refusal_quotes_no_secret() -> None:
    with pytest.raises(GiveUp) as told:
        await there(lambda _: httpx.Response(422, text="password=hunter2 is wrong")).ask("GET", "/")

    assert "hunter2" not in say(told.value.text, "en")


async def test_a_product_may_mean_something_else_by_its_status() -> None:
    with pytest.raises(TryLater):
        await there(lambda _: httpx.Response(403), lambda _: 429).ask("GET", "/")


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"name": 7}', b'{"name": "\xff"}'])
async def test_what_cannot_be_read_is_given_up(body: bytes) -> None:
    one = there(lambda _: httpx.Response(200, content=body))

    with pytest.raises(GiveUp, match="cannot read"):
        one.read(await one.ask("GET", "/"), Answer)


async def brings(*found: int, then: CarryError | None = None, after: float = 0) -> AsyncIterator[int]:
    for one in found:
        yield one
    await asyncio.sleep(after)
    if then:
        raise then


async def test_of_several_questions_one_that_fails_leaves_the_others_standing() -> None:
    refused = GiveUp("no")

    found, failed = await each_for_itself([brings(1), brings(2, then=refused), brings(3)], "there", timedelta(seconds=9))

    assert (found, failed) == ([1, 3], [refused])


async def test_each_question_has_its_share_of_the_time() -> None:
    found, failed = await each_for_itself([brings(1, after=60), brings(2)], "there", timedelta(seconds=0.1))

    assert (found, [say(one.text, "en") for one in failed]) == ([2], ["there did not answer in time"])


async def test_where_every_question_fails_the_first_failure_is_told() -> None:
    with pytest.raises(GiveUp, match="first"):
        await each_for_itself([brings(then=GiveUp("first")), brings(then=TryLater("second", timedelta(1)))], "there", timedelta(seconds=9))
