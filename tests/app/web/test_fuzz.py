"""Whatever is sent to the API by its own description, nothing breaks on our side."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack, suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from hypothesis.strategies import booleans
from schemathesis import Case, GenerationMode
from schemathesis.core.result import Ok
from schemathesis.openapi.loaders import from_asgi
from schemathesis.schemas import APIOperation, BaseSchema

from tests.app.web.acted import Acted, acted

# A stream never ends by itself: the streams are tried in test_live.
ENDLESS = r"/stream$"
NAMED = {"Host": "127.0.0.1:8466", "X-Kuaihui-Person": "amao"}


@pytest.fixture(scope="module")
def fuzzed() -> Iterator[tuple[BaseSchema, str]]:
    """The API of a house with one incident."""
    with asyncio.Runner() as runner:
        opened = AsyncExitStack()
        stage: Acted = runner.run(opened.enter_async_context(acted()))
        incident = runner.run(stage.rings())
        yield from_asgi("/api/openapi.json", stage.app, headers=NAMED).exclude(path_regex=ENDLESS), incident
        runner.run(opened.aclose())


def test_nothing_breaks_on_our_side(fuzzed: tuple[BaseSchema, str]) -> None:
    schema, incident = fuzzed
    operations = [found.ok() for found in schema.get_all_operations() if isinstance(found, Ok)]
    seen = [status for operation in operations for mode in GenerationMode for status in _try(operation, mode, incident)]

    assert len(operations) >= 12
    # Both what is right and what is wrong was tried.
    assert {200, 409, 422} <= set(seen)


def _try(operation: APIOperation, mode: GenerationMode, incident: str) -> list[int]:
    """Call one operation in many ways, half of the time of an incident that is there; every status that was answered."""
    seen: list[int] = []

    @given(case=operation.as_strategy(generation_mode=mode), here=booleans())
    @settings(
        max_examples=15,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
        database=None,
    )
    def each(case: Case, here: bool) -> None:
        if here and "incident" in case.path_parameters:
            case.path_parameters["incident"] = incident
        answer = case.call(headers=NAMED)
        seen.append(answer.status_code)

        assert answer.status_code < 500, (case.as_curl_command(), answer.text)
        if answer.status_code >= 400:
            assert answer.json()["errors"], "every refusal says what is wrong"

    with suppress(Unsatisfiable):  # where an operation takes nothing, nothing can be wrong
        each()
    return seen
