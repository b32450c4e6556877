"""`kuaihui replay FILE`, and the page that does the same."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from kuaihui.app.cli import command_line
from tests.app.replay.write_saturday import REPLAYS, SATURDAY
from tests.app.web.acted import acted

CHANGED = REPLAYS / "backup_after_a_minute/policies.yaml"


@pytest.fixture(autouse=True)
def in_english(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    monkeypatch.setenv("KUAIHUI_LANGUAGE", "en")
    monkeypatch.chdir(str(tmp_path))


def test_a_file_under_a_changed_policy_is_told_side_by_side() -> None:
    told = CliRunner().invoke(command_line("replay"), ["replay", str(SATURDAY), "--catalog", str(CHANGED)])

    assert told.exit_code == 0, told.output
    assert "Axin's absence costs 1 min instead of 5 min" in told.output
    assert "| 3 | 5 min · Dazhuang · unread for 5 min |" in told.output


def test_a_duty_can_be_left_out_and_an_unknown_one_is_refused() -> None:
    without = CliRunner().invoke(command_line("replay"), ["replay", str(SATURDAY), "--without", "page_the_oncall"])
    unknown = CliRunner().invoke(command_line("replay"), ["replay", str(SATURDAY), "--without", "make_coffee"])

    assert "Dazhuang would not be paged, who was" in without.output
    assert unknown.exit_code == 1
    assert "there is no duty make_coffee" in unknown.output


@pytest.mark.parametrize("what", ["nights/sunday.json", "/nowhere/sunday.json", "sunday.json"])
def test_a_missing_file_is_named_with_what_to_do(what: str) -> None:
    told = CliRunner().invoke(command_line("replay"), ["replay", what])

    assert told.exit_code == 1
    assert f"there is no file {what}" in told.output
    assert "kuaihui export INCIDENT --to FILE" in told.output


def test_what_is_neither_a_file_nor_an_incident_is_named_in_chinese_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUAIHUI_LANGUAGE", "zh")
    monkeypatch.setenv("KUAIHUI_SERVER", "http://127.0.0.1:9")
    told = CliRunner().invoke(command_line("replay"), ["replay", "20230311-1100-none"])

    assert told.exit_code == 1
    assert "没有文件 20230311-1100-none，也没有这个故障" in told.output
    assert "kuaihui export 故障 --to 文件" in told.output


def test_a_file_that_is_no_export_is_named(tmp_path: Path) -> None:
    (tmp_path / "notes.json").write_text("{}", encoding="utf-8")
    told = CliRunner().invoke(command_line("replay"), ["replay", "notes.json"])

    assert told.exit_code == 1
    assert "notes.json cannot be replayed: this is not an exported incident" in told.output


async def test_the_page_shows_what_a_changed_policy_would_have_done() -> None:
    async with acted() as stage:
        incident = await stage.rings()
        await stage.until(minutes=3)
        async with stage.client("amao") as http:
            standing = await http.get(f"/incidents/{incident}/replay")
            written = "business:\n  levels: [{notify: [leader], unread_after: 1m, unacknowledged_after: 3m}]\n"
            played = await http.post(f"/incidents/{incident}/replay", data={"kind": "policies", "written": written})
            refused = await http.post(f"/incidents/{incident}/replay", data={"kind": "policies", "written": "business: {levels: 7}"})

    assert "阿新" in standing.text
    assert "阿新不会被呼叫，当时被呼叫了" in played.text
    assert refused.status_code == 422
    assert "policies.yaml" in refused.text
