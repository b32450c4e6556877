"""The drill's pages: what there is, how it went, taking a part, the pipeline; and nothing of it elsewhere."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from kuaihui.app.drill.report import keep
from kuaihui.app.drill.shelf import find
from kuaihui.app.drill.virtual import Acting, acting
from kuaihui.briefing.grade import Grade
from tests.app.web.acted import SAMPLE, acted


@pytest.fixture
async def drill(tmp_path: Path) -> AsyncIterator[Acting]:
    async with acting(find("config-center-500"), SAMPLE, language="en") as made:
        made.app.state.reports = tmp_path
        yield made
        await made.app.state.watchers.close()


def client(drill: Acting, person: str = "") -> httpx.AsyncClient:
    headers = {"accept-language": "en"} | ({"X-Kuaihui-Person": person} if person else {})
    return httpx.AsyncClient(transport=httpx.ASGITransport(drill.app), base_url=drill.built.settings.server.reached_at, headers=headers)


async def test_a_part_is_taken_and_given_back(drill: Acting) -> None:
    async with client(drill) as http:
        shown = await http.get("/drill")
        taken = await http.post("/drill/part", data={"person": "xiaomei"})
        now = await http.get("/drill/now")
        nobody = await http.post("/drill/part", data={"person": "nobody"})
        await http.post("/drill/part", data={"person": "xiaomei", "back": "true"})

    assert "Play Xiaomei" in shown.text
    assert taken.status_code == 303
    assert "kuaihui_person" in taken.headers["set-cookie"]
    assert "把小美交还系统" in now.text  # she reads Chinese
    assert nobody.status_code == 409
    assert drill.director.played == {}


async def test_whoever_plays_is_told_what_the_part_would_say(drill: Acting) -> None:
    drill.director.take_part("xiaomei")
    for _ in range(20):
        assert await drill.go_on()
    async with client(drill) as http:
        shown = await http.get("/drill/now")

    assert "an in-process cache on the read path" in shown.text


async def test_the_pipeline_releases_what_was_built_and_nothing_else(drill: Acting) -> None:
    async with client(drill, "xiaomei") as http:
        made = await http.post("/drill/release", data={"version": "v1.8.3", "to": "preproduction"})
        unknown = await http.post("/drill/release", data={"version": "v9", "to": "full"})
        tried = await http.post("/drill/try")
    async with client(drill) as http:
        nameless = await http.post("/drill/release", data={"version": "v1.8.3", "to": "full"})

    assert made.status_code == 303
    assert unknown.status_code == 404
    assert "没问题" in tried.text
    assert nameless.headers["location"].startswith("/sign-in"), "somebody has to say who they are"


async def test_whoever_plays_puts_right_what_is_theirs_and_nothing_else() -> None:
    async with acting(find("redis-down"), SAMPLE, language="en") as made:
        made.director.take_part("ayi")
        while made.curves.ratio < 0.05:
            assert await made.go_on()
        async with client(made, "ayi") as ayi, client(made, "amao") as amao:
            shown, others = await ayi.get("/drill"), await amao.get("/drill")
            not_his = await amao.post("/drill/hands", data={"number": 0})
            broken = made.curves.ratio
            done = await ayi.post("/drill/hands", data={"number": 0})
        await made.app.state.watchers.close()

    assert "拉起 Redis" in shown.text
    assert "/drill/hands" not in others.text
    assert not_his.status_code == 409
    assert broken >= 0.05
    assert done.status_code == 303
    assert made.curves.ratio == 0


async def test_reports_are_read_and_nothing_else(drill: Acting, tmp_path: Path) -> None:
    grade = Grade("redis-down", 1)
    report = keep(tmp_path, grade, "# A report\n\n<script>bad()</script>", datetime(2026, 1, 1, tzinfo=UTC))
    own = keep(tmp_path, Grade("cache-gone", 1), "# Our own", datetime(2026, 1, 1, tzinfo=UTC))
    (tmp_path / "secret.md").write_text("secret", encoding="utf-8")
    async with client(drill) as http:
        listed = await http.get("/drills")
        read = await http.get(f"/drills/redis-down/{report.stem}")
        outside = await http.get("/drills/redis-down/..%2Fsecret")

    assert f'/drills/redis-down/{report.stem}">2026-01-01 08:00:00</a>' in listed.text, "when it was, for whoever reads"
    assert f"/drills/cache-gone/{own.stem}" in listed.text
    assert "A drill of your own" in listed.text
    assert "To the drill that is being acted" in listed.text
    assert "<h1>A report</h1>" in read.text
    assert "<script>bad" not in read.text
    assert outside.status_code == 404


async def test_no_part_is_taken_in_a_house_without_a_drill() -> None:
    async with acted() as stage, stage.client("amao") as http:
        page = await http.get("/drill")
        part = await http.post("/drill/part", data={"person": "amao"})
        listed = await http.get("/drills")

    assert (page.status_code, part.status_code) == (404, 404)
    assert listed.status_code == 200


@pytest.mark.parametrize("ran_in", ["zh", "en"])
async def test_a_report_is_read_in_the_readers_language_whoever_ran_the_drill(drill: Acting, tmp_path: Path, ran_in: str) -> None:
    told = {"zh": "# 演练报告", "en": "# Drill report"}
    others = {language: words for language, words in told.items() if language != ran_in}
    report = keep(tmp_path, Grade("redis-down", 1), told[ran_in], datetime(2026, 1, 1, tzinfo=UTC), others)
    for language, words in told.items():
        async with client(drill) as http:
            http.cookies.set("kuaihui_language", language)
            read = await http.get(f"/drills/redis-down/{report.stem}")
            listed = await http.get("/drills")
        assert f"<h1>{words[2:]}</h1>" in read.text
        assert listed.text.count("/drills/redis-down/2026") == 1, "one run, however many languages"
