"""
Whatever is done to a journal, it answers as the one in memory does.

The clock goes forward and back, claims are used late and twice, appends race, and the SQLite file is closed and opened in between.
"""

import asyncio
import tempfile
from contextlib import AsyncExitStack, nullcontext
from datetime import datetime
from pathlib import Path
from typing import Any

import asyncpg
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test

from kuaihui.incident.fact import Fact
from kuaihui.integrations.postgres import Postgres
from kuaihui.integrations.sqlite import Sqlite
from kuaihui.journal.journal import Append, Claim, Journal, Trace
from kuaihui.journal.memory import Memory
from tests.journal.facts import acknowledged, adding, closed, later, opened, reopened, said

# Two incidents share a key, so that they get in each other's way.
SERVICE = {"INC-1": "payments", "INC-2": "payments", "INC-3": "orders", "INC-4": "search"}
AFTER = {"INC-1": 0, "INC-2": 1, "INC-4": 2, "INC-9": 0}
names = st.sampled_from(sorted(SERVICE))
moments = st.integers(0, 20).map(lambda half: later(half / 2))
dues = st.none() | moments
more_facts = st.lists(st.sampled_from([acknowledged(), said("a"), closed(), reopened()]), min_size=1, max_size=3)


class Agreement(RuleBasedStateMachine):
    """Does the same to Memory and to another journal."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.opened = AsyncExitStack()
        self.model = Memory()
        self.facts: dict[str, list[Fact]] = {name: [] for name in SERVICE}
        self.claims: list[Claim] = []
        self.busy = False  # whether anything was done to it since it had the time to write what may wait

    @initialize()
    def open(self) -> None:
        self.other: Journal = self.runner.run(self.opened.enter_async_context(self.opening()))
        self.runner.run(self.begin())

    async def begin(self) -> None:
        """What is to be done to an opened journal before anything else."""

    def opening(self) -> Any:
        raise NotImplementedError

    def same(self, ask: str, *values: Any) -> Any:
        """Ask both, and insist on one answer."""
        self.busy = True
        return self.runner.run(self.both(ask, *values))

    async def both(self, ask: str, *values: Any, **named: Any) -> Any:
        expected, answer = await getattr(self.model, ask)(*values, **named), await getattr(self.other, ask)(*values, **named)
        assert answer == expected, f"{ask}{values}"
        return expected

    def append(self, *appends: Append) -> None:
        for append, kept in zip(appends, self.same("append", appends), strict=True):
            if kept:
                self.facts[append.incident].extend(append.facts)

    @rule(first=names, second=names, facts=more_facts, due=dues, stale=st.booleans())
    def add(self, first: str, second: str, facts: list[Fact], due: datetime | None, stale: bool) -> None:
        def one(name: str) -> Append:
            known = self.facts[name]
            if not known:
                return adding(name, [opened(SERVICE[name], later(len(name))), *facts], due=due)
            return adding(name, facts, known[: 1 if stale else None], due=due)

        self.append(*(one(name) for name in dict.fromkeys([first, second])))

    @rule(now=moments, limit=st.integers(1, 3))
    def claim(self, now: datetime, limit: int) -> None:
        self.claims += self.same("claim", "worker", now, limit)

    @precondition(lambda self: self.claims)
    @rule(data=st.data(), due=dues, missed=st.integers(0, 1))
    def schedule(self, data: st.DataObject, due: datetime | None, missed: int) -> None:
        claim = data.draw(st.sampled_from(self.claims))
        self.same("schedule", claim, len(self.facts[claim.incident]) - missed, due)

    @precondition(lambda self: self.claims)
    @rule(data=st.data(), due=dues, facts=more_facts)
    def add_under_a_claim(self, data: st.DataObject, due: datetime | None, facts: list[Fact]) -> None:
        claim = data.draw(st.sampled_from(self.claims))
        self.append(adding(claim.incident, facts, self.facts[claim.incident], due=due, generation=claim.generation))

    @rule(key=st.sampled_from("ab"), verdict=st.sampled_from(["joined", "folded"]), incident=names, at=moments, last=dues)
    def note(self, key: str, verdict: str, incident: str, at: datetime, last: datetime | None) -> None:
        self.same("note", [Trace(key, at, verdict, b"{}", {"key": key}, incident, last=last), Trace("c", at, verdict, b"{}", {}, incident)])

    @invariant()
    def they_agree(self) -> None:
        if hasattr(self, "other"):
            self.runner.run(self.agree())

    async def agree(self) -> None:
        for name in SERVICE:
            await self.both("read", name)
            await self.both("read", name, 1)
            await self.both("head", name)
            await self.both("summary", name)
        await self.both("find", ["payments", "search"])
        assert {name: found for name, found in (await self.other.read_each(AFTER)).items() if found} == {
            name: found for name in AFTER if (found := await self.model.read(name, AFTER[name]))
        }
        await self.both("summaries")
        await self.both("summaries", open_only=True, before=later(5), limit=2)
        for key in "abc":
            await self.both("traces", key)
        expected, answer = await self.model.next_due(), await self.other.next_due()
        # What lies in the past is due now, however far back it lies.
        assert (expected and max(expected, later(10))) == (answer and max(answer, later(10)))

    def teardown(self) -> None:
        self.runner.run(self.opened.aclose())
        self.runner.close()


class SqliteAgreement(Agreement):
    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()

    def opening(self) -> Any:
        return Sqlite.open(Path(self.folder.name) / "journal.db")

    @precondition(lambda self: not self.claims)
    @rule()
    def open_again(self) -> None:
        """Nobody holds a claim across a restart, so this is done while there is none."""
        self.runner.run(self.opened.aclose())
        self.open()

    @precondition(lambda self: self.busy)
    @rule()
    def be_quiet(self) -> None:
        """Give the writer the time to write what may wait."""
        self.busy = False
        self.runner.run(asyncio.sleep(0.07))

    def teardown(self) -> None:
        super().teardown()
        self.folder.cleanup()


def test_sqlite_answers_as_memory_does() -> None:
    run_state_machine_as_test(SqliteAgreement, settings=settings(max_examples=40, stateful_step_count=20))


def test_postgresql_answers_as_memory_does(postgres_url: str) -> None:
    class PostgresAgreement(Agreement):
        def opening(self) -> Any:
            return Postgres.open(postgres_url, database_time=False)

        async def begin(self) -> None:
            connection = await asyncpg.connect(postgres_url)
            await connection.execute("TRUNCATE records, incidents, traces, artifacts")
            await connection.close()

    run_state_machine_as_test(
        PostgresAgreement,
        settings=settings(max_examples=20, stateful_step_count=20, suppress_health_check=[HealthCheck.function_scoped_fixture]),
    )


def test_the_model_agrees_with_itself() -> None:
    """The machine does reach what it is about: claims that are used late, and keys that are taken."""
    seen: set[str] = set()

    class Watched(Agreement):
        def opening(self) -> Any:
            return nullcontext(Memory())

        def same(self, ask: str, *values: Any) -> Any:
            answer = super().same(ask, *values)
            if ask in {"append", "schedule"}:
                seen.add(f"{ask} {answer}")
            return answer

    run_state_machine_as_test(Watched, settings=settings(max_examples=120, stateful_step_count=20, derandomize=True))
    assert {"append [True]", "append [False]", "append [True, False]", "schedule True", "schedule False"} <= seen
