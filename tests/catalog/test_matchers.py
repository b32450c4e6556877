r"""The matchers of Alertmanager mean here what they mean there (its parser's UTF-8 mode, and the classic one for odd escapes)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kuaihui.catalog.matchers import OPERATORS, BadMatcher, Matcher, parse

READ = {
    "foo=bar": ("foo", "=", "bar"),
    "{foo=bar}": ("foo", "=", "bar"),
    "{foo=bar,}": ("foo", "=", "bar"),
    "foo=bar,": ("foo", "=", "bar"),
    " { foo != bar } ": ("foo", "!=", "bar"),
    "foo=~[a-z]+": ("foo", "=~", "[a-z]+"),
    'foo!~"a|b"': ("foo", "!~", "a|b"),
    '"foo"="bar"': ("foo", "=", "bar"),
    "foo=🙂bar": ("foo", "=", "🙂bar"),
    "服务=配置中心": ("服务", "=", "配置中心"),
    '"a b"="c, d=e}"': ("a b", "=", "c, d=e}"),
    'foo=""': ("foo", "=", ""),
    r'foo="bar\n"': ("foo", "=", "bar\n"),
    r'foo="\t"': ("foo", "=", "\t"),
    r'foo="\"bar\""': ("foo", "=", '"bar"'),
    r'foo="bar\\"': ("foo", "=", "bar\\"),
    r'foo="\xf0\x9f\x99\x82"': ("foo", "=", "🙂"),
    r'foo="\U0001f642\u00e9\101"': ("foo", "=", "🙂éA"),
    r'foo=~"\d+\.\d+"': ("foo", "=~", r"\d+\.\d+"),
    r'foo="\xf0\x9f"': ("foo", "=", r"\xf0\x9f"),
}


@pytest.mark.parametrize("written, expected", READ.items(), ids=list(READ))
def test_a_matcher_is_read(written: str, expected: tuple[str, str, str]) -> None:
    (matcher,) = parse(written)

    assert (matcher.name, matcher.operator, matcher.value) == expected


def test_several_matchers_stand_in_one_entry() -> None:
    assert [str(matcher) for matcher in parse('{foo=bar, bar!="baz",}')] == ['foo="bar"', 'bar!="baz"']


BAD = {
    "": 1,
    "{}": 3,
    ",": 1,
    "{,}": 2,
    "{": 2,
    "}": 1,
    "foo=bar}": 8,
    "{foo=bar": 9,
    '{foo=:"bar"}': 7,
    "foo": 4,
    "foo=": 5,
    "foo==bar": 5,
    '=""': 1,
    '""="x"': 3,
    'foo="bar': 5,
    "foo=a b": 7,
    "foo=bar\\n": 8,
    'foo=~"("': 6,
    'foo=~"[[:alpha:]]"': 6,
    "foo=~*": 6,
}


@pytest.mark.parametrize("written, column", BAD.items(), ids=list(BAD))
def test_what_cannot_be_read_is_refused_at_its_place(written: str, column: int) -> None:
    with pytest.raises(BadMatcher) as refused:
        parse(written)

    assert refused.value.column == column
    assert refused.value.told("zh") != refused.value.told("en")


LABELS = {"job": "shop-1", "env": "prod"}
HOLDS = {
    'job="shop-1"': True,
    'job="shop"': False,
    'job!="shop"': True,
    'job!="shop-1"': False,
    'job=~"shop"': False,  # the whole value, not a part of it
    'job=~"shop-.*"': True,
    'job=~"x|shop-1"': True,
    'job!~"shop.*"': False,
    'job=~"(?i)SHOP-1"': True,
    'zone=""': True,  # a label that is not there is empty
    'zone!=""': False,
    'zone=~".*"': True,
    'zone=~".+"': False,
    'zone!="prod"': True,
    'job=~"[[a-z-]+1"': True,  # Python would warn of the second bracket
}


@pytest.mark.parametrize("written, holds", HOLDS.items(), ids=list(HOLDS))
def test_a_matcher_holds_or_not(written: str, holds: bool) -> None:
    assert parse(written)[0].matches(LABELS) is holds


@given(st.text(min_size=1), st.sampled_from(("=", "!=")), st.text())
def test_what_a_matcher_says_of_itself_is_read_as_the_same(name: str, operator: str, value: str) -> None:
    matcher = Matcher(name, operator, value)

    assert parse(str(matcher)) == (matcher,)


@given(st.text(alphabet=st.sampled_from('ab=~!"\\,{}() \n[')))
def test_any_text_is_read_or_refused_and_nothing_else(written: str) -> None:
    try:
        found, column = parse(written), 1
    except BadMatcher as refused:
        found, column = (), refused.column

    assert 1 <= column <= len(written) + 1
    assert all(matcher.operator in OPERATORS for matcher in found)


BEGINNINGS = {
    "a=bc": "bc",
    "a=~bc-.+": "bc-",
    "a=~bcd*": "bc",
    "a=~bcd?x": "bc",
    'a=~"bc{2}"': "b",
    "a=~bc+": "bc",
    "a=~b|c": "",
    "a=~(?i)b": "",
    "a=~.+": "",
    "a=~b.c": "b",
    "a!=b": "",
    "a!~b": "",
}


@pytest.mark.parametrize("written, beginning", BEGINNINGS.items(), ids=list(BEGINNINGS))
def test_a_matcher_knows_how_every_fitting_value_begins(written: str, beginning: str) -> None:
    assert parse(written)[0].beginning == beginning


@given(st.text(alphabet="ab-.*+?{2}|()[]", max_size=8), st.text(alphabet="ab-2", max_size=8))
def test_whatever_fits_begins_with_the_beginning(pattern: str, value: str) -> None:
    try:
        (matcher,) = parse(f'a=~"{pattern}"')
    except BadMatcher:
        return
    assert not matcher.matches({"a": value}) or value.startswith(matcher.beginning)
