"""The right cause is first, and no hot key is claimed where there is none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kuaihui.diagnosis.hypotheses import WORTH_RAISING, Weighed, weigh
from kuaihui.diagnosis.known_errors import KNOWN, KnownError, Logged
from kuaihui.diagnosis.redis_health.finding import Kind
from kuaihui.incident.thinking import ChangeExcluded
from kuaihui.incident.timeline import Timeline
from kuaihui.language import plain, say
from tests.diagnosis.scenes import POOL, SCENES, logs, redis, seen, suspected

# A line as its program writes it, for each known error that is recognised by its words alone.
WORDS = {
    "disk-full": "write /data/wal/<*>: no space left on device",
    "oom-kill": "Memory cgroup out of memory: Killed process <*>",
    "certificate-expired": "x509: certificate has expired or is not yet valid",
    "dns-failure": "dial tcp: lookup redis.prod: no such host",
    "thread-pool-exhausted": "java.util.concurrent.RejectedExecutionException: Task <*> rejected",
    "replication-lag": "replica <*> is lagging: replication lag <*> s",
    "cache-stampede": "cache miss storm: thundering herd on <*>",
    "rate-limited-upstream": "upstream answered 429 Too Many Requests",
    "refused-after-deploy": "upstream <*>: Connection refused",
}


def by_id(timeline: Timeline) -> dict[str, Weighed]:
    return {weighed.known.id: weighed for weighed in weigh(timeline)}


@pytest.mark.parametrize("scene", SCENES)
def test_the_right_cause_is_first(scene: str) -> None:
    timeline, cause = SCENES[scene]

    assert weigh(timeline)[0].known.id == cause


@pytest.mark.parametrize("scene", [scene for scene in SCENES if scene != "the story's hot key"])
def test_no_hot_key_is_claimed_where_there_is_none(scene: str) -> None:
    hot = by_id(SCENES[scene][0]).get("redis-hot-key")

    assert hot is None or (hot.score < WORTH_RAISING and hot.proof is None)


def test_the_hot_key_of_the_story_is_proved_and_the_slow_command_is_not() -> None:
    found = by_id(SCENES["the story's hot key"][0])

    assert found["redis-hot-key"].proof is not None
    assert found["redis-slow-command"].proof is None


@pytest.mark.parametrize("cause", WORDS)
def test_a_known_error_is_recognised_by_its_words(cause: str) -> None:
    change = (suspected(0.8),) if cause == "refused-after-deploy" else ()
    found = by_id(seen(logs((WORDS[cause], 50)), *change))

    assert found[cause].score >= WORTH_RAISING


def test_every_known_error_has_a_scene_or_words_here() -> None:
    assert {cause for _, cause in SCENES.values()} | WORDS.keys() | {"redis-big-key"} == KNOWN.keys()


def test_a_big_key_is_first_where_it_is_all_there_is() -> None:
    assert weigh(seen(redis(("big key", 0.55), ("output buffers", 0.6))))[0].known.id == "redis-big-key"


def test_what_could_not_be_looked_at_speaks_against_nothing() -> None:
    whole, cut = (by_id(seen(logs((POOL, 100)), redis(("busy", 0.5), gaps=gaps)))["redis-hot-key"] for gaps in ((), ("MONITOR",)))

    assert [piece.side for piece in whole.pieces] == ["for", "against"]
    assert [piece.side for piece in cut.pieces] == ["for"]


def test_an_excluded_change_speaks_for_nothing() -> None:
    excluded = ChangeExcluded(at=suspected(0.9).at, by="amao", change="d1", title="v1.9.0", reason=plain("only words"))

    assert "bad-deploy" in by_id(seen(suspected(0.9)))
    assert "bad-deploy" not in by_id(seen(suspected(0.9), excluded))


CLASSICS = (
    "disk-full",
    "oom-kill",
    "certificate-expired",
    "dns-failure",
    "refused-after-deploy",
    "thread-pool-exhausted",
    "replication-lag",
    "cache-stampede",
    "redis-big-key",
    "rate-limited-upstream",
)
# What would change something: a way to make sure only looks.
CHANGING = ("restart", "delete", "flush", "kill", "set ", "scale", "roll back", "drop")


@pytest.mark.parametrize("known", KNOWN.values(), ids=lambda known: known.id)
def test_a_known_error_says_how_to_make_sure_without_changing_anything_and_what_is_safe_then(known: KnownError) -> None:
    words = say(known.verify, "en").lower()

    assert not [word for word in CHANGING if word in words]
    assert known.mitigations
    assert all(say(one, "zh") != say(one, "en") for one in (known.claim, known.verify, *known.mitigations))


def test_the_chain_of_the_story_and_the_ten_classics_are_in_the_library() -> None:
    assert {"redis-hot-key", *CLASSICS} <= KNOWN.keys()


def test_a_change_without_a_refused_connection_is_no_refused_connection() -> None:
    assert by_id(seen(suspected(0.95)))["refused-after-deploy"].score < WORTH_RAISING


def test_a_deploy_is_never_proved_by_its_hour() -> None:
    assert KNOWN["bad-deploy"].proofs == ()


def test_a_log_line_never_proves_anything_by_itself() -> None:
    assert not [known.id for known in KNOWN.values() if any(isinstance(proof, Logged) for proof in known.proofs)]


findings = st.lists(st.tuples(st.sampled_from([kind.value for kind in Kind]), st.floats(0, 1)), max_size=8)


@given(findings, st.integers(0, 5000), st.floats(0, 1))
def test_scores_are_chances_and_a_hot_key_is_proved_only_by_a_hot_key(found: list[tuple[str, float]], lines: int, change: float) -> None:
    weighed = weigh(seen(logs((POOL, lines)), redis(*found), suspected(change)))

    assert all(0 <= one.score <= 1 for one in weighed)
    hot = next((one for one in weighed if one.known.id == "redis-hot-key"), None)
    if hot and hot.proof:
        assert max(weight for kind, weight in found if kind == "hot key") >= 0.6
