"""What two looks at a Redis say: a table of states and the sentence each must bring, and what must never be said."""

import re
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from kuaihui.diagnosis.redis_health.diagnose import RULES, diagnose, one_busy_primary, unreachable
from kuaihui.diagnosis.redis_health.finding import Finding, Kind
from kuaihui.diagnosis.redis_health.snapshot import (
    ClientGroup,
    CommandCount,
    HotKey,
    HotKeys,
    KeySize,
    LatencyEvent,
    Method,
    RedisSnapshot,
    Replica,
    ServerInfo,
    SlowEntry,
)
from kuaihui.language import say, text

AT = datetime(2023, 3, 11, 3, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
KEY = "cfg:gateway:routes"
INFO = ServerInfo(run_id="r1", uptime=86_400, commands=9_000_000, cpu=500.0, clients=20, max_clients=10_000)
BEFORE = RedisSnapshot(node="redis:6379", at=AT - SECOND, info=INFO)
QUIET = RedisSnapshot(node="redis:6379", at=AT, info=replace(INFO, commands=9_001_200, cpu=500.03), slow=(), clients=(), latencies=())
POOL = (ClientGroup(who="config-center", connections=12, busy=12),)
MONITOR = HotKeys(method=Method.MONITOR, keys=(HotKey(key=KEY, share=0.71, margin=0.01, commands=("hgetall",)),), seen=480, took=0.01)


def info(**changes: object) -> RedisSnapshot:
    return replace(QUIET, info=replace(QUIET.info, **changes))


def slow(number: int, key: str = KEY, *, run_id: str = "r1", minutes: float = 1, connection: str = "") -> SlowEntry:
    at, usec = AT - timedelta(minutes=minutes), 12_000 + number
    return SlowEntry(run_id=run_id, id=number, at=at, usec=usec, command="hgetall", key=key, connection=connection)


def slow_lately(count: int, connections: int, keys: int = 1, usec: int = 100_000) -> tuple[SlowEntry, ...]:
    """So many slow commands, evenly over the last twenty seconds, connections and keys."""
    return tuple(
        replace(slow(n, f"{KEY}:{n % keys}", minutes=n / count / 3, connection=f"10.0.0.8:{n % connections}"), usec=usec)
        for n in range(count)
    )


def said(findings: list[Finding]) -> dict[Kind, str]:
    return {finding.kind: say(finding.says, "en") for finding in findings}


CASES: list[tuple[RedisSnapshot, Kind, str]] = [
    (info(loading=True), Kind.LOADING, "Redis is loading its data set and refuses commands"),
    (info(uptime=90), Kind.RESTARTED, "Redis started 1 min 30 s ago"),
    (info(run_id="r2", uptime=1), Kind.RESTARTED, "Redis started 1 s ago"),
    (info(cpu=500.97, commands=9_048_000), Kind.BUSY, "Redis's main thread is at 97 % of its core, 48,000 ops/s"),
    (info(clients=9_500), Kind.MAX_CLIENTS, "9,500 of 10,000 connections are open"),
    (
        info(clients=10_000, refused_connections=31),
        Kind.MAX_CLIENTS,
        "31 connections refused since the first look: 10,000 of 10,000 are open",
    ),
    (info(blocked=18), Kind.BLOCKED, "18 of 20 clients wait in a blocking command"),
    (info(memory=990 << 20, max_memory=1000 << 20), Kind.MEMORY, "memory is 99 % of 1,000.0 MiB, policy noeviction"),
    (info(evicted=640, memory_policy="allkeys-lru"), Kind.EVICTIONS, "640 keys a second are evicted (policy allkeys-lru)"),
    (info(role="slave", primary_link_down=42), Kind.REPLICATION, "this replica has been without its primary for 42 s"),
    (
        info(replicas=(Replica("10.0.0.9:6379", "online", 32 << 20, 1),)),
        Kind.REPLICATION,
        "replica 10.0.0.9:6379 is 32.0 MiB behind, last heard of 1 s ago",
    ),
    (
        info(replicas=(Replica("10.0.0.9:6379", "wait_bgsave", 0, 0),)),
        Kind.REPLICATION,
        "replica 10.0.0.9:6379 is not in step: wait_bgsave",
    ),
    (info(hits=100, misses=900), Kind.MISSES, "90 % of look-ups find no key (900 a second)"),
    (info(errors={"OOM": 50, "MOVED": 9_000}), Kind.ERRORS, "50 OOM errors a second"),
    (info(save_failed=True), Kind.SAVE, "the last background save failed: Redis may refuse writes"),
    (
        info(by_command={"hgetall": CommandCount(1_900, 90_000), "get": CommandCount(98_100, 10_000)}),
        Kind.COMMANDS,
        "hgetall is 62 % of all commands now, 1.0 % since the start; it takes 90 % of the command time",
    ),
    (replace(QUIET, clients=POOL), Kind.CLIENTS_BUSY, "12 of 12 connections of config-center in use"),
    (
        replace(QUIET, clients=(ClientGroup(who="export", connections=1, busy=0, output=9 << 20, biggest_output=9 << 20),)),
        Kind.OUTPUT,
        "9.0 MiB of replies wait for export: it reads too slowly",
    ),
    (
        replace(QUIET, latencies=(LatencyEvent(event="fork", at=AT - SECOND, latest_ms=130, worst_ms=400),)),
        Kind.LATENCY,
        "latency monitor: fork took 130 ms, at worst 400 ms",
    ),
    (
        replace(QUIET, slow=tuple(slow(n) for n in range(37))),
        Kind.SLOW_ON_KEY,
        f"slow log: 37 hgetall on {KEY} over 12 ms, the slowest 12 ms",
    ),
    (
        replace(QUIET, slow=tuple(slow(n, f"report:{n}") for n in range(9))),
        Kind.SLOW,
        "slow log: 9 commands on 9 keys, no single one; most often hgetall (9), the slowest 12 ms",
    ),
    (
        replace(info(by_command={"hgetall": CommandCount(98_590, 900_000)}), slow=slow_lately(200, 12, keys=16, usec=30_000)),
        Kind.ALL_SLOW,
        "slow log: the usual commands are all slow, 200 of them on 16 keys: most often hgetall",
    ),
    (replace(QUIET, sizes=(KeySize(KEY, 11_026_544),)), Kind.BIG_KEY, f"key {KEY} is big: about 10.5 MiB"),
    (QUIET, Kind.CALM, "Redis is calm: 1,200 ops/s at 3.0 % of a core, no slow command lately"),
]
MIX_BEFORE = {"hgetall": CommandCount(1_000, 0), "get": CommandCount(97_550, 0)}


@pytest.mark.parametrize("after, kind, sentence", CASES, ids=[f"{kind}-{number}" for number, (_, kind, _) in enumerate(CASES)])
def test_each_state_brings_its_sentence(after: RedisSnapshot, kind: Kind, sentence: str) -> None:
    before = replace(BEFORE, info=replace(BEFORE.info, by_command=MIX_BEFORE)) if kind is Kind.COMMANDS else BEFORE

    assert said(diagnose(before, after))[kind] == sentence


@pytest.mark.parametrize("after, kind, _", [case for case in CASES if case[1] is not Kind.CALM], ids=lambda value: None)
def test_only_the_calm_state_brings_none_of_the_others_findings(after: RedisSnapshot, kind: Kind, _: str) -> None:
    assert kind not in said(diagnose(BEFORE, QUIET))


def test_the_story_is_told_with_the_hot_key_first() -> None:
    storm = replace(info(commands=9_048_000, cpu=500.6), slow=tuple(slow(n) for n in range(37)), clients=POOL)
    findings = diagnose(BEFORE, storm, [MONITOR])

    assert [say(finding.says, "en") for finding in findings] == [
        f"key {KEY} takes 71 % of 48,000 ops/s (±1.0 %)",
        "12 of 12 connections of config-center in use",
        f"slow log: 37 hgetall on {KEY} over 12 ms, the slowest 12 ms",
    ]
    assert [say(line, "en") for line in findings[0].evidence] == ["MONITOR: 480 commands in 10 ms, on this key hgetall"]


def test_a_full_pool_before_a_calm_redis_points_at_the_pool() -> None:
    findings = diagnose(BEFORE, replace(QUIET, clients=POOL))

    assert said(findings)[Kind.CALM].endswith("though a client's connections are all in use: look at its pool")


@pytest.mark.parametrize("part", ["slow", "clients"])
def test_a_redis_is_not_called_calm_when_a_section_is_missing(part: str) -> None:
    assert Kind.CALM not in said(diagnose(BEFORE, replace(QUIET, **{part: None})))


def test_nothing_that_needs_a_rate_is_said_from_one_look() -> None:
    findings = diagnose(None, info(evicted=5, refused_connections=9, errors={"OOM": 7}, commands=1))

    assert findings == []


def test_slow_commands_of_an_earlier_run_or_of_long_ago_do_not_count() -> None:
    old = replace(QUIET, slow=(slow(1, run_id="r0"), slow(2, minutes=20)))

    assert Kind.SLOW_ON_KEY not in said(diagnose(BEFORE, old))


def test_a_share_within_its_own_error_names_nobody() -> None:
    vague = replace(MONITOR, keys=(HotKey(key=KEY, share=0.25, margin=0.2),), seen=12)

    assert Kind.HOT_KEY not in said(diagnose(BEFORE, QUIET, [vague]))


def test_a_key_that_many_ask_for_is_hot_by_the_time_it_holds_the_thread() -> None:
    """Where a full server may not be watched, its slow log tells."""
    found = {one.kind: one for one in diagnose(BEFORE, replace(QUIET, slow=slow_lately(150, 12)))}
    hot = found[Kind.HOT_KEY]

    assert say(hot.says, "en") == f"key {KEY}:0 holds Redis's one thread 76 % of the time, asked for by 12 connections"
    assert [say(line, "en") for line in hot.evidence] == ["slow log: 150 commands on it in 20 s"]
    assert hot.weight == pytest.approx(0.875, abs=0.01)


def test_a_key_of_one_client_or_of_little_time_is_not_hot_by_the_slow_log() -> None:
    for entries in (slow_lately(150, 2), slow_lately(20, 12, usec=12_000), slow_lately(150, 12, keys=16)):
        assert Kind.HOT_KEY not in said(diagnose(BEFORE, replace(QUIET, slow=entries)))


def test_a_key_is_called_hot_once() -> None:
    by_share = replace(MONITOR, keys=(HotKey(key=f"{KEY}:0", share=0.9, margin=0.01),))
    findings = diagnose(BEFORE, replace(QUIET, slow=slow_lately(150, 12)), [by_share])

    assert [finding.kind for finding in findings].count(Kind.HOT_KEY) == 1


@pytest.mark.parametrize(
    "by_command, usec, kind",
    [
        ({"hgetall": CommandCount(35, 900_000)}, 30_000, Kind.ALL_SLOW),
        ({"hgetall": CommandCount(35, 900_000), "get": CommandCount(40, 4_000)}, 30_000, Kind.SLOW),
        ({"hgetall": CommandCount(35, 900_000), "get": CommandCount(40, 800_000)}, 30_000, Kind.ALL_SLOW),
        ({"hgetall": CommandCount(7, 900_000)}, 130_000, Kind.SLOW),
        ({}, 30_000, Kind.SLOW),
    ],
    ids=["nothing else is done", "dearer than the rest", "all are dear", "slow by itself", "not counted"],
)
def test_slow_commands_are_dearer_than_the_rest_or_the_server_is_full(by_command: dict[str, CommandCount], usec: int, kind: Kind) -> None:
    after = replace(info(by_command=by_command), slow=slow_lately(200, 12, keys=40, usec=usec))
    before = replace(BEFORE, info=replace(BEFORE.info, by_command=dict.fromkeys(by_command, CommandCount())))

    assert {Kind.SLOW, Kind.ALL_SLOW} & said(diagnose(before, after)).keys() == {kind}


def test_a_share_too_vague_to_tell_does_not_hide_what_the_slow_log_tells() -> None:
    """A full server shows few commands to whoever watches: two of six on the key say little, its slow log says it."""
    vague = replace(MONITOR, keys=(HotKey(key=f"{KEY}:0", share=0.33, margin=0.3),), seen=6)
    (hot,) = (one for one in diagnose(BEFORE, replace(QUIET, slow=slow_lately(150, 12)), [vague]) if one.kind is Kind.HOT_KEY)

    assert "holds Redis's one thread" in say(hot.says, "en")


def test_what_we_ask_ourselves_is_nobodys_traffic() -> None:
    """OBJECT FREQ is asked once a key: hundreds of commands on a server that hardly does anything else."""
    asked = {"object|freq": CommandCount(900, 5_000), "get": CommandCount(300, 900)}
    before = replace(BEFORE, info=replace(BEFORE.info, by_command=dict.fromkeys(asked, CommandCount())))
    findings = said(diagnose(before, info(by_command=asked)))

    assert Kind.COMMANDS not in findings
    assert findings[Kind.CALM].startswith("Redis is calm: 300 ops/s")


def test_a_slow_log_that_was_read_in_part_holds_the_thread_since_its_oldest_entry() -> None:
    """A busy server's log is full in seconds: what was read is all that was slow since then, and no more is known."""
    entries = tuple(
        replace(slow(1000 + n, f"list:{n % 40}", minutes=n / 64 * 4 / 60), command="sort", usec=50_000, client=f"nightly-report-{n % 8}")
        for n in range(64)
    )
    (found,) = (one for one in diagnose(BEFORE, replace(QUIET, slow=entries)) if one.kind is Kind.SLOW)
    (whole,) = (
        one
        for one in diagnose(BEFORE, replace(QUIET, slow=tuple(replace(one, id=one.id - 1000) for one in entries)))
        if one.kind is Kind.SLOW
    )

    assert found.weight == pytest.approx(0.3 + 0.6 * 3.2 / (4 * 63 / 64), abs=0.01)
    assert whole.weight == pytest.approx(0.3 + 0.6 * 3.2 / 10, abs=0.01), "nothing was slow before: a short burst"
    assert "most often sort (64)" in say(found.says, "en")
    assert [say(one, "en") for one in found.evidence] == ["slow log: 64 of 64 by the client nightly-report"]


def test_a_slow_command_alone_explains_nothing() -> None:
    (alone,) = (one for one in diagnose(BEFORE, replace(QUIET, slow=slow_lately(1, 1))) if one.kind is Kind.SLOW_ON_KEY)

    assert alone.weight < 0.4


def test_a_server_with_less_than_a_core_is_busy_when_its_commands_hold_the_thread() -> None:
    full = info(cpu=500.15, commands=9_000_040, by_command={"hgetall": CommandCount(40, 950_000)})

    assert (
        said(diagnose(BEFORE, full))[Kind.BUSY] == "commands hold Redis's one thread 95 % of the time, 40 ops/s; it is given 15 % of a core"
    )


@pytest.mark.parametrize("first, second, named", [(255, 91, True), (255, 255, False), (60, 1, False)], ids=["alone", "tied", "hardly used"])
def test_a_use_counter_names_a_key_only_when_it_stands_alone(first: int, second: int, named: bool) -> None:
    keys = (HotKey(key=KEY, frequency=first), HotKey(key="other", frequency=second))
    findings = diagnose(BEFORE, QUIET, [HotKeys(method=Method.LFU, keys=keys, seen=2, took=0.1, of=2)])

    assert (Kind.HOT_KEY in said(findings)) is named


def test_the_busy_primary_of_a_cluster_is_named_and_an_even_cluster_is_not() -> None:
    def node(name: str, rate: int) -> tuple[RedisSnapshot, RedisSnapshot]:
        return replace(BEFORE, node=name), replace(info(commands=9_000_000 + rate), node=name)

    (found,) = one_busy_primary([node("a", 900), node("b", 40_000), node("c", 1_100)])
    assert say(found.says, "en") == "b takes 95 % of 42,000 ops/s of the cluster's 3 primaries"
    assert one_busy_primary([node("a", 900), node("b", 1_000), node("c", 1_100)]) == []


def test_down_outweighs_everything() -> None:
    assert unreachable("redis:6379", text("no answer within {seconds} s", seconds=1.0)).weight == 1.0


counters = st.integers(0, 1 << 40)
infos = st.builds(
    ServerInfo,
    run_id=st.sampled_from(["r1", "r2"]),
    uptime=counters,
    cpu=st.floats(0, 1e9),
    commands=counters,
    clients=counters,
    blocked=counters,
    max_clients=counters,
    refused_connections=counters,
    memory=counters,
    max_memory=counters,
    evicted=counters,
    hits=counters,
    misses=counters,
    loading=st.booleans(),
    by_command=st.dictionaries(st.sampled_from(["get", "set"]), st.builds(CommandCount, counters, counters)),
    errors=st.dictionaries(st.sampled_from(["OOM", "ERR"]), counters),
)
snapshots = st.builds(
    RedisSnapshot,
    node=st.just("n"),
    at=st.integers(-3, 3).map(lambda n: AT + n * SECOND),
    info=infos,
    slow=st.none() | st.lists(st.builds(slow, st.integers(0, 9), st.sampled_from(["", "a", "b"]))).map(tuple),
    clients=st.none()
    | st.lists(st.builds(ClientGroup, who=st.just("w"), connections=counters, busy=counters, biggest_output=counters)).map(tuple),
    latencies=st.none(),
)


@settings(max_examples=60)
@given(st.none() | snapshots, snapshots)
def test_whatever_the_counters_hold_the_findings_are_in_order_and_whole(before: RedisSnapshot | None, after: RedisSnapshot) -> None:
    findings = diagnose(before, after)

    assert [finding.weight for finding in findings] == sorted((finding.weight for finding in findings), reverse=True)
    for finding in findings:
        assert 0 <= finding.weight <= 1
        assert "{" not in say(finding.says, "en")
        assert not re.search(r"-\d", say(finding.says, "en"))  # no count and no rate is negative
    assert msgspec.json.decode(msgspec.json.encode(findings), type=list[Finding]) == findings


def test_every_rule_is_tried_above() -> None:
    tried = {kind for _, kind, _ in CASES} | {Kind.HOT_KEY}

    assert len(RULES) <= len(tried)
    assert tried | {Kind.DOWN, Kind.LOGIN_REFUSED, Kind.SHARD} == set(Kind)
