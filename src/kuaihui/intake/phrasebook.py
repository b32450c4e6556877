"""
What people write in the topic that asks for something: the table of phrases, in both languages.

Rule 1: only a whole phrase is a command: "升级" and "升级: 原因" are, "升级了版本" is talk. What is only nearly a phrase is talk.
Rule 2: after a slash everything is meant as a command, so what we do not know is refused with what there is. "/api/v1 is slow" is a path,
        and talk.
Rule 3: names are found by id or by display name, in any language of the catalog, the longest first.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from hashlib import blake2b
from typing import Final

import msgspec

from kuaihui.catalog.catalog import Catalog
from kuaihui.catalog.target_words import WORDS
from kuaihui.errors import Refused
from kuaihui.incident.timeline import Timeline
from kuaihui.intake import signals
from kuaihui.intake.gate_words import about_a_gate
from kuaihui.language import Text, both, text

# What stands behind a phrase: the person who said it, the rest of the words, the catalog. None: it is no such command after all.
Make = Callable[[str, str, Catalog], signals.AnyDeed | None]

# Targets of the policies as people call them.
TARGETS: Final[dict[str, str]] = {word: word for word in WORDS} | {
    "ops": "operations",
    "运维": "operations",
    "tester": "testers",
    "测试": "testers",
    "on-call": "oncall",
    "值班": "oncall",
    "值班人": "oncall",
    "负责人": "owner",
    "业务负责人": "owner",
    "组长": "leader",
    "团队负责人": "leader",
    "上级": "superior",
    "领导": "superior",
    "通讯员": "communicators",
    "备岗": "backup-of-oncall",
}


class Phrase(msgspec.Struct, frozen=True):
    """One thing that can be asked for, by its words; `bare` ones work without a slash too. `shown` is how the sheet writes it."""

    words: tuple[str, ...]
    shown: Text
    said: Text
    make: Make
    bare: bool = True
    loose: bool = False  # a space behind the words is enough


def _reason(kind: Callable[..., signals.AnyDeed]) -> Make:
    return lambda person, rest, _: kind(person=person, reason=rest)


def _alone(kind: Callable[..., signals.AnyDeed]) -> Make:
    return lambda person, rest, _: None if rest else kind(person=person)


def _call_in(person: str, rest: str, catalog: Catalog) -> signals.AnyDeed | None:
    # A word that is a role's name and a target's too (运维) means the team, since a role may have no holder yet.
    known = {name: f"role:{role}" for name, role in roles_by_name(catalog).items()} | TARGETS | people_by_name(catalog)
    whom, reason = first_of(rest, known)
    return signals.CallIn(person=person, whom=whom, reason=reason) if whom else None


def _role(person: str, rest: str, catalog: Catalog) -> signals.AnyDeed | None:
    role, rest = first_of(rest, roles_by_name(catalog))
    if not role:
        raise _no_role(catalog)
    to, reason = first_of(rest, people_by_name(catalog))
    if not to and rest:
        raise Refused(text("nobody is called {name}", name=rest.split()[0][:80]))
    return (
        signals.GiveRole(person=person, role=role, to=to, reason=reason)
        if to and to != person
        else signals.TakeRole(person=person, role=role)
    )


def _no_role(catalog: Catalog) -> Refused:
    return Refused(text("name a role: {known}", known=tuple(both(one.name.zh, one.name.en) for one in catalog.roles.values())))


def _decline(person: str, rest: str, catalog: Catalog) -> signals.AnyDeed | None:
    role, reason = first_of(rest, roles_by_name(catalog))
    if not role:
        raise _no_role(catalog)
    return signals.DeclineRole(person=person, role=role, reason=reason)


def _task(person: str, rest: str, catalog: Catalog) -> signals.AnyDeed | None:
    owner, title = first_of(rest, people_by_name(catalog))
    if not owner or not title:
        return None
    # The same words are the same task, however often they are heard.
    name = blake2b(f"{owner} {title}".encode(), digest_size=5).hexdigest()
    return signals.MakeTask(person=person, task=name, title=title, owner=owner)


def _severity(person: str, rest: str, catalog: Catalog) -> signals.AnyDeed | None:
    found = re.match(r"[pP]?([1-5])(?![0-9])\s*(.*)", rest, re.DOTALL)
    if not found:
        raise Refused(text("a severity is a number from {least} (the worst) to {most}", least=1, most=5))
    return signals.SetSeverity(person=person, severity=int(found[1]), reason=found[2])


_LABELS: Final = {"效果": "effect", "effect": "effect", "风险": "risk", "risk": "risk"} | dict.fromkeys(
    ("回退", "退路", "回滚", "way back", "rollback"), "way_back"
)
_LABEL: Final = re.compile(rf"[;；。\n,，]\s*(?P<label>{'|'.join(_LABELS)})\s*[:：]\s*", re.IGNORECASE)
_BRANCH: Final = re.compile(r"(?:^|[\s,，;；])(?:分支|branch)\s*[:：]?\s*(?P<branch>[\w./#-]+)", re.IGNORECASE)
_LINK: Final = re.compile(r"https?://\S+")


def _propose(person: str, rest: str, _: Catalog) -> signals.AnyDeed | None:
    """ "加进程内缓存; 效果: …; 风险: …; 回退: …" """
    what, *labelled = _LABEL.split(rest)
    fields = {_LABELS[label.casefold()]: words.strip(_END) for label, words in zip(labelled[::2], labelled[1::2], strict=True)}
    return signals.Propose(person=person, what=what.strip(), **fields) if what.strip() else None


def _decide(kind: Callable[..., signals.AnyDeed]) -> Make:
    def make(person: str, rest: str, _: Catalog) -> signals.AnyDeed | None:
        found = re.match(r"#?(?P<number>\d+)(?!\d)\s*[:：,，]?\s*(?P<reason>.*)", rest, re.DOTALL)
        return kind(person=person, proposal=found["number"], reason=found["reason"]) if found else None

    return make


def _hotfix(kind: str) -> Make:
    def make(person: str, rest: str, _: Catalog) -> signals.AnyDeed | None:
        branch, link = _BRANCH.search(rest), _LINK.search(rest)
        title = rest
        for found in (branch, link):
            title = title.replace(found[0], " ") if found else title
        if not rest.strip():
            return None
        return signals.StartHotfix(
            person=person,
            kind=kind,
            title=" ".join(title.split()).strip(_END + ",，;；"),
            branch=branch["branch"] if branch else "",
            link=link[0] if link else "",
        )

    return make


def _report(person: str, rest: str, _: Catalog) -> signals.AnyDeed:
    return signals.Report(person=person, words=rest)


PHRASES: Final[tuple[Phrase, ...]] = (
    Phrase(("ack", "acknowledge", "接手", "我接手", "我来接手"), text("ack"), text("take it on"), _alone(signals.Acknowledge)),
    Phrase(("escalate", "升级"), text("escalate: REASON"), text("call the next level now"), _reason(signals.Escalate)),
    Phrase(("pull in", "call in", "拉"), text("pull in PERSON-or-TEAM REASON"), text("bring somebody in"), _call_in, loose=True),
    Phrase(("role", "角色", "担任"), text("/role ROLE PERSON REASON"), text("take a role, or give it to somebody"), _role, bare=False),
    Phrase(("decline", "婉拒", "不担任"), text("/decline ROLE REASON"), text("say that you cannot take a role"), _decline, bare=False),
    Phrase(
        ("mitigated", "缓解", "已缓解", "止血", "已止血"),
        text("mitigated: REASON"),
        text("users are no longer hurt"),
        _reason(signals.Mitigate),
    ),
    Phrase(("resolved", "恢复", "已恢复"), text("resolved: REASON"), text("what broke works again"), _reason(signals.Resolve)),
    Phrase(("not over", "没恢复", "未恢复"), text("not over: REASON"), text("recovery is in doubt"), _reason(signals.DoubtRecovery)),
    Phrase(("false alarm", "误报"), text("false alarm: REASON"), text("nothing was broken"), _reason(signals.DeclareFalseAlarm)),
    Phrase(
        ("proposal", "方案", "提议"),
        text("proposal: WHAT; effect: …; risk: …; way back: …"),
        text("propose what could be done"),
        _propose,
    ),
    Phrase(
        ("choose proposal", "选方案", "选择方案", "采纳方案"),
        text("choose proposal NUMBER REASON"),
        text("decide for a proposal"),
        _decide(signals.ChooseProposal),
        loose=True,
    ),
    Phrase(
        ("drop proposal", "放弃方案", "不选方案", "否决方案"),
        text("drop proposal NUMBER REASON"),
        text("decide against a proposal"),
        _decide(signals.DropProposal),
        loose=True,
    ),
    Phrase(
        ("hotfix", "热修", "热修复"),
        text("hotfix: TITLE branch NAME"),
        text("begin a hotfix; its gates then pass by news, or by a word like “canary passed”"),
        _hotfix("hotfix"),
    ),
    Phrase(("rollback", "roll back", "回滚"), text("rollback: WHAT"), text("begin a rollback"), _hotfix("rollback")),
    Phrase(("report", "上报", "情况通报"), text("report: WORDS"), text("tell the superior how it stands"), _report),
    Phrase(("task", "待办"), text("task: @PERSON WHAT"), text("give somebody a task"), _task),
    Phrase(("severity", "sev", "级别"), text("/severity 1 REASON"), text("say how bad it is (1 is the worst)"), _severity, bare=False),
    Phrase(("join", "入会"), text("/join"), text("say that you are in the meeting"), _alone(signals.JoinMeeting), bare=False),
    Phrase(("leave", "离会"), text("/leave"), text("say that you left the meeting"), _alone(signals.LeaveMeeting), bare=False),
)
# What the page's sheet lists: how it is written, and what it does.
SHEET: Final = tuple((phrase.shown, phrase.said) for phrase in PHRASES)

_SLASH: Final = re.compile(r"[/／](?P<rest>[^\s/／][^/／\s]*(?:\s.*)?)", re.DOTALL)
_END: Final = " \t\n。.!！"
_BEHIND: Final = re.compile(r"\s*[:：,，]\s*|\s+")


def meant(deed: signals.AnyDeed, timeline: Timeline, catalog: Catalog) -> signals.AnyDeed:
    """The deed that a message stands for, or the message itself. Raises Refused for a slash-command that we do not know or cannot read."""
    if not isinstance(deed, signals.Speak) or deed.pictures:
        return deed
    words = deed.words.strip()
    slash = _SLASH.fullmatch(words)
    if of_a_gate := about_a_gate((slash["rest"] if slash else words).rstrip(_END), deed.person, timeline):
        return of_a_gate
    if slash:
        return _commanded(slash["rest"], deed.person, catalog)
    return _phrased(words, deed.person, catalog) or deed


def _commanded(rest: str, person: str, catalog: Catalog) -> signals.AnyDeed:
    for word, phrase in _BY_LENGTH:
        behind = _behind(rest, word, loose=True)
        if behind is not None and (made := phrase.make(person, behind, catalog)):
            return made
        if behind is not None:
            raise Refused(text("/{word} is written so: {shown}", word=word, shown=phrase.shown))
    known = tuple(f"/{word}" for phrase in PHRASES for word in (phrase.words[0], next(one for one in phrase.words if not one.isascii())))
    raise Refused(text("there is no command /{word}; there are: {known}", word=rest.split(maxsplit=1)[0][:40], known=known))


def _phrased(words: str, person: str, catalog: Catalog) -> signals.AnyDeed | None:
    for word, phrase in _BY_LENGTH:
        behind = _behind(words.rstrip(_END), word, loose=phrase.loose) if phrase.bare else None
        if behind is not None:
            return phrase.make(person, behind, catalog)
    return None


def _behind(words: str, phrase: str, *, loose: bool) -> str | None:
    """What stands behind a phrase at the beginning of some words; None where it does not stand there. `loose`: a space is enough."""
    if not words.casefold().startswith(phrase):
        return None
    rest = words[len(phrase) :]
    if not rest:
        return ""
    gap = _BEHIND.match(rest)
    if gap is None:
        return rest if loose and (rest[0] in "@#" or rest[0].isdigit()) else None
    return rest[gap.end() :].strip() if loose or gap[0].strip() else None


_BY_LENGTH: Final = sorted(((word, phrase) for phrase in PHRASES for word in phrase.words), key=lambda one: len(one[0]), reverse=True)


# -- names -------------------------------------------------------------------------------------------------------------------------------


def people_by_name(catalog: Catalog) -> dict[str, str]:
    """Ids of people by every name they go by."""
    return {name: person.id for person in catalog.people.values() for name in (person.name.zh, person.name.en, person.id)}


def roles_by_name(catalog: Catalog) -> dict[str, str]:
    """Ids of roles by every name they go by."""
    return {name: role.id for role in catalog.roles.values() for name in (role.name.zh, role.name.en, role.id)}


def first_of(words: str, known: Mapping[str, str]) -> tuple[str, str]:
    """What the words begin with among the known names (an @ before it is fine), and the rest; ("", words) where it is none of them."""
    bare = words.strip().lstrip("@")
    for name in sorted(known, key=len, reverse=True):
        rest = bare[len(name) :]
        if name and bare.casefold().startswith(name.casefold()) and (not rest or _BEHIND.match(rest)):
            return known[name], _BEHIND.sub("", rest, count=1).strip()
    return "", words.strip()


def mentioned(words: str, catalog: Catalog) -> tuple[str, ...]:
    """Ids of the people that "@name" calls in some words, each once, in their order."""
    if "@" not in words:
        return ()
    known = {name.casefold(): person for name, person in people_by_name(catalog).items() if name}
    # A name in Latin letters ends where the letters do: @li does not call for @liming.
    names = [re.escape(name) + (r"(?![a-z0-9_-])" if name[-1].isascii() else "") for name in sorted(known, key=len, reverse=True)]
    found = re.findall(f"@({'|'.join(names)})", words.casefold()) if names else []
    return tuple(dict.fromkeys(known[name] for name in found))
