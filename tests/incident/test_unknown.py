"""A fact that cannot be read keeps its place, and nobody from reading the others."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from kuaihui.incident.facts import decode, encode
from kuaihui.incident.unknown import Unknown
from kuaihui.language import say
from tests.incident.every_fact import FACTS


def test_a_newer_versions_fact_is_told_with_its_instant_and_who() -> None:
    fact = decode(b'{"fact":"Teleported","at":"2026-03-11T03:00:00Z","by":"amao","where":"home"}')

    assert fact == Unknown(at=datetime(2026, 3, 11, 3, tzinfo=UTC), by="amao", kind="Teleported")
    assert "Teleported" in say(fact.said, "en")
    assert "不认识" in say(fact.said, "zh")


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"null", b"[]", b'{"fact":"Opened"}', b'{"fact":"Opened","at":"never"}', b'{"fact":"Read","at":"2\xff"}', b"\xff"],
)
def test_what_cannot_be_read_at_all_says_so(body: bytes) -> None:
    fact = decode(body)

    assert isinstance(fact, Unknown)
    assert "verify" in say(fact.said, "en")
    assert "读不出" in say(fact.said, "zh")


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: type(fact).__name__)
def test_no_flipped_byte_is_an_error(fact: object) -> None:
    body = encode(fact)
    for place in range(len(body)):
        decode(body[:place] + bytes([body[place] ^ 0x10]) + body[place + 1 :])
