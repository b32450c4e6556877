"""Searching files and systemd's journal."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from kuaihui.errors import GiveUp, TryLater
from kuaihui.incident.evidence import LogsSearched
from kuaihui.incident.facts import decode, encode
from kuaihui.integrations.logfiles import search_logs
from kuaihui.integrations.logfiles.reading import Read, read
from kuaihui.integrations.logfiles.search_logs import LogFiles, Place
from kuaihui.language import say
from tests.integrations.asking import NOBODY_BROKE, NOW, logs

MINUTE = timedelta(minutes=1)


def record(at: datetime, message: str, level: str = "ERROR", **more: Any) -> str:
    return json.dumps({"time": at.isoformat(), "level": level, "msg": message, **more}, ensure_ascii=False)


def written(folder: Path, lines: list[str], name: str = "app.log") -> Place:
    (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    os.utime(folder / name, (NOW.timestamp(), NOW.timestamp()))
    return Place(paths=(str(folder / "*.log"),))


async def search(place: Place, **more: Any) -> LogsSearched:
    (fact,) = await LogFiles(place).search_logs(logs(**more), NOBODY_BROKE, NOW)
    assert isinstance(fact, LogsSearched)
    assert decode(encode(fact)) == fact
    return fact


async def test_what_is_in_the_span_is_found_and_nothing_else(tmp_path: Path) -> None:
    since = NOW - timedelta(hours=1)
    inside = [record(at, "redis timeout after 2000 ms", pod="p1") for at in (since, NOW - MINUTE, NOW - timedelta(microseconds=1))]
    outside = [record(at, "somebody else's night") for at in (since - timedelta(microseconds=1), NOW, NOW + MINUTE)]
    fact = await search(written(tmp_path, inside + outside))

    assert (fact.total, fact.partial) == (3, None)
    assert [(one.template[:22], one.count, one.services, one.pods) for one in fact.signatures] == [
        ("redis timeout after <*", 3, ("app",), ("p1",))
    ]
    assert (fact.signatures[0].first, fact.signatures[0].last) == (since, NOW - timedelta(microseconds=1))


async def test_the_newest_are_kept_at_the_limit_and_it_is_said(tmp_path: Path) -> None:
    lines = [record(NOW - MINUTE * (50 - number), f"line {'old' if number < 40 else 'new'} of the night") for number in range(50)]
    fact = await search(written(tmp_path, lines), most=10)

    assert fact.total == 10
    assert [one.template for one in fact.signatures] == ["line new of the night"]
    assert fact.partial is not None


async def test_level_and_words_choose(tmp_path: Path) -> None:
    place = written(tmp_path, [record(NOW - MINUTE, f"{level} of redis", level) for level in ("INFO", "WARN", "ERROR", "FATAL")])

    assert (await search(place, level="error")).total == 2
    assert (await search(place, level="warn", query="REDIS")).total == 3
    assert (await search(place, query="mysql")).total == 0


async def test_what_a_usual_hour_never_said_is_new(tmp_path: Path) -> None:
    day = timedelta(days=1)
    usual = [record(NOW - day - MINUTE * n, "served a request") for n in range(1, 30)]
    now = [record(NOW - MINUTE * n, "served a request") for n in range(1, 30)] + [record(NOW - MINUTE, "pool exhausted")]
    fact = await search(written(tmp_path, usual + now), usual_since=NOW - day - timedelta(hours=1))

    assert {one.template: one.new for one in fact.signatures} == {"served a request": False, "pool exhausted": True}


async def test_secrets_nul_and_huge_lines_do_no_harm(tmp_path: Path) -> None:
    odd = [record(NOW - MINUTE, "login password=hunter2 ok"), record(NOW - MINUTE, "a\x00b"), record(NOW - MINUTE, "x" * 2_000_000)]
    fact = await search(written(tmp_path, odd))

    assert fact.total == 3
    assert len(encode(fact)) < 20_000
    assert b"hunter2" not in encode(fact)
    assert b"\\u0000" not in encode(fact)


async def test_lines_that_tell_no_time_are_counted(tmp_path: Path) -> None:
    fact = await search(written(tmp_path, [record(NOW - MINUTE, "fine"), "not json at all", "[1, 2]", '{"msg": "no time"}']))

    assert fact.total == 1
    assert fact.partial is not None
    assert fact.partial.values == {"count": 3}


@pytest.mark.parametrize("at", ["1773197940", "1773197940.5", "1773197940123", '"2026-03-11T02:59:00Z"', '"2026-03-11 10:59:00,123"'])
async def test_times_are_read_as_loggers_write_them(tmp_path: Path, at: str) -> None:
    place = written(tmp_path, [f'{{"ts": {at}, "msg": "hello there"}}'])
    fact = await search(Place(paths=place.paths, zone="Asia/Shanghai"))

    assert fact.total == 1
    assert fact.signatures[0].first is not None
    assert fact.signatures[0].first.replace(microsecond=0) == datetime.fromisoformat("2026-03-11T02:59:00Z")


async def test_a_stack_trace_of_a_plain_file_is_one_record(tmp_path: Path) -> None:
    lines = ["2026-03-11 02:59:00,123 ERROR lettuce timed out", "  at io.lettuce.A(B.java:1)", "  at io.lettuce.C(D.java:2)"]
    place = written(tmp_path, lines)
    fact = await search(Place(paths=place.paths, form="plain"))

    assert [(one.count, one.levels) for one in fact.signatures] == [(1, ("ERROR",))]


async def test_a_file_that_is_not_there_is_given_up_by_its_pattern(tmp_path: Path) -> None:
    with pytest.raises(GiveUp, match="nothing-here"):
        await search(Place(paths=(str(tmp_path / "nothing-here*.log"),)))


async def test_old_files_are_not_opened(tmp_path: Path) -> None:
    place = written(tmp_path, [record(NOW - MINUTE, "hello")])
    old = (NOW - timedelta(days=1)).timestamp()
    os.utime(tmp_path / "app.log", (old, old))

    assert (await search(place)).total == 0


async def test_a_file_that_may_not_be_read_leaves_the_others_standing_and_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(tmp_path, [record(NOW - MINUTE, "denied")], "secret.log")
    place = written(tmp_path, [record(NOW - MINUTE, "redis timeout")])
    monkeypatch.setattr(search_logs, "read", denying("secret.log"))
    fact = await search(place)

    assert [one.template for one in fact.signatures] == ["redis timeout"]
    assert fact.partial is not None
    assert "1 of 2 could not be read" in say(fact.partial, "en")
    assert "secret.log" in say(fact.partial, "zh")


async def test_where_no_file_may_be_read_it_is_given_up_with_the_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = written(tmp_path, [record(NOW - MINUTE, "denied")], "secret.log")
    monkeypatch.setattr(search_logs, "read", denying("secret.log"))
    with pytest.raises(GiveUp, match="give Kuaihui's user the right"):
        await search(place)


def denying(name: str) -> Callable[..., Read]:
    """Reading as it is, but for a file that this user may not read (who runs the tests may read everything)."""

    def denied(file: Path, *how: Any) -> Read:
        if file.name == name:
            raise PermissionError(13, "Permission denied")
        return read(file, *how)

    return denied


async def test_a_journal_that_hangs_leaves_the_files_standing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search_logs, "_BUDGET", timedelta(seconds=1))
    files = written(tmp_path, [record(NOW - MINUTE, "redis timeout")])
    fact = await search(replace(hanging(tmp_path), paths=files.paths))

    assert fact.total == 1
    assert fact.partial is not None
    assert "in time" in say(fact.partial, "en")


async def test_a_journal_that_hangs_alone_is_left_in_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search_logs, "_BUDGET", timedelta(seconds=0.3))
    with pytest.raises(TryLater, match="in time"):
        await search(hanging(tmp_path))


def hanging(folder: Path) -> Place:
    """A journal that never answers."""
    program = folder / "journalctl"
    program.write_text("#!/bin/sh\nexec sleep 60\n")
    program.chmod(0o755)
    return Place(journal=True, journalctl=str(program))


async def test_odd_bytes_and_odd_forms_are_records_like_others(tmp_path: Path) -> None:
    """GB 18030 beside UTF-8, NUL, a megabyte, JSON in JSON, a trace in one field: none breaks the look, none is lost."""
    at = (NOW - MINUTE).isoformat()
    lines = [
        record(NOW - MINUTE, "连接池超时").encode(),
        f'{{"time": "{at}", "msg": "连接池超时"}}'.encode("gb18030"),
        f"{at} plain words between".encode(),
        record(NOW - MINUTE, "a\0b" + "x" * 1_000_000).encode(),
        record(NOW - MINUTE, json.dumps({"inner": 1})).encode(),
        record(NOW - MINUTE, "lettuce timed out\n  at io.lettuce.A(B.java:1)\n  at io.lettuce.C(D.java:2)").encode(),
    ]
    (tmp_path / "app.log").write_bytes(b"\n".join(lines) + b"\n")
    os.utime(tmp_path / "app.log", (NOW.timestamp(), NOW.timestamp()))
    fact = await search(Place(paths=(str(tmp_path / "*.log"),)))

    assert fact.total == len(lines) - 1
    assert fact.partial is not None
    assert fact.partial.values == {"count": 1}  # "plain words", in a file of JSON, tell no time that is looked for
    assert [one.count for one in fact.signatures if "连接池超时" in one.example] == [2]


# -- systemd's journal --------------------------------------------------------------------------------------------------------------------


def journalctl(folder: Path, entries: list[dict[str, Any]], code: int = 0) -> Place:
    """A program that prints what journalctl would, and writes down how it was called."""
    program = folder / "journalctl"
    (folder / "entries").write_text("".join(json.dumps(entry) + "\n" for entry in entries))
    program.write_text(
        f"#!{sys.executable}\nimport sys\nopen({str(folder / 'called')!r}, 'w').write(' '.join(sys.argv[1:]))\n"
        f"sys.stdout.write(open({str(folder / 'entries')!r}).read())\nsys.exit({code})\n"
    )
    program.chmod(0o755)
    return Place(journal=True, units=("nginx.service",), journalctl=str(program))


def entry(at: datetime, message: Any, priority: str = "3") -> dict[str, Any]:
    return {
        "__REALTIME_TIMESTAMP": str(round(at.timestamp() * 1_000_000)),
        "MESSAGE": message,
        "PRIORITY": priority,
        "_SYSTEMD_UNIT": "nginx.service",
        "_HOSTNAME": "web-1",
    }


async def test_the_journal_is_read_newest_first_with_its_levels(tmp_path: Path) -> None:
    entries = [
        entry(NOW - MINUTE, "upstream timed out"),
        entry(NOW - 2 * MINUTE, list(b"upstream timed out"), "6"),
        entry(NOW - MINUTE, None),
    ]
    fact = await search(journalctl(tmp_path, entries), query="upstream")

    assert [(one.template, one.count, one.services, one.pods, one.levels) for one in fact.signatures] == [
        ("upstream timed out", 2, ("nginx",), ("web-1",), ("error", "info"))
    ]
    assert f"--since=@{(NOW - timedelta(hours=1)).timestamp():.6f}" in (tmp_path / "called").read_text()


async def test_a_journal_that_may_not_be_read_is_given_up_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(GiveUp, match="systemd-journal"):
        await search(journalctl(tmp_path, [], code=1))
    with pytest.raises(GiveUp, match="cannot be run"):
        await search(Place(journal=True, journalctl=str(tmp_path / "no-such-program")))


@pytest.mark.skipif(not Path("/usr/bin/journalctl").exists(), reason="this machine has no systemd")
async def test_the_real_journalctl_takes_what_we_ask() -> None:
    """A journal may be kept here or not; a unit nobody has is in neither."""
    try:
        found = (await search(Place(journal=True, units=("no-such-unit",)))).total
    except GiveUp:  # no journal is kept
        found = 0
    assert found == 0
