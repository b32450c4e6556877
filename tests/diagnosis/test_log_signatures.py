"""An hour of error logs becomes signatures, the one of the break on top."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kuaihui.diagnosis.log_signatures.heads import NO_HEAD, PLAIN, Columns
from kuaihui.diagnosis.log_signatures.lines import LogLine
from kuaihui.diagnosis.log_signatures.part import count, count_bytes
from kuaihui.diagnosis.log_signatures.ranking import rank
from kuaihui.diagnosis.log_signatures.usual import usual_of
from kuaihui.language import say

BEGAN = datetime(2023, 3, 11, 2, 30, tzinfo=UTC)
BROKE = BEGAN + timedelta(minutes=30)
TSV = Columns(names=("at", "service", "pod", "level", "text"))


def said(text: str, minute: float, service: str = "config-center", pod: str = "config-center-1") -> LogLine:
    return LogLine(at=BEGAN + timedelta(minutes=minute), text=text, service=service, pod=pod, level="error")


def noise() -> list[LogLine]:
    """Half an hour before the break and half an hour after it, as it is on every day."""
    lines: list[LogLine] = []
    for number in range(720):
        minute = number / 12
        lines.append(said(f"slow read key=cfg:user:{number} took={number % 97}ms pool_hits={number * 7} pool_misses={number % 5}", minute))
        lines.append(
            said(f'10.0.{number % 9}.7 - "GET /v1/settings/{number} HTTP/1.1" 200 {number % 83}us', minute, "gateway", "gateway-2")
        )
        if number % 7 == 0:
            lines.append(said(f"context canceled request_id=9f{number:06x}ab", minute))
    return lines


def outage() -> list[LogLine]:
    """The story's: from eleven o'clock on the pool of connections is empty, said plainly by some pods and as JSON by others."""
    lines: list[LogLine] = []
    for number in range(3_000):
        minute = 29.8 + number / 100
        plain = f"get setting app.{number % 50}.timeout failed: redis: connection pool timeout"
        at = (BEGAN + timedelta(minutes=minute)).isoformat()
        told = f'{{"level":"error","ts":"{at}","caller":"store/redis.go:{88 + number % 2}","msg":"get setting app.{number}.timeout failed",'
        as_json = told + f'"error":"redis: connection pool timeout","trace":"{number:016x}"}}'
        lines.append(said(as_json if number % 3 == 0 else plain, minute, pod=f"config-center-{number % 4}"))
    return lines


def test_the_break_of_the_story_is_on_top_with_all_that_is_asked_about_it() -> None:
    usual = usual_of([rank(count(noise()))])

    top = rank(count(noise() + outage()), BROKE, usual)[0]

    assert top.template == "get setting <*> failed: redis: connection pool timeout"
    assert top.count == top.lines == 3_000
    assert top.new is True
    assert top.first_seen == top.onset == BEGAN + timedelta(minutes=29.8)
    assert top.services == ("config-center",)
    assert top.pods == tuple(f"config-center-{n}" for n in range(4))
    assert top.levels == ("error",)
    assert sum(top.per_minute) == 3_000
    assert "redis: connection pool timeout" in top.example
    assert say(top.reason, "en") == "new, 3000 times; 3000 of them began with the break"
    assert say(top.reason, "zh") == "以前没出现过，共 3000 次；与故障同时突增 3000 次"


def test_what_is_usual_stays_known_and_low() -> None:
    usual = usual_of([rank(count(noise()))])

    others = rank(count(noise() + outage()), BROKE, usual)[1:]

    assert {other.new for other in others} == {False}
    assert all(other.score < 0.1 for other in others)
    assert {say(other.reason, "en").split("; ")[1] for other in others} == {"it came evenly, without a burst"}


def test_a_known_statement_that_comes_far_more_often_says_by_how_much() -> None:
    before = [said(f"redis: connection pool timeout after {n}ms", n) for n in range(0, 60, 6)]
    usual = usual_of([rank(count(before))])
    now = before + [said(f"redis: connection pool timeout after {n}ms", 30 + n / 100) for n in range(490)]

    top = rank(count(now), BROKE, usual)[0]

    assert top.new is False
    assert top.usual_per_hour == 10
    assert say(top.reason, "en").startswith("known, 500 times, 5")


def test_without_a_usual_nothing_is_called_new_or_known() -> None:
    assert {signature.new for signature in rank(count(noise()))} == {None}


def test_what_began_nearer_to_the_break_ranks_higher() -> None:
    early = [said(f"disk {n} of raid is degraded", 5 + n / 200) for n in range(200)]
    near = [said(f"lock wait timeout on row {n}", 29 + n / 200) for n in range(200)]
    late = [said(f"client {n} gave up", 40 + n / 200) for n in range(200)]

    ranked = rank(count(noise() + early + near + late), BROKE)

    assert [signature.template for signature in ranked[:3]] == [
        "lock wait timeout on row <*>",
        "client <*> gave up",
        "disk <*> of raid is degraded",
    ]
    assert "likely an effect" in say(ranked[1].reason, "en")


def test_no_lines_make_no_signatures() -> None:
    assert rank(count([])) == []
    assert rank(count_bytes([])) == []


SAME = {
    "numbers": ("batch 17 took 300 ms", "batch 9 took 12 ms"),
    "units that change with size": ("block stored (size 4.0 KB, free 2.1 GB)", "block stored (size 16.0 B, free 317.5 MB)"),
    "addresses": ("connect to 10.1.2.3:6379 failed", "connect to 192.168.0.77:6380 failed"),
    "hosts and names of hosts": ("connect to redis-a.prod.example.com:6379 failed", "connect to 10.1.2.3:6379 failed"),
    "paths": ("cannot open /var/lib/app/one.conf now", "cannot open /etc/two/three/four.d now"),
    "paths of Windows": (r"cannot open C:\Windows\a\b.dll now", r"cannot open D:\Data\c.dll now"),
    "links": ("see http://wiki.example.com/a for more", "see https://example.org/b?x=1#y for more"),
    "identifiers": ("task attempt_14_0020_m_02_0 done", "task attempt_99_0001_r_11_1 done"),
    "uuids": ("instance 0673dd71-34c5-4fbd-9f1a-aabbccddeeff up", "instance ffffffff-aaaa-bbbb-cccc-dddddddddddd1 up"),
    "dates": ("certificate expires Sat Mar 11 11:00:00 2023 here", "certificate expires Sun Dec 4 04:47:44 2022 here"),
    "Chinese": ("订单 20230311 支付失败：余额不足", "订单 7 支付失败：余额不足"),
    "Chinese without blanks": ("用户12下单失败，原因：库存服务超时", "用户99999下单失败，原因：库存服务超时"),
    "keys in quotes": ("key 'cfg:user:17' is hot", "key 'cfg:order:4' is hot"),
    "names behind their noun": ("session opened for user root by uid 0", "session opened for user cyrus by uid 0"),
}


@pytest.mark.parametrize("pair", list(SAME.values()), ids=list(SAME))
def test_values_do_not_part_a_statement(pair: tuple[str, str]) -> None:
    assert len(rank(count(said(text, 1) for text in pair * 3))) == 1


OTHER = {
    "states": ("breaker is OPEN now", "breaker is CLOSED now"),
    "yes and no": ("retry allowed: true", "retry allowed: false"),
    "doings": ("VM Started (Lifecycle Event)", "VM Paused (Lifecycle Event)"),
    "words more": ("Failed password for root from 10.1.1.1 port 22", "Failed password for invalid user root from 10.1.1.1 port 22"),
    "Chinese states": ("订单 7 状态变更：待支付", "订单 7 状态变更：已发货"),
    "methods": ("POST /v1/orders took 3 ms", "GET /v1/orders took 3 ms"),
}


@pytest.mark.parametrize("pair", list(OTHER.values()), ids=list(OTHER))
def test_wording_parts_two_statements(pair: tuple[str, str]) -> None:
    assert len(rank(count(said(text, 1) for text in pair * 3))) == 2


def test_a_life_cycle_of_many_states_keeps_its_states() -> None:
    states = ["NEW", "UNASSIGNED", "ASSIGNED", "RUNNING", "SUCCEEDED", "FAILED", "KILLED", "KILL_WAIT"]

    assert len(rank(count(said(f"task_{n} moved to {state}", n) for state in states for n in range(9)))) == len(states)


def test_a_place_with_many_words_is_data() -> None:
    words = ["alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta"]

    (signature,) = rank(count(said(f"cannot find plugin-set {word} anywhere", n) for n, word in enumerate(words)))

    assert signature.template == "cannot find plugin-set <*> anywhere"


def test_an_optional_name_in_brackets_belongs_to_its_statement() -> None:
    lines = [said(f"synchronized to 10.1.1.{n}, stratum 3", n) for n in range(50)] + [said("synchronized to LOCAL(0), stratum 10", 51)]

    assert len(rank(count(lines))) == 1


JAVA = """2023-03-11 11:00:01,5 ERROR cannot load settings for user 17
java.lang.IllegalStateException: pool exhausted
\tat com.example.Store.get(Store.java:41)
\tat com.example.Api.read(Api.java:7)
Caused by: redis.Timeout: no connection in 3000 ms
\tat redis.Pool.take(Pool.java:99)
\t... 2 more
2023-03-11 11:00:02,5 ERROR cannot load settings for user 4
java.lang.IllegalStateException: pool exhausted
\tat com.example.Other.get(Other.java:1)
Caused by: redis.Timeout: no connection in 2000 ms
2023-03-11 11:00:03,5 INFO started in 3 s
"""


def test_a_stack_trace_is_one_event_told_by_its_first_line_and_its_cause() -> None:
    trace, other = rank(count_bytes([JAVA.encode()], PLAIN))

    assert trace.template == "cannot load settings for user <*> ⏎ Caused by: redis.Timeout: no connection in <*>"
    assert (trace.count, trace.lines) == (2, 11)
    assert (other.template, other.count) == ("started in <*>", 1)


def test_a_trace_of_python_is_told_by_its_error() -> None:
    text = 'Traceback (most recent call last):\n  File "a.py", line 3, in f\n    g()\nValueError: no such key 17'

    (signature,) = rank(count([said(text, 1)]))

    assert signature.template == "Traceback (most recent call last): ⏎ ValueError: no such key <*>"


def test_stamps_without_a_zone_are_read_in_the_zone_of_their_writer() -> None:
    local = Columns(names=TSV.names, zone="Asia/Shanghai")
    row = b"2023-03-11 11:00:00.250\tconfig-center\tpod-1\tERROR\tredis: connection pool timeout\n"

    (signature,) = rank(count_bytes([row], local))

    assert signature.first_seen == datetime(2023, 3, 11, 3, 0, 0, 250_000, tzinfo=UTC)


STAMPS = {
    "2023-03-11T11:00:00Z": datetime(2023, 3, 11, 11, tzinfo=UTC),
    "2023-03-11T11:00:00.123456+08:00": datetime(2023, 3, 11, 3, 0, 0, 123_456, tzinfo=UTC),
    "2023-03-11 11:00:00,5": datetime(2023, 3, 11, 11, 0, 0, 500_000, tzinfo=UTC),
    "2023/03/11 11:00:00": datetime(2023, 3, 11, 11, tzinfo=UTC),
    "1678503600": datetime(2023, 3, 11, 3, tzinfo=UTC),
    "1678503600123": datetime(2023, 3, 11, 3, 0, 0, 123_000, tzinfo=UTC),
    "11/Mar/2023:11:00:00 +0800": datetime(2023, 3, 11, 3, tzinfo=UTC),
    "2024-02-29T00:00:00.999999999Z": datetime(2024, 2, 29, 0, 0, 0, 999_999, tzinfo=UTC),
    "2023-02-29T00:00:00Z": None,
    "2023-03-11T24:00:00Z": None,
    "0000-01-01T00:00:00": None,
    "0001-01-01 00:00:00": None,
    "9999-12-31T23:59:59-08:00": None,
    "9999-12-31 23:59:59": None,
    "yesterday": None,
}


@pytest.mark.parametrize("stamp,moment", list(STAMPS.items()), ids=list(STAMPS))
def test_stamps_are_read_as_they_are_written(stamp: str, moment: datetime | None) -> None:
    (signature,) = rank(count_bytes([f"{stamp}\ts\tp\tERROR\tx\n".encode()], TSV))

    assert signature.first_seen == moment


def test_a_line_without_any_head_stands_alone() -> None:
    ranked = rank(count_bytes([b"one thing\nanother matter\n\none thing\n"], NO_HEAD))

    assert sorted((signature.template, signature.count) for signature in ranked) == [("", 1), ("another matter", 1), ("one thing", 2)]


def test_bytes_of_gb18030_among_utf_8_are_read() -> None:
    row = "2023-03-11 11:00:00\ts\tp\tERROR\t余额不足\n"

    (signature,) = rank(count_bytes([row.encode() + row.encode("gb18030")], TSV))

    assert (signature.template, signature.count) == ("余额不足", 2)


def test_secrets_leave_neither_with_the_template_nor_with_the_example() -> None:
    (signature,) = rank(count([said("dial redis://default:hunter2@10.0.0.1:6379 failed, password=hunter2 user=13812345678", 1)]))

    assert "hunter2" not in signature.example + signature.template
    assert "13812345678" not in signature.example + signature.template


def test_a_line_of_a_megabyte_is_counted_like_any_other() -> None:
    huge = b"2023-03-11T11:00:00Z\ts\tp\tERROR\tdump: " + b"a b \x00" * 250_000 + b"\n"

    (signature,) = rank(count_bytes([huge * 2], TSV))

    assert signature.count == 2
    assert len(signature.example) <= 2_100


def test_the_example_of_the_page_runs() -> None:
    page = Path(__file__).parents[2] / "docs/diagnosis/log_signatures.md"
    (example,) = re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)

    exec(compile(example, str(page), "exec"), {})
