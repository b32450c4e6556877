"""What a sender may write, and what is refused with the reason."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from kuaihui.errors import BadSettings
from kuaihui.intake.ringing import Unusable
from kuaihui.integrations.generic import wild
from kuaihui.integrations.generic.hook import Mapped
from kuaihui.integrations.generic.wild import Expression
from kuaihui.language import say

NOW = datetime(2023, 3, 11, 3, 2, tzinfo=UTC)
SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.mark.parametrize(
    "told, labels",
    [
        ({"a": "b", "n": 1, "deep": {"x": True}}, {"a": "b", "n": "1", "deep": '{"x":true}'}),
        (["a=b", "c = d=e", "env:prod"], {"a": "b", "c": "d=e", "env": "prod"}),
        ([{"key": "a", "value": "b"}, {"name": "c", "value": 3}], {"a": "b", "c": "3"}),
        (None, {}),
        ([], {}),
    ],
)
def test_labels_are_read(told: object, labels: dict[str, str]) -> None:
    assert wild.labels(told, "labels") == labels


@pytest.mark.parametrize("told", ["a=b", 7, [7], [{"key": "a"}], [["a", "b"]]])
def test_what_is_no_labels_is_refused(told: object) -> None:
    with pytest.raises(Unusable) as wrong:
        wild.labels(told, "[0].labels")
    assert wrong.value.fault.path.startswith("[0].labels")


@pytest.mark.parametrize(
    "told, instant",
    [
        ("2023-03-11 11:01:00", datetime(2023, 3, 11, 3, 1, tzinfo=UTC)),
        ("2023-03-11T11:01:00", datetime(2023, 3, 11, 3, 1, tzinfo=UTC)),
        ("2023-03-11T03:01:00Z", datetime(2023, 3, 11, 3, 1, tzinfo=UTC)),
        (1678503660, datetime(2023, 3, 11, 3, 1, tzinfo=UTC)),
        (1678503660000, datetime(2023, 3, 11, 3, 1, tzinfo=UTC)),
        ("", None),
        (None, None),
    ],
)
def test_instants_are_read(told: object, instant: datetime | None) -> None:
    assert wild.instant(told, "started", NOW, SHANGHAI) == instant


@pytest.mark.parametrize("told", ["yesterday", "2023-03-11 11:01:00", -5, 1e300])
def test_an_instant_that_nobody_can_mean_is_refused(told: object) -> None:
    with pytest.raises(Unusable):
        wild.instant(told, "started", NOW, None)


@pytest.mark.parametrize("body", [b"{}", b"a&b", b"\xff=1"])
def test_what_is_no_form_is_refused(body: bytes) -> None:
    with pytest.raises(Unusable) as wrong:
        wild.of_form(body)
    assert say(wrong.value.fault.message, "zh").startswith("这不是表单")


@pytest.mark.parametrize("text, found", [('{"a": 1}', 1), ("no JSON", None), ("[" * 100_000, None)])
def test_json_in_a_text_is_read(text: str, found: int | None) -> None:
    assert Expression("from_json(message).a").find({"message": text}) == found
    assert Expression("from_json(message).a").find({}) is None


@pytest.mark.parametrize("link", ["javascript:alert(1)", "https://a/\nFAKE line of the log", 7])
def test_what_is_no_link_is_not_told_to_the_operator(link: object) -> None:
    assert wild.link(link) == ""


@pytest.mark.parametrize("zone", ["Mars/Olympus", "Asia", "../etc/passwd"])
def test_a_zone_that_there_is_not_is_found_at_the_start(zone: str) -> None:
    with pytest.raises(BadSettings) as wrong:
        Mapped("cloud", {}, (), zone=zone)
    assert "hooks.generic.cloud.zone" in say(wrong.value.text, "en")
    assert "时区" in say(wrong.value.text, "zh")
