"""Whatever is logged, however it is cut and whoever counts it: nothing breaks, nothing is lost, and parts add up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kuaihui.diagnosis.log_signatures import fast, part
from kuaihui.diagnosis.log_signatures.gather import named
from kuaihui.diagnosis.log_signatures.heads import PLAIN, Columns
from kuaihui.diagnosis.log_signatures.lines import LogLine
from kuaihui.diagnosis.log_signatures.part import Part, alike, count, count_bytes, merge
from kuaihui.diagnosis.log_signatures.ranking import rank

BEGAN = datetime(2023, 3, 11, 2, 30, tzinfo=UTC)
TSV = Columns(names=("at", "service", "pod", "level", "text"))

texts = st.one_of(
    st.text(),
    st.text(alphabet="ab0 :=-[]{}\"'\n\t"),
    st.sampled_from(
        [
            "redis: connection pool timeout",
            'get {"x": 1} failed',
            '{"msg":"redis: connection pool timeout","error":"no \\"x\\""}',
            '{"msg": "cut sho',
            "panic: x\n\tat a.b(C.java:1)\nCaused by: y",
            "用户 12 登录失败",
            "\x00\x00",
            "\ud800 half of a pair",
            "0" * 5_000,
            "x" * 5_000 + "\n" + "y" * 5_000,
        ]
    ),
)
lines = st.builds(
    LogLine,
    at=st.integers(0, 90 * 60_000).map(lambda ms: BEGAN + timedelta(milliseconds=ms)),
    text=texts,
    service=st.sampled_from(["config-center", "gateway", "订单"]),
    pod=st.sampled_from(["a", "b", ""]),
    level=st.sampled_from(["ERROR", "WARN"]),
)
hours = st.lists(lines, max_size=40)
files = st.one_of(
    st.binary(max_size=400),
    st.lists(
        st.one_of(
            st.binary(max_size=30),
            st.sampled_from(
                [
                    b"2023-03-11T11:00:00.123Z\ts\tp\tERROR\tredis: connection pool timeout after 17 ms",
                    b"2023-03-11T11:00:01.123Z\ts\tp\tERROR\tredis: connection pool timeout after 4 ms",
                    b"2023-03-11T11:59:59.999Z\ts\tp\tERROR\tlate x_9y z9",
                    b"2019-01-01T00:00:00.000Z\ts\tp\tERROR\tlong ago",
                    b"2023-03-11T11:00:00.12Z\ts\tp\tERROR\tanother fraction",
                    b"2023-02-30T11:00:00.123Z\ts\tp\tERROR\tno such day",
                    b'2023-03-11T11:00:00.123Z\ts\tp\tWARN\t{"msg":"told as json"}',
                    b"2023-03-11T11:00:00.123Z\tq\t\tWARN\t",
                    b"\tat com.example.Store.get(Store.java:41)",
                    b"\t\t\t\tdeep",
                    b"no head at all",
                    b"",
                    "2023-03-11T11:00:00.123Z\t订单\tp\tERROR\t余额不足 17".encode(),
                    "2023-03-11T11:00:00.123Z\t订单\tp\tERROR\t余额不足 17".encode("gb18030"),
                    b"2023-03-11T11:00:00.123Z\ts\tp\tERROR\twith a return\r",
                ]
            ),
        ),
        max_size=25,
    ).map(b"\n".join),
)


def cut(data: bytes, places: list[int]) -> list[bytes]:
    edges = sorted({0, len(data), *(place % (len(data) + 1) for place in places)})
    return [data[a:b] for a, b in pairwise(edges)]


def how_many(data: bytes) -> int:
    return data.count(b"\n") + (not data.endswith(b"\n") and data != b"")


@given(hours)
def test_every_line_is_in_exactly_one_signature(hour: list[LogLine]) -> None:
    ranked = rank(count(hour), BEGAN)

    assert sum(signature.count for signature in ranked) == sum(signature.lines for signature in ranked) == len(hour)
    assert len({signature.template for signature in ranked}) <= len(ranked)


@given(files)
@settings(deadline=None)
def test_every_line_of_any_bytes_is_in_exactly_one_signature(data: bytes) -> None:
    for head in (TSV, PLAIN):
        assert sum(signature.lines for signature in rank(count_bytes([data], head))) == how_many(data)


@given(hours, st.lists(st.integers(0, 3), max_size=40), st.randoms(use_true_random=False))
def test_parts_add_up_to_the_whole_in_any_order_and_grouping(hour: list[LogLine], seats: list[int], shuffle: Random) -> None:
    shares: list[list[LogLine]] = [[], [], [], []]
    for number, line in enumerate(hour):
        shares[seats[number] if number < len(seats) else 0].append(line)
    parts = [count(share) for share in shares]
    shuffled = shuffle.sample(parts, len(parts))

    assert alike(merge(parts), count(hour))
    assert alike(merge(shuffled), merge(parts))
    assert alike(merge([merge(parts[:2]), merge(parts[2:])]), merge([parts[0], merge([parts[1], merge(parts[2:])])]))
    assert alike(merge([merge(parts), Part()]), merge(parts))


@given(hours, st.randoms(use_true_random=False))
def test_the_order_of_parts_changes_no_signature(hour: list[LogLine], shuffle: Random) -> None:
    parts = [count([line]) for line in hour]

    assert rank(merge(parts), BEGAN) == rank(merge(shuffle.sample(parts, len(parts))), BEGAN)


@given(files, st.lists(st.integers(0, 10_000), max_size=5))
@settings(deadline=None)
def test_the_size_of_chunks_changes_nothing(data: bytes, places: list[int]) -> None:
    assert alike(count_bytes(cut(data, places), TSV), count_bytes([data], TSV))


@given(files)
@settings(deadline=None, max_examples=100)
def test_the_compiled_pass_counts_as_the_columns_do(data: bytes) -> None:
    assert fast.serves(TSV)
    with pytest.MonkeyPatch.context() as without_numba:
        without_numba.setattr(fast, "serves", lambda _: False)
        slowly = count_bytes([data], TSV)

    assert alike(count_bytes([data], TSV, threads=1), slowly)


def test_blocks_counted_on_several_threads_with_tables_that_run_full_add_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fast, "NUMBERS", 1 << 6)
    chance = Random(1)
    rows: list[str] = []
    for n in range(6_000):
        stamp = f"2023-03-11T{n // 400:02}:{chance.randrange(60):02}:00.000Z"
        word = "abcdefghij"[n % 10] * (n % 37 + 1)
        rows.append(f"{stamp}\ts{n % 3}\tp{n % 5}\tERROR\tword{word} failed {n}\n")
    data = "".join(rows).encode()
    monkeypatch.setattr("kuaihui.diagnosis.log_signatures.heads.BLOCK", 20_000)

    quickly = count_bytes(cut(data, list(range(0, len(data), 7_001))), TSV, threads=3)
    monkeypatch.setattr(fast, "serves", lambda _: False)

    assert quickly.lines == len(rows)
    assert alike(quickly, count_bytes([data], TSV))


def test_tens_of_thousands_of_names_never_seen_are_one_statement() -> None:
    chance = Random(2)
    letters = "abcdefghijklmnopqrstuvwxyz"
    hour = [
        LogLine(at=BEGAN, text=f"cannot resolve upstream {''.join(chance.choices(letters, k=12))} for route {n % 7}", service="gateway")
        for n in range(10_000)
    ]

    (signature,) = rank(count(hour))

    assert signature.template == "cannot resolve upstream <*> for route <*>"
    assert named(part.count(hour)).height == 10_000
