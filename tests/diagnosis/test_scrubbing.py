"""Secrets and personal data do not leave; what only looks alike stays."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kuaihui.diagnosis.own_patterns import BadPattern, Slip
from kuaihui.diagnosis.scrubbing import DEFAULT, Kind, Scrubber

HIDDEN = {
    "mobile number": ("user 13812345678 cannot log in", "user <phone> cannot log in"),
    "mobile number in Chinese": ("用户手机13812345678登录失败", "用户手机<phone>登录失败"),
    "mobile number with its country": ("call +86 138-1234-5678 back", "call <phone> back"),
    "mobile number in groups": ("电话：138 1234 5678", "电话：<phone>"),
    "number from abroad": ("sms to +44 20 7946 0958 failed", "sms to <phone> failed"),
    "number of a house": ("传真 010-62345678", "传真 <phone>"),
    "identity number": ("身份证号11010519491231002X无效", "身份证号<id-number>无效"),
    "identity number with a small x": ("id_no=11010519491231002x", "id_no=<id-number>"),
    "bank card": ("卡号6222021234567890128扣款失败", "卡号<bank-card>扣款失败"),
    "bank card in groups": ("card 4111 1111 1111 1111 declined", "card <bank-card> declined"),
    "bank card of fifteen digits": ("amex 378282246310005 declined", "amex <bank-card> declined"),
    "mail": ("mail to zhang.san+x@example.com.cn bounced", "mail to <email> bounced"),
    "mail in Chinese": ("邮箱zhang_san@example.cn已注册", "邮箱<email>已注册"),
    "password in an address": ("dial redis://default:p@ss:w0rd@10.0.0.1:6379/0", "dial redis://default:<password>@10.0.0.1:6379/0"),
    "password alone in an address": ("dial redis://:secret@cache:6379", "dial redis://:<password>@cache:6379"),
    "password of Go's MySQL driver": ("open root:Secret123@tcp(db:3306)/settings", "open root:<password>@tcp(db:3306)/settings"),
    "password=": ("login password=hunter2, user=bob", "login password=<password>, user=bob"),
    "password in quotes": ("secret_key = 'abc def' set", "secret_key = <password> set"),
    "password in Chinese": ("密码：Abc123，请重试", "密码：<password>，请重试"),
    "password in JSON": ('{"user":"bob","password":"a\\"b c","n":1}', '{"user":"bob","password":"<password>","n":1}'),
    "number as password in JSON": ('{"captcha": 482913}', '{"captcha": <password>}'),
    "password in JSON in JSON": ('{"body":"{\\"token\\":\\"abc123\\"}"}', '{"body":"{\\"token\\":\\"<password>\\"}"}'),
    "password with a prefix": (
        "db_password=x1 dbPassword=x2 X-Api-Token: x3",
        "db_password=<password> dbPassword=<password> X-Api-Token: <password>",
    ),
    "password of a command": ("mysql --user root --password s3cret", "mysql --user root --password <password>"),
    "access key and secret key": ("ak=ABCDEF sk=xyz123 rejected", "ak=<password> sk=<password> rejected"),
    "bearer": ("Authorization: Bearer 7f3a9c0011.x_y", "Authorization: Bearer <token>"),
    "basic": ("authorization: Basic dXNlcjpwYXNzd29yZA==", "authorization: Basic <token>"),
    "JWT": ("got eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abcDEF_1", "got <token>"),
    "AWS": ("key AKIAIOSFODNN7EXAMPLE denied", "key <token> denied"),
    "Alibaba Cloud": ("key LTAI4FooBarBazQux1234567 denied", "key <token> denied"),
    "Tencent Cloud": ("key AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE denied", "key <token> denied"),
    "GitHub": ("push with ghp_abcdefghijklmnopqrstuvwxyz0123456789", "push with <token>"),
    "GitLab": ("push with glpat-abcdefghij_klmnopqrs", "push with <token>"),
    "a bot's hook": (
        "POST https://open.feishu.cn/open-apis/bot/v2/hook/aa-bb-cc",
        "POST https://open.feishu.cn/open-apis/bot/v2/hook/<token>",
    ),
    "cookie": ("Cookie: sid=1; theme=dark", "Cookie: <password>"),
    "private key": ("-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY----- end", "<private-key> end"),
    "private key cut short": ("-----BEGIN PRIVATE KEY-----\nMIIEvQ", "<private-key>"),
}


@pytest.mark.parametrize("text,clean", list(HIDDEN.values()), ids=list(HIDDEN))
def test_it_is_hidden(text: str, clean: str) -> None:
    assert DEFAULT(text) == clean


SHOWN = {
    "the story's line": "redis: connection pool timeout",
    "an identity number whose checksum is wrong": "order 110105194912310021 not found",
    "an identity number of an impossible day": "order 110105194913310025 not found",
    "a card number whose checksum is wrong": "order 6222021234567890120 not found",
    "milliseconds and nanoseconds": "at 1678503600123 and 1678503600123456789",
    "a longer number": "order 138123456789 shipped",
    "a part of a number": "ratio 0.13812345678",
    "a host and its port": "dial tcp 10.20.30.40:6379: i/o timeout",
    "a user in an address": "git clone ssh://git@host/repo.git",
    "words that go on": "tokenizer=bert tokens=512 passed=3 monkey=1 task=7",
    "a package at a version": "pkg@1.2.3 installed",
    "a uuid": "request 550e8400-e29b-41d4-a716-446655440000 failed",
    "a wildcard": "password=<*> rejected",
    "a date": "2023-03-11 11:00:00 +0800",
}


@pytest.mark.parametrize("text", list(SHOWN.values()), ids=list(SHOWN))
def test_it_is_left_alone(text: str) -> None:
    assert DEFAULT(text) == text


@pytest.mark.parametrize("kind", list(Kind))
def test_each_kind_can_be_switched_off(kind: Kind) -> None:
    lenient = Scrubber(off=frozenset({kind}))
    telling = [text for text, clean in HIDDEN.values() if f"<{kind}>" in clean and len({k for k in Kind if f"<{k}>" in clean}) == 1]

    assert telling
    assert all(f"<{kind}>" not in lenient(text) for text in telling)
    assert all(lenient(text) == DEFAULT(text) for text, clean in HIDDEN.values() if f"<{kind}>" not in clean)


def test_a_team_can_add_its_own() -> None:
    own = Scrubber(more=(("employee", r"\bE\d{6}\b"),))

    assert own("E123456 logged in, password=x") == "<employee> logged in, password=<password>"


def test_a_pattern_of_ones_own_cannot_hang_the_house() -> None:
    """(a+)+$ takes a backtracking engine longer than the sun lasts here."""
    own = Scrubber(more=(("letters", r"(a+)+\$"),))
    text = "a" * 100_000 + "b"

    assert own(text) == text


@pytest.mark.parametrize("pattern", ["(", r"(?=x)", r"(a)\1", r"(\w{1,1000}){1,1000}"])
def test_a_pattern_that_cannot_be_run_is_refused(pattern: str) -> None:
    assert refused_for("employee", pattern) is Slip.BROKEN


@pytest.mark.parametrize("pattern", ["", "x*", r"\b", "^", "(?m)$"])
def test_a_pattern_that_is_found_in_nothing_is_refused(pattern: str) -> None:
    assert refused_for("employee", pattern) is Slip.EMPTY


@pytest.mark.parametrize("pattern", [r"[a-z]+", "employee", "phone", "<"])
def test_a_pattern_that_is_found_in_a_mark_is_refused(pattern: str) -> None:
    assert refused_for("employee", pattern) is Slip.MARK


@pytest.mark.parametrize("name", ["", "a b", "<a>", "$1", "x" * 41])
def test_a_name_that_cannot_stand_in_a_mark_is_refused(name: str) -> None:
    assert refused_for(name, r"E\d{6}") is Slip.NAME


def refused_for(name: str, pattern: str) -> Slip:
    with pytest.raises(BadPattern) as refused:
        Scrubber(more=((name, pattern),))
    return refused.value.slip


secrets = st.sampled_from([text for text, _ in HIDDEN.values()])


@given(st.lists(st.one_of(st.text(max_size=60), secrets), max_size=200))
def test_all_at_once_is_the_same_as_one_by_one(texts: list[str]) -> None:
    assert DEFAULT.each(texts) == [DEFAULT(text) for text in texts]


@given(st.lists(st.one_of(secrets, st.text(alphabet="ab 12=:", max_size=20)), max_size=3).map(" | ".join))
def test_scrubbing_twice_changes_nothing_more(text: str) -> None:
    for scrub in (DEFAULT, Scrubber(more=(("number", r"\d+"),))):
        once = scrub(text)

        assert scrub(once) == once


@given(st.text())
def test_any_text_can_be_scrubbed(text: str) -> None:
    assert isinstance(DEFAULT(text), str)


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "part", ["a.", "_password", "a-", "eyJ-", "http://", "a@", 'password="', "密码：", "-----BEGIN PRIVATE KEY-----", "+1 "]
)
def test_no_text_that_a_stranger_chooses_keeps_the_house_from_paging(part: str) -> None:
    """Of a hundred kilobytes, `_password` would take five minutes where its time grew with the square, and `a.` longer than that."""
    assert isinstance(DEFAULT(part * (100_000 // len(part))), str)


def test_the_name_of_a_secret_keeps_its_beginning() -> None:
    assert DEFAULT("my.db_password=hunter2 --redis_password hunter3") == "my.db_password=<password> --redis_password <password>"
