"""What every journal promises of the team's notes, of what was hidden, and of finding words again."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from kuaihui.journal.journal import Journal, Trace
from kuaihui.journal.notes import Note
from kuaihui.journal.words import Worded, tokens
from tests.journal.facts import START, adding, later, opened, said

HOUR = timedelta(hours=1)


def note(id: str = "n1", kind: str = "silence", begins: float = 0, hours: float = 1) -> Note:
    since = START + begins * HOUR
    return Note(id, kind, b'{"a":1}', since, since + hours * HOUR, "amao", START)


def trace(key: str, minutes: float, rule: str = "", verdict: str = "silenced", **more: object) -> Trace:
    return Trace(key, later(minutes), verdict, b'{"says":"x"}', {"alertname": key}, rule=rule, **more)  # type: ignore[arg-type]


# -- notes -----------------------------------------------------------------------------------------------------------------------------


async def test_a_note_is_kept_as_it_was_written_and_only_once(journal: Journal) -> None:
    await journal.stand(note())
    await journal.stand(msgspec.structs.replace(note(), by="axin"))

    assert await journal.standing("silence") == [note()]
    assert await journal.standing("override") == []


async def test_what_stands_at_an_instant_is_what_is_not_over_by_then(journal: Journal) -> None:
    for one in (note("past", begins=-3), note("now"), note("coming", begins=5)):
        await journal.stand(one)

    assert [one.id for one in await journal.standing("silence", START)] == ["now", "coming"]
    assert [one.id for one in await journal.standing("silence", START + HOUR)] == ["coming"]
    assert [one.id for one in await journal.standing("silence")] == ["past", "now", "coming"]


async def test_an_ended_note_is_over_but_not_forgotten(journal: Journal) -> None:
    await journal.stand(note())

    assert await journal.end("n1", START + HOUR / 2, "axin")
    assert not await journal.end("n1", START, "amao"), "it was ended before"
    assert not await journal.end("n9", START, "amao"), "there is none"
    assert await journal.standing("silence", START + HOUR / 2) == []
    (kept,) = await journal.standing("silence")
    assert (kept.ended, kept.ended_by, kept.over) == (START + HOUR / 2, "axin", START + HOUR / 2)
    assert kept.holds(START)
    assert not kept.holds(START + HOUR / 2)


# -- what was hidden -------------------------------------------------------------------------------------------------------------------


async def test_what_a_rule_hid_is_counted_for_each_rule_by_itself(journal: Journal) -> None:
    await journal.note([trace("a", 0, "s1"), trace("a", 1, "s2"), trace("b", 2, "s1"), trace("a", 3, verdict="opened")])
    await journal.note([trace("a", 5, "s1", count=4)])

    assert [(one.key, one.count, one.last) for one in await journal.traces_of("s1")] == [("a", 5, later(5)), ("b", 1, None)]
    assert await journal.traces_of("") == []
    assert [(one.verdict, one.rule) for one in await journal.traces("a")] == [("silenced", "s1"), ("silenced", "s2"), ("opened", "")]


async def test_what_was_heard_lately_is_told_newest_first(journal: Journal) -> None:
    await journal.note([trace("old", 0), trace("new", 10), trace("again", 1)])
    await journal.note([trace("again", 20)])

    assert [one.key for one in await journal.heard(later(5))] == ["again", "new"]
    assert [one.key for one in await journal.heard(later(0), 1)] == ["again"]


# -- words -----------------------------------------------------------------------------------------------------------------------------


async def fill(journal: Journal) -> None:
    """Two incidents and what is said in them."""
    sentences = {
        "INC-1": ["配置中心网关 5xx 占比 10 %", "日志里大量 redis: connection pool timeout"],
        "INC-2": ["阿新说：Redis 热 key", "扩容后恢复"],
    }
    for incident, lines in sentences.items():
        await journal.append([adding(incident, [opened(incident), *map(said, lines)])])
    words = {(incident, number): line for incident, lines in sentences.items() for number, line in enumerate(lines, start=1)}
    records = await journal.after(0)
    await journal.index(
        [Worded(one.position, one.incident, one.number, tokens(words.get((one.incident, one.number), one.incident))) for one in records]
    )


FOUND: dict[str, list[tuple[str, tuple[int, ...]]]] = {
    "redis": [("INC-2", (1,)), ("INC-1", (2,))],
    "REDIS time": [("INC-1", (2,))],
    "热": [("INC-2", (1,))],
    "茂": [],
    "配置中心": [("INC-1", (1,))],
    "心": [("INC-1", (1,))],
    "关": [("INC-1", (1,))],
    "网关 timeout": [("INC-1", (1, 2))],
    "网关 热": [],
    "5xx": [("INC-1", (1,))],
    "inc-2": [("INC-2", (0,))],
    "'; DROP \" * ( OR": [],
    "": [],
    " 。!": [],
}


@pytest.mark.parametrize("wanted", FOUND, ids=repr)
async def test_every_word_must_be_found_in_an_incident_and_the_newest_is_told_first(journal: Journal, wanted: str) -> None:
    await fill(journal)

    assert [(hit.incident, hit.numbers) for hit in await journal.search(wanted)] == FOUND[wanted]


async def test_words_are_kept_once_and_can_be_made_anew(journal: Journal) -> None:
    await fill(journal)
    assert await journal.indexed() == 6
    await journal.index([Worded(2, "INC-9", 0, ("redis",))])
    assert [hit.incident for hit in await journal.search("redis")] == ["INC-2", "INC-1"]

    await journal.index([], anew=True)
    assert (await journal.indexed(), await journal.search("redis")) == (0, [])
    await journal.index([Worded(1, "INC-1", 0, ("redis",))])
    assert [hit.incident for hit in await journal.search("redis", 1)] == ["INC-1"]


async def test_records_are_read_in_pages_in_the_order_of_commits(journal: Journal) -> None:
    await fill(journal)

    first = await journal.after(0, 4)
    assert [record.position for record in [*first, *await journal.after(first[-1].position)]] == [1, 2, 3, 4, 5, 6]
    assert await journal.after(6) == []
