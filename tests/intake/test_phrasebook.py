"""What people write that asks for something: the table, in both languages, and what stays talk."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import kuaihui.samples
from kuaihui.catalog.load import load
from kuaihui.errors import Refused
from kuaihui.incident.timeline import Timeline
from kuaihui.intake import signals
from kuaihui.intake.phrasebook import PHRASES, meant, mentioned

CATALOG = load(Path(kuaihui.samples.__file__).parent / "config_center", datetime(2023, 3, 11, 3, tzinfo=UTC))


def heard(words: str) -> signals.AnyDeed:
    return meant(signals.Speak(person="amao", message="m", words=words), Timeline("I"), CATALOG)


COMMANDS: list[tuple[str, signals.AnyDeed]] = [
    ("接手", signals.Acknowledge(person="amao")),
    ("ack", signals.Acknowledge(person="amao")),
    ("ACK.", signals.Acknowledge(person="amao")),
    ("/ack", signals.Acknowledge(person="amao")),
    ("升级", signals.Escalate(person="amao")),
    ("升级:数据库也挂了", signals.Escalate(person="amao", reason="数据库也挂了")),
    ("escalate: the database too", signals.Escalate(person="amao", reason="the database too")),
    ("/升级 数据库也挂了", signals.Escalate(person="amao", reason="数据库也挂了")),
    ("拉 运维", signals.CallIn(person="amao", whom="operations")),
    ("拉 运维 看一下 Redis", signals.CallIn(person="amao", whom="operations", reason="看一下 Redis")),
    ("拉 @小美", signals.CallIn(person="amao", whom="xiaomei")),
    ("pull in operations", signals.CallIn(person="amao", whom="operations")),
    ("pull in xiaoshuai: verify the hotfix", signals.CallIn(person="amao", whom="xiaoshuai", reason="verify the hotfix")),
    ("/role 快恢负责人 小美", signals.GiveRole(person="amao", role="recovery-lead", to="xiaomei")),
    ("/role communicator @大壮 阿新没读", signals.GiveRole(person="amao", role="communicator", to="dazhuang", reason="阿新没读")),
    ("/角色 应急负责人", signals.TakeRole(person="amao", role="incident-lead")),
    ("/role 应急负责人 阿茂", signals.TakeRole(person="amao", role="incident-lead")),
    ("/decline 测试 在路上", signals.DeclineRole(person="amao", role="tester", reason="在路上")),
    ("缓解", signals.Mitigate(person="amao")),
    ("已止血：切流量", signals.Mitigate(person="amao", reason="切流量")),
    ("恢复", signals.Resolve(person="amao")),
    ("resolved: hotfix is out", signals.Resolve(person="amao", reason="hotfix is out")),
    ("没恢复", signals.DoubtRecovery(person="amao")),
    ("误报。", signals.DeclareFalseAlarm(person="amao")),
    ("/severity 1 全站", signals.SetSeverity(person="amao", severity=1, reason="全站")),
    ("/sev P2", signals.SetSeverity(person="amao", severity=2)),
    ("/join", signals.JoinMeeting(person="amao")),
]


@pytest.mark.parametrize("words, deed", COMMANDS, ids=[words for words, _ in COMMANDS])
def test_a_phrase_is_the_deed_it_stands_for(words: str, deed: signals.AnyDeed) -> None:
    assert deed == heard(words)


@pytest.mark.parametrize(
    "words",
    [
        "升级了版本",
        "恢复了。大家休息,我再看十分钟",
        "恢复 了吗",
        "误报的可能性不大",
        "拉一下日志",
        "拉 日志看看",
        "pull in the logs",
        "acknowledged by nobody",
        "/api/v1/config 返回 500",
        "/ 是根目录",
        "role incident-lead",
        "缓解 一点了",
    ],
)
def test_talk_stays_talk(words: str) -> None:
    assert isinstance(heard(words), signals.Speak)


@pytest.mark.parametrize(
    "words", ["/foo", "/role", "/role captain", "/role 测试 没这个人", "/severity", "/severity 9", "/pull in", "/ack now"]
)
def test_a_slash_that_is_no_command_is_refused(words: str) -> None:
    with pytest.raises(Refused):
        heard(words)


def test_the_refusal_lists_what_there_is_in_both_languages() -> None:
    with pytest.raises(Refused) as refused:
        heard("/foo")

    assert all(word in refused.value.told("zh") for word in ("/ack", "/接手", "/升级", "/拉"))


def test_a_message_with_a_picture_is_no_command() -> None:
    deed = signals.Speak(person="amao", message="m", words="恢复", pictures=("hash",))

    assert deed is meant(deed, Timeline("I"), CATALOG)


def test_every_phrase_has_a_word_in_each_language() -> None:
    assert all(phrase.words[0].isascii() and any(not word.isascii() for word in phrase.words) for phrase in PHRASES)


@given(st.text(max_size=60))
def test_whatever_is_written_is_a_deed_or_is_refused(words: str) -> None:
    try:
        deed = heard(words)
    except Refused:
        assert words.strip()[:1] in {"/", "／"}
    else:
        assert deed.person == "amao"


@pytest.mark.parametrize(
    "words, people",
    [
        ("@阿新 看一下", ("axin",)),
        ("@axin@大壮", ("axin", "dazhuang")),
        ("请@阿茂看,@阿茂 在吗", ("amao",)),
        ("@axinx", ()),
        ("a@example.org", ()),
        ("没有人", ()),
    ],
)
def test_a_mention_is_found_by_id_or_by_name(words: str, people: tuple[str, ...]) -> None:
    assert people == mentioned(words, CATALOG)


@pytest.mark.parametrize("words", ["待办：@小美 热 key 根因", "/待办 小美 热 key 根因", "task: xiaomei 热 key 根因"])
def test_a_task_is_given_in_the_topic_and_the_same_words_are_the_same_task(words: str) -> None:
    deed = heard(words)

    assert isinstance(deed, signals.MakeTask)
    assert (deed.person, deed.owner, deed.title) == ("amao", "xiaomei", "热 key 根因")
    assert deed == heard(words)


def test_a_task_without_an_owner_is_talk() -> None:
    assert isinstance(heard("待办：热 key 根因"), signals.Speak)
