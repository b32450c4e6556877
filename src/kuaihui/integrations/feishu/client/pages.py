"""Lists that come in pages."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Generic, TypeVar

import msgspec

from kuaihui.integrations.feishu.client.caller import Ask, Caller, Operation
from kuaihui.integrations.feishu.client.paces import Pace

Item = TypeVar("Item")


class Page(msgspec.Struct, Generic[Item]):
    """One page: some lists have no `items` at all when they are empty."""

    items: list[Item] | None = None
    has_more: bool = False
    page_token: str = ""


async def all_of(
    caller: Caller,
    operation: Operation,
    shape: type[Page[Item]],
    *,
    path: Mapping[str, str] | None = None,
    query: Mapping[str, str | int | bool | Sequence[str] | None] | None = None,
    body: object = None,
    lanes: Sequence[tuple[str, Pace]] = (),
    as_person: str = "",
) -> AsyncIterator[Item]:
    """Every item of every page, asked for as they are needed."""
    token = ""
    while True:
        asked = {**(query or {}), **({"page_token": token} if token else {})}
        # A search is a POST that changes nothing.
        page = await caller.ask(
            Ask(
                operation=operation,
                shape=shape,
                path=path or {},
                query=asked,
                body=body,
                twice_is_once=True,
                lanes=lanes,
                as_person=as_person,
            )
        )
        for item in page.items or []:
            yield item
        if not page.has_more or not page.page_token:
            return
        token = page.page_token
