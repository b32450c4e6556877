"""An alert's labels name one service, and the rule that says so."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kuaihui.catalog.matching import Found, rules_of
from kuaihui.catalog.services import Service
from kuaihui.language import say
from tests.catalog.makes import catalog


def service(name: str, *match: str, zh: str = "") -> Service:
    return Service.model_validate({"id": name, "name": {"zh": zh or name, "en": name}, "owner": "a", "match": list(match)})


CATALOG = catalog(
    services=[
        service("gateway", 'job=~"gateway.*"'),
        service("config-center", 'job="config"', 'job=~"config-.+", env!="test"', zh="配置中心"),
        service("config-test", 'job=~"config-.+", env="test"'),
        service("any-config", 'job=~"config-.+"'),
        service("late-config", 'job=~"config-.+"'),
        service("nothing-said", 'team=""', 'team="a", job="x"'),
    ]
)


def found(**labels: str) -> Found:
    return CATALOG.service_for(labels | ({} if "team" in labels else {"team": "b"}))


def test_a_label_service_needs_no_matcher() -> None:
    assert found(service="config-center").service.id == "config-center"
    assert found(service="配置中心").service.id == "config-center"


def test_an_alert_that_fits_nothing_goes_to_the_catch_all_with_the_reason() -> None:
    otherwise = found(job="unheard-of")

    assert otherwise.service.id == "rest"
    assert "catch-all rest" in say(otherwise.rule, "en")
    assert "兜底" in say(otherwise.rule, "zh")


def test_more_matchers_win_and_the_reason_says_so() -> None:
    answer = found(job="config-api", env="prod")

    assert answer.service.id == "config-center"
    assert "more matchers than any-config, late-config" in say(answer.rule, "en")
    assert found(job="config-api", env="test").service.id == "config-test"


def test_a_plain_value_wins_over_a_regular_expression() -> None:
    answer = found(service="gateway", job="config")

    assert answer.service.id == "gateway"  # both plain: the first in the files
    assert "written before config-center" in say(answer.rule, "en")
    assert "more exact than gateway" in say(found(service="any-config", job="gateway-1").rule, "en")


def test_a_label_that_is_not_there_is_empty() -> None:
    assert CATALOG.service_for({"job": "y"}).service.id == "nothing-said"


@given(
    st.dictionaries(
        st.sampled_from(["service", "job", "env", "team", "pod"]),
        st.sampled_from(["config-center", "config-api", "config", "gateway", "test", "prod", "a", "x", ""]),
    )
)
def test_the_answer_is_the_one_that_asking_every_rule_gives(labels: dict[str, str]) -> None:
    rules = sorted((rule for rule in rules_of(CATALOG.services, {}) if rule.holds(labels)), key=lambda rule: rule.rank)
    expected = rules[0].service.id if rules else "rest"

    assert CATALOG.service_for(labels).service.id == expected
    assert CATALOG.service_for(labels).service.id == expected  # asked again, it is remembered


@pytest.mark.parametrize("number", range(3))
def test_what_is_remembered_is_bounded(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kuaihui.catalog.matching._MOST_KEPT", 10)
    for count in range(100):
        CATALOG.service_for({"job": f"{number}-{count}"})

    assert len(CATALOG.matching._known) <= 10
