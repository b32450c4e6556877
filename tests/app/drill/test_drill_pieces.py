"""The pieces of a drill: files, hours, compression, the grade's points, the director's cast, marks and channels."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import pytest

from kuaihui.app.drill.compress import compress
from kuaihui.app.drill.report import Report, keep, last
from kuaihui.app.drill.script import read_script
from kuaihui.app.drill.shelf import OURS, allowed, every, find, folders, surprise
from kuaihui.app.drill.stage.descriptions import BY_NAME
from kuaihui.app.drill.virtual import acting
from kuaihui.app.overlay import catalog_of, laid_over
from kuaihui.briefing.compared import compared
from kuaihui.briefing.grade import CAUSE, PEOPLE, SETUP, Clock, Grade, Off, Reached
from kuaihui.catalog.load import load
from kuaihui.errors import BadSettings, Refused
from kuaihui.incident.alerts import Opened
from kuaihui.incident.pages import Read
from kuaihui.language import text
from tests.app.web.acted import SAMPLE

SHANGHAI = ZoneInfo("Asia/Shanghai")
MONDAY = datetime(2023, 3, 13, 11, 0, tzinfo=SHANGHAI)
BAD = {
    "stage:": "stage",
    "heat: [{after: 0s, level: -1}]": "level",
    "expected: {mended: magic}": "mended",
    "hours: {since: noon}": "since",
    "curtain: red": "curtain",
}


# -- files -------------------------------------------------------------------------------------------------------------------------------


def test_every_drill_acts_a_stage_that_there_is_and_every_level_of_it_is_known() -> None:
    for script in every():
        description = BY_NAME[script.stage]
        assert all(heat.level < len(description.levels) for heat in script.heat)
        assert {act.release.version for one in script.cast for act in one.acts if act.release} <= set(description.versions)
        assert {one.person for one in script.cast} <= set(load(SAMPLE).people)


@pytest.mark.parametrize("written, key", BAD.items(), ids=BAD.values())
def test_a_bad_file_is_refused_by_its_key(written: str, key: str, tmp_path: Path) -> None:
    whole = {"name": "x", "about": "y", "stage": "redis-down", "heat": "[{after: 0s, level: 1}]"}
    lines = [f"{name}: {value}" for name, value in whole.items() if not written.startswith(f"{name}:")]
    (tmp_path / "drill.yaml").write_text("\n".join([*lines, written]), encoding="utf-8")

    with pytest.raises(BadSettings, match=key):
        read_script(tmp_path)


def test_a_team_has_drills_of_its_own_before_ours(tmp_path: Path) -> None:
    own = tmp_path / "redis-down"
    own.mkdir()
    (own / "drill.yaml").write_text("name: ours\nabout: ours\nstage: redis-down\nheat: [{after: 0s, level: 1}]\n", encoding="utf-8")

    assert folders(tmp_path)["redis-down"] == own
    assert find("redis-down", tmp_path).name.en == "ours"
    assert find(str(own)).name.en == "ours"
    assert folders()["redis-down"] == OURS / "redis-down"
    with pytest.raises(Refused, match="there is no drill nothing"):
        find("nothing")


@pytest.mark.parametrize("hour, may", [(9, False), (10, True), (16, True), (17, False)])
def test_a_surprise_keeps_to_its_hours(hour: int, may: bool) -> None:  # a table's column
    assert allowed(find("redis-down"), MONDAY.replace(hour=hour), SHANGHAI) is may


def test_no_surprise_on_a_saturday() -> None:
    assert surprise(every(), MONDAY, SHANGHAI, seed=3).id in folders()
    with pytest.raises(Refused, match="no drill may come"):
        surprise(every(), MONDAY - timedelta(days=2), SHANGHAI, seed=3)


# -- catalogs ----------------------------------------------------------------------------------------------------------------------------


def test_waiting_is_compressed_and_nothing_else() -> None:
    before = load(SAMPLE)
    with laid_over(SAMPLE) as folder:
        compress(folder, 10)
        after = load(folder)

    level, quick = before.policies["business"].levels[0], after.policies["business"].levels[0]
    assert quick.unread_after == level.unread_after / 10
    assert quick.unacknowledged_after == level.unacknowledged_after / 10
    assert after.services["config-center"].observe_for == before.services["config-center"].observe_for / 10
    own = after.services["config-center"].budgets.recover - before.services["config-center"].budgets.recover / 10
    assert own == timedelta(minutes=2), "the stage's own time"
    assert after.roles["tester"].absent_after == before.roles["tester"].absent_after / 10
    assert after.services["config-center"].signal == before.services["config-center"].signal
    assert after.roles["tester"].checklist == before.roles["tester"].checklist
    assert after.rotas == before.rotas


def test_one_file_laid_over_changes_its_entries_and_no_others(tmp_path: Path) -> None:
    over = tmp_path / "policies.yaml"
    over.write_text("business: {repeat: 5}\n", encoding="utf-8")

    before, after = load(SAMPLE), catalog_of(SAMPLE, over)

    assert after.policies["business"].repeat == 5
    assert after.policies["business"].levels == before.policies["business"].levels
    assert after.policies["operations"] == before.policies["operations"]


# -- grade -------------------------------------------------------------------------------------------------------------------------------

GRADE = Grade(
    "redis-down",
    1,
    clocks=(Clock("detect", text("detect"), timedelta(seconds=15), timedelta(minutes=1)),),
    off=(
        Off(SETUP, "cause", CAUSE, text("no runbook fits this alert")),
        Off(PEOPLE, "role", 5, text("nobody took the role {role}", role="@x")),
    ),
)


def test_points_are_taken_off_whose_they_are() -> None:
    assert (GRADE.points(), GRADE.points(PEOPLE), GRADE.points(SETUP), GRADE.letter) == (75, 95, 80, "B")


def test_a_run_is_compared_with_the_last_one_that_was_kept(tmp_path: Path) -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    assert last(tmp_path, "redis-down") is None
    report = keep(tmp_path, GRADE, "# report", at)
    before = last(tmp_path, "redis-down")
    assert before == GRADE
    assert report.read_text(encoding="utf-8") == "# report"

    better = msgspec.structs.replace(GRADE, off=GRADE.off[1:])
    change = compared(GRADE, better)

    assert (change.before, change.now, change.gone, change.new) == (75, 95, (text("no runbook fits this alert"),), ())
    told = Report("en", {}).markdown(find("redis-down").name, better, before)
    assert "75 → 95 points" in told
    assert "put right: no runbook fits this alert" in told


def test_a_report_for_chinese_readers_is_chinese_throughout() -> None:
    told = Report("zh", {}).markdown(find("redis-down").name, GRADE, GRADE)
    headings = [line for line in told.splitlines() if line.startswith("#")]

    assert [line for line in headings if not re.search(r"[\u4e00-\u9fff]|1-5-10", line)] == []
    assert "看到的证据" in told
    assert "全部符合剧本" in told
    assert "原因：没有适用于这个告警的预案" in told


@pytest.mark.parametrize("language, took", [("zh", "| 发现 | 3 天 4 小时 | 1 分钟 | ✗ |"), ("en", "| detect | 3d 4h | 1 min | ✗ |")])
def test_a_report_tells_spans_in_the_readers_words(language: str, took: str) -> None:
    late = Clock("detect", text("detect"), timedelta(days=3, hours=4), timedelta(minutes=1))
    reached = Reached("x", timedelta(seconds=5), timedelta(minutes=2, seconds=13), None)
    told = Report(language, {}).markdown(find("redis-down").name, Grade("redis-down", 1, clocks=(late,), reached=(reached,)))

    assert took in told
    assert ("| x | 5 秒 | 2 分 13 秒 | — |" if language == "zh" else "| x | 5 s | 2 min 13 s | — |") in told
    assert not re.search(r"\d:\d\d", told)


# -- acting ------------------------------------------------------------------------------------------------------------------------------


async def test_who_is_played_by_a_person_does_nothing_by_themself() -> None:
    async with acting(find("redis-down"), SAMPLE) as acted:
        acted.director.take_part("dazhuang")
        for _ in range(25):
            assert await acted.go_on()
        timeline = await acted.timeline()

        assert "dazhuang" not in {fact.person for fact in timeline.all(Read)}
        assert any(person == "dazhuang" for _, person, _ in acted.director.advice)
        with pytest.raises(Refused):
            acted.director.take_part("nobody")


@pytest.mark.parametrize("label, telephones", [("yes", False), ("telephones", True)])
async def test_an_alert_that_says_so_is_a_drill_on_a_real_house(label: str, telephones: bool) -> None:
    from tests.app.web.acted import BEGINS, acted  # noqa: PLC0415  # one test's own house

    async with acted() as stage, stage.client() as http:
        ends = (BEGINS + timedelta(minutes=5)).isoformat()
        alert = {"labels": {"alertname": "A", "service": "config-center", "drill": label}, "startsAt": BEGINS.isoformat(), "endsAt": ends}
        (await http.post("/api/v2/alerts", json=[alert])).raise_for_status()
        await stage.settle()
        summary = (await stage.house.journal.summaries())[0]
        opened = (await stage.timeline(summary.incident)).last(Opened)

    assert summary.drill
    assert opened is not None
    assert (opened.title, opened.telephones) == ("【演练】A", telephones)
