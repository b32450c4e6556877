"""
What people write in the topic about hotfixes that are under way: "预发布验证通过", "H1 canary failed: 5xx went up", "跳过 测试: 只改文案".

Rule 1: gates and hotfixes are known by their names in this incident; a name that nothing has is talk.
Rule 2: only a whole phrase is a command, as in the phrasebook: what stands behind it is its reason, after a colon or a comma.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from kuaihui.incident.timeline import Timeline
from kuaihui.incident.trains import trains
from kuaihui.intake import signals

_PASSED: Final = ("通过了", "通过", "完成了", "完成", "成功", "没问题", "passed", "pass", "ok", "done")
_FAILED: Final = ("不通过", "没通过", "未通过", "没过", "失败了", "失败", "有问题", "failed", "fail")
_SKIP: Final = ("跳过", "skip")
_BACK: Final = ("回滚", "回退", "roll back", "rollback")
_STOP: Final = ("停止热修", "停止", "叫停", "stop hotfix", "stop")
_REASON: Final = r"(?:\s*[:：,，]\s*(?P<reason>.+))?"


def about_a_gate(words: str, person: str, timeline: Timeline) -> signals.AnyDeed | None:
    """The deed that some words about a hotfix stand for; None where they are talk."""
    known = trains(timeline)
    if not known:
        return None
    ids = _any(known)
    names = _any(word for train in known.values() for gate in train.gates for word in gate.stage.called)
    return _verdict(words, person, ids, names) or _skip(words, person, ids, names) or _whole(words, person, ids)


def _verdict(words: str, person: str, ids: str, names: str) -> signals.AnyDeed | None:
    found = _match(
        rf"(?:(?P<id>{ids})\s*)?(?P<gate>{names})\s*(?:验证|发布|测试)?\s*(?P<verdict>{_any((*_PASSED, *_FAILED))}){_REASON}", words
    )
    if found is None:
        return None
    kind = signals.FailGate if found["verdict"].casefold() in _FAILED else signals.PassGate
    return kind(person=person, hotfix=found["id"] or "", gate=found["gate"], reason=found["reason"] or "")


def _skip(words: str, person: str, ids: str, names: str) -> signals.AnyDeed | None:
    found = _match(rf"(?:(?P<id>{ids})\s*)?{_group(_SKIP)}\s*(?:(?P<id2>{ids})\s*)?(?P<gate>{names}){_REASON}", words)
    if found is None:
        return None
    return signals.SkipGate(person=person, hotfix=found["id"] or found["id2"] or "", gate=found["gate"], reason=found["reason"] or "")


def _whole(words: str, person: str, ids: str) -> signals.AnyDeed | None:
    """A hotfix that is taken back, or stopped."""
    if found := _match(rf"{_group(_BACK)}\s*(?P<id>{ids}){_REASON}", words):
        return signals.StartHotfix(person=person, kind="rollback", back_of=found["id"], title=found["reason"] or "")
    if found := _match(rf"{_group(_STOP)}\s*(?P<id>{ids}){_REASON}", words):
        return signals.StopHotfix(person=person, hotfix=found["id"], reason=found["reason"] or "")
    return None


def _match(pattern: str, words: str) -> re.Match[str] | None:
    return re.fullmatch(pattern, words, re.IGNORECASE | re.DOTALL)


def _any(words: Iterable[str]) -> str:
    """One of these words, the longest first."""
    return "|".join(re.escape(word) for word in sorted(set(words), key=len, reverse=True))


def _group(words: Iterable[str]) -> str:
    return f"(?:{_any(words)})"
