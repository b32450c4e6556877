"""Pages on which there is nothing to show, and pages of what went wrong."""

from __future__ import annotations

import pytest

from tests.app.web.acted import Acted


async def page(stage: Acted, address: str, language: str) -> str:
    async with stage.client("amao") as http:
        http.cookies.set("kuaihui_language", language)
        return (await http.get(address, headers={"accept": "text/html"})).text


@pytest.mark.parametrize("language, nothing, count", [("zh", "没有找到。", "0 个故障"), ("en", "Nothing. Fewer words", "was found: 0")])
async def test_a_search_without_hits_says_so_once(stage: Acted, language: str, nothing: str, count: str) -> None:
    told = await page(stage, "/search?words=zzzz", language)
    assert nothing in told
    assert count not in told


@pytest.mark.parametrize("language, head, advice", [("zh", "服务端出错", "请刷新页面"), ("en", "broke on our side", "Load the page again")])
async def test_a_page_that_broke_says_what_to_do_and_nothing_twice(stage: Acted, language: str, head: str, advice: str) -> None:
    @stage.app.get("/breaks")
    async def breaks() -> None:
        raise RuntimeError

    told = await page(stage, "/breaks", language)
    assert told.count(head) == 1
    assert advice in told
