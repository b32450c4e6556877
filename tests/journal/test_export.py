"""An exported incident is verified offline, and replayed anywhere."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kuaihui.errors import Refused
from kuaihui.journal.export import export, read_export, take_in, verify_export
from kuaihui.journal.journal import Journal, timeline_of
from kuaihui.journal.memory import Memory
from kuaihui.journal.verify import verify
from kuaihui.language import say
from tests.journal.facts import acknowledged, adding, later, opened, said

FACTS = [opened(), acknowledged(), said("看到了 \x00 💥")]


async def exported() -> bytes:
    journal = Memory()
    picture = await journal.keep(b"\x89PNG", "image/png")
    await journal.append([adding("INC-1", [*FACTS, said(picture)])])
    return await export(journal, "INC-1")


async def test_an_export_verifies_and_replays(journal: Journal) -> None:
    picture = await journal.keep(b"\x89PNG", "image/png")
    facts = [*FACTS, said(picture)]
    await journal.append([adding("INC-1", facts)])
    data = await export(journal, "INC-1")

    assert verify_export(data) == []
    assert list(read_export(data).timeline) == facts

    other = Memory()
    assert list(await take_in(other, data)) == facts
    assert await other.head("INC-1") == await journal.head("INC-1")
    assert await verify(other) == []
    assert await other.artifact(picture) == (b"\x89PNG", "image/png")
    assert await other.next_due() is None, "nobody acts on an old incident"
    assert list(timeline_of("INC-1", await other.read("INC-1"))) == facts


async def test_an_incident_is_not_taken_in_twice() -> None:
    journal, data = Memory(), await exported()
    await take_in(journal, data)

    with pytest.raises(Refused, match="INC-1 is in this journal already"):
        await take_in(journal, data)
    with pytest.raises(Refused, match="no such incident"):
        await export(journal, "INC-9")


CHANGES = {
    "a word": ("看到了", "没看到", "fact 2 was changed"),
    "a summary": ('"severity": 1', '"severity": 3', "its summary does not follow from its facts"),
    "an incident's name": ("INC-1", "INC-2", "fact 0 was changed"),
    "the length": ('"length": 4', '"length": 5', "1 facts are missing from the end"),
    "a picture": ("iVBORw==", "iVBORg==", "was changed after it was kept"),
    "the format": ('"kuaihui_incident": 1', '"kuaihui_incident": 2', "only a newer Kuaihui reads"),
    "its form": ('"records"', '"record"', "this is not an exported incident"),
}


@pytest.mark.parametrize("was,becomes,fault", CHANGES.values(), ids=CHANGES)
async def test_a_changed_export_is_found_out(was: str, becomes: str, fault: str) -> None:
    data = (await exported()).decode()
    assert was in data
    damaged = data.replace(was, becomes).encode()

    assert any(fault in say(found, "en") for found in verify_export(damaged))
    with pytest.raises(Refused):
        await take_in(Memory(), damaged)


@given(st.data())
async def test_no_byte_of_a_record_can_be_changed_unseen(data: st.DataObject) -> None:
    whole = await exported()
    told = read_export(whole)
    what_happened = (told.summary, told.chain, told.length, told.head)
    place = data.draw(st.integers(0, len(whole) - 1))
    damaged = whole[:place] + bytes([whole[place] ^ data.draw(st.integers(1, 255))]) + whole[place + 1 :]

    try:
        damaged_told = read_export(damaged)
        same = (damaged_told.summary, damaged_told.chain, damaged_told.length, damaged_told.head) == what_happened
    except Refused:
        same = False
    assert same or verify_export(damaged)


async def test_the_summary_is_of_the_facts_that_are_exported() -> None:
    journal = Memory()
    await journal.append([adding("INC-1", FACTS)])
    before = await export(journal, "INC-1")
    await journal.append([adding("INC-1", [said("later", later(5))], FACTS)])

    assert verify_export(before) == verify_export(await export(journal, "INC-1")) == []
