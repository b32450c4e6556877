"""What a door remembers saves it time and changes nothing: each alert is read as it would be by a door that has heard nothing before."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kuaihui.intake.fingerprints import fingerprint
from kuaihui.intake.ringing import Misheard, Ringing
from kuaihui.integrations.alertmanager import reader
from kuaihui.integrations.alertmanager.api_v2 import ApiV2
from kuaihui.integrations.alertmanager.told import Told
from kuaihui.integrations.alertmanager.webhook import Webhook
from tests.intake.alerts.hand_made import NOON

Door = ApiV2 | Webhook

SUMMARY = '{"summary":"5xx","value":"10%"}'


def door() -> ApiV2:
    return ApiV2(timedelta(minutes=5))


def written(labels: str = '{"alertname":"a"}', annotations: str = SUMMARY, **more: object) -> str:
    """An alert as it comes, byte for byte; what is None is left out."""
    told = {"startsAt": "2023-03-11T03:01:00Z", "endsAt": "2023-03-11T03:07:00Z", "generatorURL": "http://g/1"} | more
    rest = "".join(f',"{name}":{json.dumps(value)}' for name, value in told.items() if value is not None)
    return f'{{"labels":{labels},"annotations":{annotations}{rest}}}'


def pod(number: int) -> str:
    return f'{{"alertname":"a","pod":"web-{number}"}}'


def v2(*alerts: str) -> bytes:
    return f"[{','.join(alerts)}]".encode()


def hook(*alerts: str) -> bytes:
    return f'{{"version":"4","groupKey":"g","alerts":[{",".join(alerts)}]}}'.encode()


def heard(told: Told) -> list[Any]:
    """What was read, in our words alone."""
    return [(one.alert, one.firing, one.dated) for one in told.fresh]


def refused(told: Told) -> list[tuple[str, str]]:
    return [(one.fault.rule_id, one.fault.path) for one in told.refused]


def test_alerts_that_share_all_but_one_thing_are_told_apart() -> None:
    different = [
        written(pod(0)),
        written(pod(1), '{"summary":"4xx","value":"3%"}'),
        written(pod(2), startsAt="2023-03-11T03:02:00Z"),
        written(pod(3), endsAt="2023-03-11T03:09:00Z"),
        written(pod(4), generatorURL="http://g/2"),
        written(pod(5), startsAt=None),
        written(pod(6), endsAt="2023-03-11T03:02:00Z"),
        written(pod(7), endsAt=None),
    ]
    told = door().hear(v2(*different), NOON)

    assert heard(told) == [one for alert in different for one in heard(door().hear(v2(alert), NOON))]
    assert [one.alert.summary for one in told.fresh] == ["5xx", "4xx", *["5xx"] * 6]
    assert [one.alert.link for one in told.fresh] == ["http://g/1" if number != 4 else "http://g/2" for number in range(8)]
    assert [(one.alert.started - NOON).total_seconds() for one in told.fresh] == [-120, -120, -60, -120, -120, 0, -120, -120]
    assert [(one.alert.ends - NOON).total_seconds() if one.alert.ends else None for one in told.fresh] == [
        *[240] * 3, 360, 240, 240, None, 300
    ]  # fmt: skip
    assert ([one.dated for one in told.fresh].index(False), [one.firing for one in told.fresh].index(False)) == (5, 6)


def test_the_same_labels_twice_in_one_body_are_one_alert_told_again() -> None:
    told = door().hear(v2(written(), written(endsAt="2023-03-11T03:08:00Z"), written(annotations='{"value":"12%"}')), NOON)

    assert [one.alert.value for one in told.fresh] == [0.1, 0.12]
    assert told.again == [(told.fresh[0], NOON + timedelta(minutes=5))]


@pytest.mark.parametrize(
    "wrong, rule, path",
    [
        ({"startsAt": "yesterday"}, "instant.form", "startsAt"),
        ({"startsAt": "2023-03-13T03:03:00Z"}, "instant.future", "startsAt"),
        ({"startsAt": "1999-12-31T00:00:00Z"}, "instant.past", "startsAt"),
        ({"endsAt": "tomorrow"}, "instant.form", "endsAt"),
        ({"startsAt": "2023-03-11T10:00:00Z"}, "instant.order", "endsAt"),
        ({"annotations": '{"value":1}'}, "json.type", "annotations.value"),
    ],
)
@pytest.mark.parametrize("first", [True, False])
def test_what_is_wrong_with_many_is_refused_with_each(wrong: dict[str, str], rule: str, path: str, first: bool) -> None:
    """Whether or not a good one came before it."""
    right, bad = [written(pod(0)), written(pod(1))], [written(pod(number), **wrong) for number in (2, 3, 4)]
    told = door().hear(v2(*bad, *right) if first else v2(*right, *bad), NOON)

    assert refused(told) == [(rule, f"[{number}].{path}") for number in ((0, 1, 2) if first else (2, 3, 4))]
    assert [one.key for one in told.refused] == [fingerprint({"alertname": "a", "pod": f"web-{number}"}) for number in (2, 3, 4)]
    assert [one.alert.labels["pod"] for one in told.fresh] == ["web-0", "web-1"]


def test_an_end_before_a_start_in_the_near_future_is_refused_with_each() -> None:
    """Both are ahead of us, so that it fires."""
    ahead = {"startsAt": "2023-03-11T04:00:00Z", "endsAt": "2023-03-11T05:00:00Z"}
    told = door().hear(
        v2(written(pod(0), **ahead), *(written(pod(number), **ahead | {"endsAt": "2023-03-11T03:30:00Z"}) for number in (1, 2))), NOON
    )

    assert len(told.fresh) == 1
    assert refused(told) == [("instant.order", "[1].endsAt"), ("instant.order", "[2].endsAt")]


LABELS = {
    "an order of its own": ('{"pod":"x","alertname":"a"}', {"alertname": "a", "pod": "x"}),
    "an empty value": ('{"alertname":"a","pod":""}', {"alertname": "a"}),
    "blanks between": ('{ "alertname" : "a" }', {"alertname": "a"}),
    "an escape": ('{"alertname":"\\u0061"}', {"alertname": "a"}),
    "an escape within": ('{"alertname":"a\\"\\"b"}', {"alertname": 'a""b'}),
    "no Latin": ('{"alertname":"磁盘将满"}', {"alertname": "磁盘将满"}),
}


@pytest.mark.parametrize("told, labels", LABELS.values(), ids=LABELS)
def test_labels_are_read_however_they_are_spelt(told: str, labels: dict[str, str]) -> None:
    """After others of its like too."""
    *_, last = door().hear(v2(written(pod(0)), written(pod(1)), written(told)), NOON).fresh

    assert (last.alert.key, last.alert.labels) == (fingerprint(labels), labels)


WRONG_LABELS = {
    "a name twice": ('{"alertname":"a","pod":"x","pod":"y"}', "labels.twice"),
    "a name twice, once in disguise": ('{"alertname":"a","pod":"x","p\\u006fd":"x"}', "labels.twice"),
    "a name twice, once empty": ('{"alertname":"a","pod":"x","pod":""}', "labels.twice"),
    "no name": ('{"alertname":"a","":"x"}', "labels.name"),
    "nothing but emptiness": ('{"alertname":""}', "labels.empty"),
    "a value of five thousand characters": (f'{{"alertname":"{"x" * 5000}"}}', "labels.long"),
    "more than may be": ("{" + ",".join(f'"{number:03d}":"v"' for number in range(201)) + "}", "labels.many"),
}


@pytest.mark.parametrize("wrong, rule", WRONG_LABELS.values(), ids=WRONG_LABELS)
def test_wrong_labels_are_refused_after_others_of_their_like(wrong: str, rule: str) -> None:
    told = door().hear(v2(written(pod(0)), written(wrong), written(pod(1))), NOON)

    assert [(one, path.partition(".")[0]) for one, path in refused(told)] == [(rule, "[1]")]
    assert len(told.fresh) == 2


def test_a_measure_in_grafanas_fields_is_read_with_each_alert() -> None:
    """Its annotations tell nothing of it, so two alerts may agree on those and not on that."""
    firing = [written(pod(number), '{"summary":"s"}', status="firing", values={"B": number}) for number in (1, 2)]
    plain = written(pod(3), '{"summary":"s"}', status="firing")
    said = written(pod(4), '{"summary":"s"}', status="firing", valueString="[ var='B' labels={} value=7 ]")
    door = Webhook()

    assert [one.alert.value for one in door.hear(hook(*firing, plain, said, firing[0]), NOON).fresh] == [1, 2, None, 7]
    moved = written(pod(1), '{"summary":"s"}', status="firing", values={"B": 5})
    assert [one.alert.value for one in door.hear(hook(plain, moved, *firing[1:]), NOON).fresh] == [5]


def test_what_has_ended_is_no_repeat_of_what_fired() -> None:
    one, now = door(), NOON
    assert len(one.hear(v2(written()), now).fresh) == 1
    told = one.hear(v2(written(endsAt="2023-03-11T03:02:30Z"), written(), written(endsAt="not now")), now)

    assert [(ringing.firing, ringing.alert.ends) for ringing in told.fresh] == [(False, None)]
    assert len(told.again) == 1
    assert refused(told) == [("instant.form", "[2].endsAt")]


def test_what_is_told_again_is_known_however_long_its_link_is() -> None:
    one, long = door(), written(generatorURL="http://g/?" + "x" * 5000)

    assert [len(told.alert.link) for told in one.hear(v2(long), NOON).fresh] == [reader.LONGEST_LINK]
    assert len(one.hear(v2(long), NOON).again) == 1


def test_a_sender_of_ever_new_alerts_does_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "MOST_KNOWN", 10)
    monkeypatch.setattr(reader, "MOST_KEPT", 10)
    one = door()
    for number in range(50):
        one.hear(v2(written(pod(number), f'{{"summary":"{number}"}}')), NOON)

    assert len(one._reader._known) <= 10
    assert len(one._reader._beside) <= 10
    assert len(one.hear(v2(written(pod(49), '{"summary":"49"}')), NOON).again) == 1


ALERTS = st.builds(
    written,
    st.sampled_from([pod(0), pod(1), pod(2), '{"pod":"web-1","alertname":"a"}', '{"pod":"x","pod":"x"}', '{"alertname":""}', "[]"]),
    st.sampled_from([SUMMARY, '{"description":"5xx"}', "{}", '{"value":7}', "null"]),
    startsAt=st.sampled_from(["2023-03-11T03:01:00Z", "2023-03-11T11:01:00+08:00", "2023-03-11T05:00:00Z", "0001-01-01T00:00:00Z", "x"]),
    endsAt=st.sampled_from([None, "2023-03-11T03:07:00Z", "2023-03-11T03:02:00Z", "2023-03-11T04:00:00Z", "2000-01-01T00:00:00Z", "x"]),
    generatorURL=st.sampled_from([None, "http://g/1", "http://g/2", "\0", 1]),
    values=st.sampled_from([None, None, {"B": 1}, {"B": None}, {}]),
    valueString=st.sampled_from([None, None, "[ var='B' labels={} value=7 ]"]),
    status=st.sampled_from(["firing", "firing", "resolved", ""]),
)


@pytest.mark.parametrize("make, body", [(door, v2), (Webhook, hook)])
@given(bodies=st.lists(st.lists(ALERTS, max_size=6), max_size=4))
def test_what_a_door_remembers_changes_nothing(make: Callable[[], Door], body: Callable[..., bytes], bodies: list[list[str]]) -> None:
    """Each alert is heard as by a door that was opened for it alone; where it is told again, the link that it had first may stay."""
    one = make()
    for alerts in bodies:
        told = one.hear(body(*alerts), NOON)
        alone = [make().hear(body(alert), NOON) for alert in alerts]
        assert sorted(_read(told)) == sorted(line for each in alone for line in _read(each))
        places = {number: each.refused for number, each in enumerate(alone) if each.refused}
        assert _refused(told.refused) == [line for number, each in places.items() for line in _refused(each, number)]


def _read(told: Told) -> list[str]:
    ringings = [
        *told.fresh,
        *(msgspec.structs.replace(one, alert=msgspec.structs.replace(one.alert, ends=ends)) for one, ends in told.again),
    ]
    return [_words(one) for one in ringings]


def _words(one: Ringing) -> str:
    return str((msgspec.structs.replace(one.alert, link=""), one.firing, one.dated))


def _refused(refused: list[Misheard], place: int | None = None) -> list[str]:
    """Fault by fault in the order of the places; `place`: the alert's in the body it was told in with others."""
    lines = [(one.fault.path if place is None else one.fault.path.replace("[0]", f"[{place}]", 1), one) for one in refused]
    return [str((path, one.key, one.fault.rule_id, one.fault.message, one.labels)) for path, one in sorted(lines, key=lambda line: line[0])]
