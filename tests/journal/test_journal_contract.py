"""What every journal promises (kuaihui.journal.journal), tried on each of them."""

import asyncio
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import msgspec
import pytest

from kuaihui.incident.facts import decode, encode
from kuaihui.journal.chain import Record, broken
from kuaihui.journal.journal import LEASE, Claim, Journal, Trace
from tests.journal.facts import START, acknowledged, adding, closed, later, opened, reopened, said

OPENED = opened()
ACK = acknowledged()


async def records_from(journal: Journal, position: int, count: int) -> list[Record]:
    found: list[Record] = []
    following = journal.follow(position)
    async for record in following:
        found.append(record)
        if len(found) == count:
            break
    await following.aclose()  # type: ignore[attr-defined]  # every journal follows with a generator
    return found


# -- append and read -------------------------------------------------------------------------------------------------------------------


async def test_what_was_appended_is_read_back_in_order(journal: Journal) -> None:
    assert await journal.append([adding("INC-1", [OPENED, ACK])]) == [True]
    assert await journal.append([adding("INC-1", [said("看到了")], [OPENED, ACK])]) == [True]

    records = await journal.read("INC-1")

    assert [decode(record.body) for record in records] == [OPENED, ACK, said("看到了")]
    assert [record.number for record in records] == [0, 1, 2]
    assert [record.number for record in await journal.read("INC-1", 2)] == [2]
    assert await journal.read("INC-1", 3) == await journal.read("INC-9") == []


async def test_the_bytes_that_are_kept_are_the_facts_own(journal: Journal) -> None:
    odd = said("\x00 \u2028 💥 \"' \\ " + "长" * 5000)
    await journal.append([adding("INC-1", [OPENED, odd])])

    assert [record.body for record in await journal.read("INC-1")] == [encode(OPENED), encode(odd)]


async def test_a_long_incident_is_read_whole(journal: Journal) -> None:
    facts = [OPENED, *(said(str(number)) for number in range(2500))]
    await journal.append([adding("INC-1", facts)])

    assert [decode(record.body) for record in await journal.read("INC-1")] == facts
    assert [record.number for record in await journal.read("INC-1", 2400)] == list(range(2400, 2501))


async def test_the_records_make_a_whole_chain_that_ends_at_the_head(journal: Journal) -> None:
    await journal.append([adding("INC-1", [OPENED, ACK])])
    await journal.append([adding("INC-1", [said("a")], [OPENED, ACK])])
    length, head = await journal.head("INC-1")

    assert broken("INC-1", await journal.read("INC-1"), length, head) is None
    assert length == 3
    assert await journal.head("INC-9") == (0, "")


async def test_the_slower_of_two_is_refused_and_nothing_of_it_is_kept(journal: Journal) -> None:
    await journal.append([adding("INC-1", [OPENED])])
    fast, slow = adding("INC-1", [ACK], [OPENED]), adding("INC-1", [said("a"), closed()], [OPENED])

    assert await journal.append([fast]) == [True]
    assert await journal.append([slow]) == [False]

    assert [decode(record.body) for record in await journal.read("INC-1")] == [OPENED, ACK]
    summary = await journal.summary("INC-1")
    assert summary is not None
    assert summary.closed is None


async def test_of_many_at_once_one_wins(journal: Journal) -> None:
    await journal.append([adding("INC-1", [OPENED])])

    kept = await asyncio.gather(*(journal.append([adding("INC-1", [acknowledged(f"p{n}")], [OPENED])]) for n in range(20)))

    assert sorted(kept) == [[False]] * 19 + [[True]]
    assert len(await journal.read("INC-1")) == 2


async def test_each_append_of_one_call_is_judged_by_itself_and_after_those_before_it(journal: Journal) -> None:
    await journal.append([adding("INC-1", [OPENED])])

    kept = await journal.append(
        [
            adding("INC-2", [opened("orders")]),
            adding("INC-1", [OPENED]),  # overtaken
            adding("INC-2", [ACK], [opened("orders")]),
            adding("INC-3", [opened("orders")]),  # the key is open since a moment ago
            adding("INC-1", [ACK], [OPENED]),
        ]
    )

    assert kept == [True, False, True, False, True]
    assert [len(await journal.read(name)) for name in ("INC-1", "INC-2", "INC-3")] == [2, 2, 0]


async def test_no_incident_begins_without_a_fact(journal: Journal) -> None:
    begun = adding("INC-1", [OPENED], due=START)
    with pytest.raises(ValueError, match="INC-1 cannot begin without a fact"):
        msgspec.structs.replace(begun, facts=())
    nothing_yet = msgspec.structs.replace(begun, facts=(), expected=1)

    assert await journal.append([nothing_yet]) == [False]
    assert await journal.summary("INC-1") is None
    assert await journal.claim("a", START) == []


async def test_an_append_without_facts_changes_when_an_incident_is_due(journal: Journal) -> None:
    begun = adding("INC-1", [OPENED], due=START)
    moved = msgspec.structs.replace(begun, facts=(), expected=1, due=later(60))
    assert await journal.append([begun, moved]) == [True, True]
    assert await journal.append([moved]) == [True]

    assert len(await journal.read("INC-1")) == 1
    assert await journal.next_due() == later(60)


async def test_hundreds_of_incidents_are_appended_in_one_call(journal: Journal) -> None:
    appends = [adding(f"INC-{n}", [opened(f"s{n}"), ACK, said("a")], due=START) for n in range(300)]

    assert await journal.append(appends) == [True] * 300
    assert len(await journal.claim("a", START, 1000)) == 300
    assert await journal.append([]) == []


async def test_a_fact_that_cannot_be_written_fails_its_own_caller_alone(journal: Journal) -> None:
    class Odd:
        pass

    broken_append = adding("INC-1", [OPENED])
    broken_append = type(broken_append)("INC-1", 0, (Odd(),), broken_append.summary, None)  # type: ignore[arg-type]  # on purpose

    bad, good = await asyncio.gather(
        journal.append([broken_append]), journal.append([adding("INC-2", [opened("b")])]), return_exceptions=True
    )

    assert isinstance(bad, TypeError)
    assert good == [True]
    assert await journal.read("INC-1") == []


# -- one open incident a key -----------------------------------------------------------------------------------------------------------


async def test_two_workers_hearing_one_outage_open_one_incident(journal: Journal) -> None:
    kept = await asyncio.gather(*(journal.append([adding(f"INC-{n}", [OPENED])]) for n in range(5)))

    assert sorted(kept) == [[False]] * 4 + [[True]]
    assert len(await journal.summaries()) == 1


async def test_a_key_is_free_again_once_its_incident_is_closed(journal: Journal) -> None:
    await journal.append([adding("INC-1", [OPENED, closed()])])
    assert await journal.append([adding("INC-2", [OPENED])]) == [True]

    # ... and the closed one may not come back beside the new one.
    assert await journal.append([adding("INC-1", [reopened()], [OPENED, closed()])]) == [False]
    # In one commit: the one closes, the other comes back.
    kept = await journal.append([adding("INC-2", [closed()], [OPENED]), adding("INC-1", [reopened()], [OPENED, closed()])])
    assert kept == [True, True]


async def test_the_newest_incident_of_a_key_is_found(journal: Journal) -> None:
    key = adding("INC-1", [OPENED]).summary.key
    assert await journal.find([key]) == {}

    await journal.append([adding("INC-1", [opened(at=START), closed()])])
    await journal.append([adding("INC-2", [opened(at=later(60)), closed()])])
    found = await journal.find([key, "another"])
    assert {key: summary.incident for key, summary in found.items()} == {key: "INC-2"}

    # An open one comes before one that was opened later.
    await journal.append([adding("INC-1", [reopened()], [opened(at=START), closed()])])
    found = await journal.find([key])
    assert {key: summary.incident for key, summary in found.items()} == {key: "INC-1"}


async def test_the_incidents_of_many_keys_are_found_at_once(journal: Journal) -> None:
    await journal.append([adding(f"INC-{n}", [opened(f"s{n}")]) for n in range(3)])
    keys = [adding(f"INC-{n}", [opened(f"s{n}")]).summary.key for n in range(3)]

    assert {key: one.incident for key, one in (await journal.find(keys[:2])).items()} == {keys[0]: "INC-0", keys[1]: "INC-1"}
    assert await journal.find([]) == {}


async def test_many_incidents_are_read_at_once_each_from_its_own_number(journal: Journal) -> None:
    await journal.append([adding(f"INC-{n}", [opened(f"s{n}"), acknowledged()]) for n in range(4)])
    read = await journal.read_each({"INC-0": 0, "INC-2": 1, "INC-3": 2, "INC-9": 0})

    assert [record for records in read.values() for record in records] == [*await journal.read("INC-0"), *await journal.read("INC-2", 1)]
    assert await journal.read_each({}) == {}


# -- summaries -------------------------------------------------------------------------------------------------------------------------


async def test_a_summary_comes_back_as_it_was_given(journal: Journal) -> None:
    append = adding("INC-1", [OPENED, ACK, closed(later(0.000001))])
    await journal.append([append])

    assert await journal.summary("INC-1") == append.summary
    assert await journal.summaries() == [append.summary]
    assert await journal.summary("INC-9") is None


async def test_summaries_are_listed_newest_opening_first_in_pages(journal: Journal) -> None:
    for n in range(6):
        facts = [opened(f"s{n}", later(n // 2)), *([closed()] if n % 3 == 0 else [])]
        await journal.append([adding(f"INC-{n}", facts)])

    async def names(**wanted: object) -> list[str]:
        return [summary.incident for summary in await journal.summaries(**wanted)]  # type: ignore[arg-type]  # the protocol's own words

    assert await names() == ["INC-5", "INC-4", "INC-3", "INC-2", "INC-1", "INC-0"]
    assert await names(limit=2) == ["INC-5", "INC-4"]
    assert await names(before=later(2)) == ["INC-3", "INC-2", "INC-1", "INC-0"]
    assert await names(open_only=True) == ["INC-5", "INC-4", "INC-2", "INC-1"]
    assert await names(open_only=True, before=later(2), limit=1) == ["INC-2"]


# -- what is due -----------------------------------------------------------------------------------------------------------------------


async def test_what_is_due_is_claimed_once_the_most_overdue_first(journal: Journal) -> None:
    for n, seconds in enumerate([30, 10, 20, 40]):
        await journal.append([adding(f"INC-{n}", [opened(f"s{n}")], due=later(seconds))])
    await journal.append([adding("INC-9", [opened("s9")], due=None)])

    assert await journal.next_due() == later(10)
    assert await journal.claim("a", later(9.999999)) == []
    assert await journal.claim("a", later(30), limit=2) == [Claim("INC-1", 1), Claim("INC-2", 1)]
    assert await journal.claim("a", later(30)) == [Claim("INC-0", 1)]
    assert await journal.claim("b", later(30)) == []


async def test_a_claim_runs_out_and_the_next_has_a_newer_generation(journal: Journal) -> None:
    await journal.append([adding("INC-1", [OPENED], due=START)])
    assert await journal.claim("a", START) == [Claim("INC-1", 1)]
    assert await journal.next_due() == START + LEASE

    almost = START + LEASE - timedelta(microseconds=1)
    assert await journal.claim("b", almost) == []
    assert await journal.claim("b", START + LEASE) == [Claim("INC-1", 2)]


async def test_a_worker_that_was_frozen_is_refused(journal: Journal) -> None:
    await journal.append([adding("INC-1", [OPENED], due=START)])
    [old] = await journal.claim("frozen", START)
    [new] = await journal.claim("b", later(10))

    assert await journal.append([adding("INC-1", [ACK], [OPENED], generation=old.generation)]) == [False]
    assert await journal.schedule(old, 1, None) is False
    assert await journal.append([adding("INC-1", [ACK], [OPENED], due=later(60), generation=new.generation)]) == [True]
    assert await journal.next_due() == later(60)


async def test_a_claim_that_ran_out_but_was_not_taken_over_still_counts(journal: Journal) -> None:
    await journal.append([adding("INC-1", [OPENED], due=START)])
    [claim] = await journal.claim("slow", START)

    assert await journal.append([adding("INC-1", [ACK], [OPENED], due=None, generation=claim.generation)]) == [True]
    assert await journal.next_due() is None


async def test_an_append_under_a_claim_gives_it_back(journal: Journal) -> None:
    await journal.append([adding("INC-1", [OPENED], due=START)])
    [claim] = await journal.claim("a", START)
    await journal.append([adding("INC-1", [ACK], [OPENED], due=later(1), generation=claim.generation)])

    assert await journal.claim("b", later(1)) == [Claim("INC-1", 2)]


async def test_what_is_heard_while_an_incident_is_settled_waits_for_the_claim(journal: Journal) -> None:
    await journal.append([adding("INC-1", [OPENED], due=START)])
    [claim] = await journal.claim("a", START)
    await journal.append([adding("INC-1", [ACK], [OPENED], due=later(1))])

    assert await journal.claim("b", later(1)) == []
    # The settler decided without the new fact: its append and its due instant do not count, but the incident is given back.
    assert await journal.append([adding("INC-1", [said("a")], [OPENED], generation=claim.generation)]) == [False]
    assert await journal.schedule(claim, 1, later(3600)) is True
    assert await journal.claim("b", later(1)) == [Claim("INC-1", 2)]


async def test_schedule_sets_the_next_due_instant_and_gives_the_claim_back(journal: Journal) -> None:
    await journal.append([adding("INC-1", [OPENED], due=START)])
    [claim] = await journal.claim("a", START)

    assert await journal.schedule(claim, 1, later(5)) is True
    assert await journal.next_due() == later(5)
    assert await journal.claim("b", later(4)) == []
    [claim] = await journal.claim("b", later(5))
    assert await journal.schedule(claim, 1, None) is True
    assert await journal.next_due() is None
    assert await journal.schedule(claim, 1, later(9)) is False, "it was given back before"
    assert await journal.schedule(Claim("INC-9", 1), 0, None) is False


async def test_a_clock_that_goes_back_loses_nothing(journal: Journal) -> None:
    await journal.append([adding(f"INC-{n}", [opened(f"s{n}")], due=later(n)) for n in range(4)])
    assert len(await journal.claim("a", later(100), limit=1)) == 1

    assert await journal.claim("a", later(0.5)) == []
    assert len(await journal.claim("a", later(200))) == 4


async def test_waiting_ends_when_something_is_appended(journal: Journal) -> None:
    await journal.claim("a", START)
    waiting = asyncio.create_task(journal.changed(30))
    await asyncio.sleep(0.05)
    await journal.append([adding("INC-1", [OPENED])])

    await asyncio.wait_for(waiting, 5)


async def test_what_comes_between_looking_and_waiting_wakes_at_once(journal: Journal) -> None:
    assert await journal.claim("a", START) == []
    await asyncio.create_task(journal.append([adding("INC-1", [OPENED], due=START)]))

    async with asyncio.timeout(0.9):
        await journal.changed(30)


async def test_waiting_ends_with_its_time(journal: Journal) -> None:
    async with asyncio.timeout(5):
        await journal.changed(0.01)


# -- following -------------------------------------------------------------------------------------------------------------------------


async def test_who_follows_sees_every_record_once_in_the_order_of_commits(journal: Journal) -> None:
    await journal.append([adding("INC-1", [OPENED, ACK])])
    await journal.append([adding("INC-2", [opened("orders")])])
    following = asyncio.create_task(records_from(journal, 0, 4))
    await asyncio.sleep(0.05)
    await journal.append([adding("INC-1", [said("a")], [OPENED, ACK])])

    records = await asyncio.wait_for(following, 10)

    assert [(record.incident, record.number) for record in records] == [("INC-1", 0), ("INC-1", 1), ("INC-2", 0), ("INC-1", 2)]
    assert [record.position for record in records] == [1, 2, 3, 4]
    assert await records_from(journal, records[1].position, 2) == records[2:]
    assert await journal.read("INC-1") == [records[0], records[1], records[3]]


# -- beside the facts ------------------------------------------------------------------------------------------------------------------


async def test_a_repeat_of_a_trace_adds_to_its_count(journal: Journal) -> None:
    first = Trace("k", START, "opened", b'{"says":"rule"}', {"service": "payments", "名": "值"}, "INC-1")
    await journal.note([first, Trace("k", later(1), "joined", b"{}", {}, "INC-1"), Trace("other", START, "late", b"{}", {})])
    await journal.note([Trace("k", later(2), "joined", b"{}", {}, "INC-1", count=3), Trace("k", later(3), "joined", b"{}", {}, "INC-2")])
    await journal.note([Trace("k", later(4), "joined", b"{}", {}, "INC-1", last=later(9))])

    assert await journal.traces("k") == [
        first,
        Trace("k", later(1), "joined", b"{}", {}, "INC-1", 5, later(9)),
        Trace("k", later(3), "joined", b"{}", {}, "INC-2"),
    ]
    assert await journal.traces("nobody") == []


async def test_the_records_that_mention_something_are_found_newest_first(journal: Journal) -> None:
    await journal.append([adding("INC-1", [OPENED])])
    await journal.append([adding("INC-2", [opened("orders", later(9))])])

    assert [record.incident for record in await journal.mentions(b'"fact":"Opened"')] == ["INC-2", "INC-1"]
    assert [record.incident for record in await journal.mentions(b'"fact":"Opened"', 1)] == ["INC-2"]
    assert [record.incident for record in await journal.mentions(b'"service":"payments"')] == ["INC-1"]
    assert await journal.mentions(b"nothing") == []
    assert [record.incident for record in await journal.mentions(b'"fact":"Opened"', since=later(9))] == ["INC-2"]


async def test_thousands_of_traces_are_noted_in_one_call(journal: Journal) -> None:
    await journal.note([Trace(f"k{n % 1500}", later(n), "folded", b"{}", {"n": str(n)}, "INC-1") for n in range(3000)])

    assert await journal.traces("k7") == [Trace("k7", later(7), "folded", b"{}", {"n": "7"}, "INC-1", 2, later(1507))]


async def test_an_artifact_is_kept_under_its_hash_once(journal: Journal) -> None:
    picture = b"\x89PNG\x00" * 100_000

    name = await journal.keep(picture, "image/png")

    assert name == sha256(picture).hexdigest()
    assert await journal.keep(picture, "image/png") == name
    assert await journal.artifact(name) == (picture, "image/png")
    assert await journal.artifact("0" * 64) is None


@pytest.mark.parametrize(
    "at",
    [
        datetime(1970, 1, 1, tzinfo=UTC),
        datetime(2026, 3, 29, 1, 59, 59, 999999, tzinfo=UTC),
        datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
    ],
    ids=["the first", "to the microsecond", "the last"],
)
async def test_any_instant_comes_back_to_the_microsecond(journal: Journal, at: datetime) -> None:
    await journal.append([adding("INC-1", [opened(at=at)], due=at)])

    assert await journal.next_due() == at
    summary = await journal.summary("INC-1")
    assert summary is not None
    assert summary.opened == at
