"""A team's own drill, as the README says how to write one: a folder, a service and people of their own catalog."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from kuaihui.app.cli import command_line
from kuaihui.app.drill.act import Wanted, finish
from kuaihui.app.drill.ending import pages_of
from kuaihui.app.drill.report import kept
from kuaihui.app.drill.script import read_script
from kuaihui.app.drill.shelf import OURS, find
from kuaihui.app.drill.virtual import act_through, acting
from kuaihui.briefing.grade import proved
from kuaihui.errors import BadSettings, Refused
from tests.app.web.acted import SAMPLE

TEAM = {
    "catalog.yaml": "time_zone: Asia/Shanghai\nlanguage: zh\ncatch_all: checkout\n",
    "people.yaml": "li: {name: {zh: 李工, en: Li}, phone: '+86 000 0000 0011', leader: zhao}\n"
    "wang: {name: {zh: 王工, en: Wang}, phone: '+86 000 0000 0012', leader: zhao}\n"
    "zhao: {name: {zh: 赵总, en: Zhao}, phone: '+86 000 0000 0013'}\n",
    "services.yaml": "checkout: {name: {zh: 结算, en: checkout}, owner: wang, rota: checkout, operations: [li], communicators: [li]}\n",
    "policies.yaml": "default: {name: default, levels: [{notify: [oncall], unread_after: 1m}, {notify: [owner], unread_after: 1m}]}\n",
    "rotas.yaml": "checkout: {name: checkout, layers: [{people: [li], starts: 2023-01-02}]}\n",
    "roles.yaml": "recovery-lead: {name: {zh: 快恢负责人, en: recovery lead}, candidates: [owner], needed_from: 4}\n",
}
DRILL = {
    "drill.yaml": "name: {zh: 缓存没了, en: the cache is gone}\nabout: {zh: 拉起来, en: start it again}\n"
    "stage: redis-down\nservice: checkout\nheat: [{after: 0s, level: 1}]\n"
    "evidence:\n  redis: [{kind: down, says: {zh: 没有应答, en: no answer}, weight: 0.95}]\n"
    "expected: {cause: redis-down, mended: by hand}\n",
    "cast/li.yaml": "says_of_themself: {zh: 值班, en: on call}\ntakes_on_after: 20s\nacts:\n"
    "  - when: {fact: HypothesisConfirmed}\n    after: 60s\n    heat: 0\n    does: {zh: 拉起 Redis, en: start Redis again}\n"
    '    says: {zh: "缓解：起来了", en: "mitigated: it is up"}\n',
    "cast/wang.yaml": "says_of_themself: {zh: 负责人, en: owner}\nroles: [recovery-lead]\n",
}


def written(folder: Path, files: dict[str, str]) -> Path:
    for name, words in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(words, encoding="utf-8")
    return folder


@pytest.fixture
def team(tmp_path: Path) -> Path:
    shutil.copytree(SAMPLE / "templates", tmp_path / "team" / "templates")
    return written(tmp_path / "team", TEAM)


async def test_a_teams_own_service_breaks_and_its_own_people_mend_it(team: Path, tmp_path: Path) -> None:
    script = find(str(written(tmp_path / "drills" / "cache-gone", DRILL)))
    async with acting(script, team, language="en") as acted:
        timeline = await act_through(acted)
        ended = finish(
            Wanted(script, team, tmp_path / "reports", language="en"), timeline, acted.built.catalog, (), await pages_of(acted.built)
        )

    assert timeline.service == "checkout"
    assert ended.differs == ()
    assert proved(timeline)
    assert [one.person for one in ended.grade.reached] == ["li"]
    assert "confirmed cause: Redis is down" in ended.markdown
    assert "everything came as it was written" in ended.markdown
    assert "# 演练报告" in kept(tmp_path / "reports", "cache-gone", ended.report.stem, "zh").read_text(encoding="utf-8")


async def test_what_does_not_come_as_it_is_written_is_told(team: Path, tmp_path: Path) -> None:
    wrong = DRILL | {
        "drill.yaml": DRILL["drill.yaml"]
        .replace("by hand", "rollback, reopened: true, pages_at_most: 1")
        .replace("cause: redis-down", "cause: overload")
    }
    wrong["cast/li.yaml"] = DRILL["cast/li.yaml"].replace("takes_on_after: 20s", "reads_after: 2m\ntakes_on_after: never")
    script = find(str(written(tmp_path / "drills" / "cache-gone", wrong)))
    async with acting(script, team, language="en") as acted:
        timeline = await act_through(acted)
        ended = finish(Wanted(script, team, tmp_path, language="en"), timeline, acted.built.catalog, (), await pages_of(acted.built))

    told = ended.markdown
    assert "nobody took it on" in told
    assert "the cause was to be: overload; it was: redis-down" in told
    assert "releases to mend it were to be: rollback; they were: none" in told
    assert "it was to break again, and did not" in told
    assert "at most 1 were meant" in told


def test_a_service_that_the_catalog_does_not_have_is_named_with_what_to_do(team: Path, tmp_path: Path) -> None:
    written(
        tmp_path / "drills" / "cache-gone", DRILL | {"drill.yaml": DRILL["drill.yaml"].replace("service: checkout", "service: payments")}
    )
    (tmp_path / "settings.toml").write_text(f'[catalog]\nfolder = "{team}"\n', encoding="utf-8")
    asked = ["drill", str(tmp_path / "drills" / "cache-gone"), "--virtual", "--settings", str(tmp_path / "settings.toml")]
    told = CliRunner().invoke(command_line("drill"), asked, env={"KUAIHUI_LANGUAGE": "en"})

    assert told.exit_code == 1
    assert "the catalog has no service payments" in told.output
    assert "drill.yaml" in told.output


def test_a_folder_by_itself_has_our_common_cast_and_one_beside_it_goes_first(tmp_path: Path) -> None:
    alone = read_script(written(tmp_path / "alone" / "mine", DRILL))
    written(tmp_path / "beside" / "cast", {"zhao.yaml": "says_of_themself: {zh: 赵总, en: Zhao}\n"})
    beside = read_script(written(tmp_path / "beside" / "mine", DRILL))

    assert {one.person for one in alone.cast} == {path.stem for path in (OURS / "cast").glob("*.yaml")} | {"li", "wang"}
    assert {one.person for one in beside.cast} == {"li", "wang", "zhao"}


def test_a_stage_that_there_is_not_is_named(tmp_path: Path) -> None:
    script = read_script(
        written(tmp_path / "mine", DRILL | {"drill.yaml": DRILL["drill.yaml"].replace("redis-down\nservice", "no-such\nservice")})
    )

    with pytest.raises((BadSettings, Refused), match="there is no stage no-such"):
        _ = script.described


def test_all_drills_and_a_surprise_are_among_those_whose_service_the_catalog_has(team: Path, tmp_path: Path) -> None:
    open_all_day = DRILL["drill.yaml"] + 'hours: {days: [mon, tue, wed, thu, fri, sat, sun], since: "00:00", until: "23:59"}\n'
    written(tmp_path / "drills" / "cache-gone", DRILL | {"drill.yaml": open_all_day})
    (tmp_path / "settings.toml").write_text(f'[catalog]\nfolder = "{team}"\n', encoding="utf-8")
    places = ["--drills", str(tmp_path / "drills"), "--settings", str(tmp_path / "settings.toml"), "--reports", str(tmp_path / "reports")]
    told = CliRunner().invoke(command_line("drill"), ["drill", "--all", "--virtual", *places], env={"KUAIHUI_LANGUAGE": "en"})
    by_surprise = CliRunner().invoke(command_line("drill"), ["drill", "--surprise", "--virtual", *places], env={"KUAIHUI_LANGUAGE": "en"})

    assert told.exit_code == 0, told.output
    assert told.output.count("# Drill report: the cache is gone") == 1
    assert "| cache-gone | A · 98 | everything came as it was written |" in told.output
    assert (
        "# Drill report: the cache is gone" in by_surprise.output or "no drill may come" in by_surprise.output
    )  # the last minute of a day


def test_all_fails_where_one_does_not_end_as_it_is_written(team: Path, tmp_path: Path) -> None:
    written(tmp_path / "drills" / "cache-gone", DRILL | {"drill.yaml": DRILL["drill.yaml"].replace("by hand", "hotfix")})
    (tmp_path / "settings.toml").write_text(f'[catalog]\nfolder = "{team}"\n', encoding="utf-8")
    places = ["--drills", str(tmp_path / "drills"), "--settings", str(tmp_path / "settings.toml"), "--reports", str(tmp_path / "reports")]
    told = CliRunner().invoke(command_line("drill"), ["drill", "--all", "--virtual", *places], env={"KUAIHUI_LANGUAGE": "en"})

    assert told.exit_code == 1
    assert "releases to mend it were to be: hotfix; they were: none |" in told.output
