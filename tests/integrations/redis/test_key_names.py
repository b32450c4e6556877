"""What identifies a person or a session is folded out of a key's name; what names the kind of key stays."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kuaihui.errors import BadSettings
from kuaihui.integrations.redis.key_names import LONGEST, KeyNames
from kuaihui.integrations.redis.settings import RedisSettings


@pytest.mark.parametrize(
    "key, told",
    [
        (b"cfg:gateway:routes", "cfg:gateway:routes"),
        ("配置:网关:路由".encode(), "配置:网关:路由"),
        (b"user:13800138000:profile", "user:<digits>:profile"),
        (b"shard:7:queue", "shard:7:queue"),
        (b"session:9f86d081884c7d65", "session:<hex>"),
        (b"{order_20230311123456}:lines", "{order_<digits>}:lines"),
        (b"lock/550e8400-e29b-41d4-a716-446655440000", "lock/<uuid>"),
        (b"token:eyJhbGciOiJIUzI1NiIsInR5cCI6", "token:<token>"),
        (b"mail:wang.wei@example.com", "mail:wang.<email>.com"),
        (b"facade:decade", "facade:decade"),
        (b"\xff\x00raw", "\\xff\\x00raw"),
    ],
)
def test_a_key_is_told_by_its_kind(key: bytes, told: str) -> None:
    assert KeyNames().told(key) == told


@given(st.binary(max_size=400))
def test_any_key_is_told_on_one_short_printable_line(key: bytes) -> None:
    told = KeyNames().told(key)

    assert len(told) <= LONGEST
    assert told.isprintable()


@given(st.integers(10_000_000_000, 19_999_999_999), st.sampled_from(["user:{}", "u{}", "{}_x", "a-{}-b", "{{{}}}", "x:{}:y", "tel+{}"]))
def test_a_telephone_number_is_never_told_wherever_it_stands(number: int, shape: str) -> None:
    assert str(number) not in KeyNames().told(shape.format(number).encode())


def test_whole_keys_can_be_kept_and_rules_replaced() -> None:
    assert KeyNames(kept=(r"order:\d+",)).told(b"order:123456") == "order:123456"
    assert KeyNames(folds=()).told(b"order:123456") == "order:123456"


def test_a_password_is_in_no_repr_and_in_no_error() -> None:
    settings = RedisSettings.from_url("rediss://probe:hunter%402@redis.example:6380")

    assert (settings.username, settings.password, settings.port) == ("probe", "hunter@2", 6380)
    assert "hunter" not in repr(settings)
    with pytest.raises(BadSettings) as refused:
        RedisSettings.from_url("http://probe:hunter2@redis.example")
    assert "hunter" not in str(refused.value)
