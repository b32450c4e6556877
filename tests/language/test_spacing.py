"""A Chinese sentence has its spaces beside Latin words and digits, and nowhere between Chinese and Chinese."""

from __future__ import annotations

import re
from typing import Final

import pytest
from hypothesis import given
from hypothesis.strategies import characters, one_of, sampled_from, text

from kuaihui.language import Text, plain, say
from kuaihui.language.spacing import closed_up
from tests.language.test_every_sentence_has_its_chinese import translated

WIDE: Final = re.compile(r"[\u4e00-\u9fff、。《》「」（），：；？！“”]")
SENTENCES: Final = sorted({zh for zh in translated().values() if re.search(r"\} [\u4e00-\u9fff]|[\u4e00-\u9fff] \{", zh)})
PLACE: Final = re.compile(r"(?<!\{)\{(\w+)(?::[^{}]*)?\}")
WRITTEN: Final = one_of(text(max_size=12), text(characters(min_codepoint=0x4E00, max_codepoint=0x9FFF), max_size=4), sampled_from("，@ a9"))


def filled(sentence: str, **values: str) -> str:
    return closed_up(sentence, values).format_map(values)


@pytest.mark.parametrize(
    "sentence, value, said",
    [
        ("{it} 接手了", "阿毛", "阿毛接手了"),
        ("{it} 接手了", "Axin", "Axin 接手了"),
        ("{it} 接手了", "A毛", "A毛接手了"),
        ("呼叫 {it}（第 1 级）", "阿毛", "呼叫阿毛（第 1 级）"),
        ("呼叫 {it}（第 1 级）", "Axin", "呼叫 Axin（第 1 级）"),
        ("由 {it} 移交", "小美B", "由小美B 移交"),
        ("{it} 的日志", "Redis", "Redis 的日志"),
        ("共 {it} 个", "4", "共 4 个"),
        ("说 {it} 就行", "“升级”", "说“升级”就行"),
        ("打开 {it} 看", "《应急文档》", "打开《应急文档》看"),
        ("从 {it} 起", "—", "从 — 起"),
        ("从 {it} 起", "", "从  起"),
        ("从 {it} 起", " 阿 毛 ", "从  阿 毛  起"),
        ("{it} 接手了", "阿毛 和 Axin 和 小美", "阿毛 和 Axin 和 小美接手了"),
        ("已呼叫 {it}：1 分钟未读", "@阿毛", "已呼叫 @阿毛：1 分钟未读"),
        ("{it} 请看", "@阿毛", "@阿毛 请看"),
        ("{it} 请看", "@阿新 @阿毛", "@阿新 @阿毛 请看"),
        ("请 @{it} 看", "阿毛", "请 @阿毛 看"),
        ("{it} 接手了", "\x02axin\x03", "\x02axin\x03 接手了"),  # whom Feishu is to name with an @
        ("{it} {it} 分", "阿毛", "阿毛 阿毛分"),
        ("{{it}} 分 {it} took", "阿毛", "{it} 分阿毛 took"),
        ("在 Redis {it} 上", "节点", "在 Redis 节点上"),
        ("共 {it:>3} 个", "三", "共  三个"),
    ],
)
def test_a_space_of_the_sentence_falls_away_where_chinese_meets_chinese(sentence: str, value: str, said: str) -> None:
    assert filled(sentence, it=value) == said


@given(sampled_from(SENTENCES), WRITTEN)
def test_no_value_is_changed_and_nothing_but_spaces_falls_away(sentence: str, value: str) -> None:
    values = {place[1]: value for place in PLACE.finditer(sentence)}
    closed = closed_up(sentence, values)

    assert PLACE.findall(closed) == PLACE.findall(sentence)
    assert closed.replace(" ", "") == sentence.replace(" ", "")
    assert len(closed.format_map(values)) - len(closed) == len(sentence.format_map(values)) - len(sentence)


@given(sampled_from(SENTENCES), WRITTEN)
def test_a_space_stands_at_a_border_just_where_the_value_is_not_chinese(sentence: str, value: str) -> None:
    values = {place[1]: value for place in PLACE.finditer(sentence)}
    closed = closed_up(sentence, values)
    calls = "@" in (value.split() or [""])[-1]
    wanted = {True: not WIDE.match(value), False: calls or not WIDE.match(value[-1:])}
    common = not re.search(r"[^\x21-\x7e\u4e00-\u9fff]", value)  # whose width nobody disputes

    for before, after, place in zip(*map(_borders, (sentence, closed)), PLACE.findall(sentence), strict=True):
        assert place
        assert (before[0] and wanted[True], before[1] and wanted[False]) == after or not common


def _borders(sentence: str) -> list[tuple[bool, bool]]:
    """Of each place, whether a space stands between it and Chinese before and behind it."""
    return [
        (bool(re.search(rf"{WIDE.pattern} $", sentence[: one.start()])), bool(re.match(rf" {WIDE.pattern}", sentence[one.end() :])))
        for one in PLACE.finditer(sentence)
    ]


def test_names_and_nested_sentences_are_closed_up_in_chinese_alone() -> None:
    words = Text("{person} has not read, joined or answered for {span}", {"person": "@amao", "span": Text("{minutes} min", {"minutes": 2})})

    assert say(words, "zh", {"amao": "阿茂"}) == "阿茂已 2 分钟未读、未入会、未响应"
    assert say(words, "zh", {"amao": "Amao"}) == "Amao 已 2 分钟未读、未入会、未响应"
    assert say(words, "en", {"amao": "阿茂"}) == "阿茂 has not read, joined or answered for 2 min"


@given(text())
def test_what_a_person_wrote_is_said_as_it_is(words: str) -> None:
    assert say(plain(words), "zh") == words or words.startswith("@")
