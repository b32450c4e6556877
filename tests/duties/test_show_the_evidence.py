"""Each look and each thought is shown once; what could not be seen is said in one line."""

from __future__ import annotations

from kuaihui.duties.due import Due
from kuaihui.duties.show_the_evidence import due
from kuaihui.incident.fact import Fact
from kuaihui.incident.room import TopicOpened
from kuaihui.incident.thinking import EvidenceWeighed, NoRunbookFits
from kuaihui.language import plain, say
from kuaihui.orders import InspectRedis, Post, SearchLogs, ShowEvidence
from tests.duties.looked import CATALOG, answered, asked_for, logs, look, redis, whole
from tests.duties.so_far import ELEVEN, after, opened

LOGS, REDIS = look(SearchLogs), look(InspectRedis)
TOPIC = TopicOpened(at=ELEVEN, title="500", link="https://topic.example.org")


def says(*facts: Fact) -> list[Due]:
    return list(due(opened(*facts), CATALOG, after(seconds=3)))


def posts(*facts: Fact) -> list[str]:
    return [say(one.order.words, "en") for one in says(*facts) if isinstance(one.order, Post)]


def test_nothing_is_shown_before_there_is_a_topic() -> None:
    assert says(*whole(logs(LOGS), looks=(LOGS,))) == []


def test_a_look_is_shown_with_its_number_in_the_teams_language() -> None:
    (shown,) = says(TOPIC, *whole(logs(LOGS), looks=(LOGS,)))

    assert isinstance(shown.order, ShowEvidence)
    assert (shown.order.occasion, shown.order.language, shown.order.time_zone) == (5, "zh", "Asia/Shanghai")


def test_a_guides_own_look_is_told_by_its_step_alone() -> None:
    own = look(SearchLogs, "guide:config-center/errors")

    assert says(TOPIC, *whole(logs(own), looks=(own,))) == []


def test_a_thought_is_a_line_and_what_was_only_weighed_stays_on_the_page() -> None:
    weighed = EvidenceWeighed(at=after(seconds=2), hypothesis="overload", side="for", number=1, weight=0.3, says=plain("busy"))

    assert posts(TOPIC, NoRunbookFits(at=after(seconds=2), looked_at=2), weighed) == [
        "no runbook fits (2 looked at): a gap to close afterwards"
    ]


def test_what_could_not_be_seen_is_one_line_once_nothing_is_waited_for() -> None:
    gone = answered(LOGS, "nobody", "lts is not set up")
    assert posts(TOPIC, *asked_for(LOGS, REDIS), gone) == []
    assert posts(TOPIC, *asked_for(LOGS, REDIS), gone, answered(REDIS, "later", "busy")) == []

    both = posts(TOPIC, *asked_for(LOGS, REDIS), gone, answered(REDIS, "gave up", "login refused"))
    assert both == [
        "not looked at: search the logs of config-center (lts is not set up); look at the Redis of config-center (login refused)"
    ]


def test_where_everything_was_seen_nothing_is_missed() -> None:
    assert posts(TOPIC, *whole(logs(LOGS), redis(REDIS), looks=(LOGS, REDIS))) == []
