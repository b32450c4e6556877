"""MONITOR's lines are counted as the server wrote them, whatever the keys and values hold."""

from collections import Counter

from hypothesis import example, given
from hypothesis import strategies as st

from kuaihui.diagnosis.heavy_hitters import HeavyHitters
from kuaihui.integrations.redis.hot_keys import by_hotkeys, margin
from kuaihui.integrations.redis.monitor_text import KeyPosition, add_to, count, keys_of, many_keys, named

READS = {"get": KeyPosition(1, 1, 1), "set": KeyPosition(1, 1, 1)}
_SHOWN = {ord("\\"): b"\\\\", ord('"'): b'\\"', 10: b"\\n", 13: b"\\r", 9: b"\\t", 7: b"\\a", 8: b"\\b"}


def shown(argument: bytes) -> bytes:
    """As Redis's sdscatrepr shows an argument."""
    return b'"' + b"".join(_SHOWN.get(byte, bytes([byte]) if 32 <= byte < 127 else b"\\x%02x" % byte) for byte in argument) + b'"'


def line(*arguments: bytes) -> bytes:
    return b"+1678503600.123456 [0 10.0.0.7:51234] " + b" ".join(map(shown, arguments)) + b"\r\n"


arguments = st.binary(min_size=1, max_size=12)
commands = st.lists(st.tuples(st.sampled_from([b"GET", b"set", b"Get"]), arguments, arguments), max_size=30)


@given(commands)
@example([(b"GET", b"a\\", b'"'), (b"GET", b'"', b"\\"), (b"set", b"\\\\", b'\\"')])
def test_every_key_is_counted_under_its_own_name_up_to_its_first_quotation_mark(written: list[tuple[bytes, bytes, bytes]]) -> None:
    counts = count(b"".join(line(*words) for words in written))
    keys = {key: sum(times.values()) for key, times in keys_of(counts, READS).items()}
    told: Counter[bytes] = Counter()
    for key, times in keys.items():
        told[named(key)] += times

    assert counts.commands == len(written)
    assert told == Counter(key if b'"' not in key else key.partition(b'"')[0] + "…".encode() for _, key, _ in written)


def test_a_command_without_arguments_a_script_and_an_unfinished_line_are_no_keys() -> None:
    counts = count(line(b"PING") + line(b"EVAL", b"return 1", b"0") + line(b"GET", b"k") + b'+1678503600.1 [0 lua] "GET" "cut')

    assert counts.commands == 3
    assert keys_of(counts, READS) == {"k": {"get": 1}}


def test_the_keys_of_a_command_of_many_are_all_found_each_once() -> None:
    lines = line(b"MGET", b"a", b"b", b"a") + line(b"mget", b'q"x') + line(b"GET", b"a")

    assert many_keys(lines, ["mget"]) == {("mget", "a"): 1, ("mget", "b"): 1, ("mget", 'q\\"x'): 1}
    assert many_keys(lines, []) == {}


def test_a_chunk_with_more_keys_than_are_kept_stays_within_the_counters_bounds() -> None:
    keys = [b"hot"] * 9_000 + [b"k%d" % number for number in range(9_000)]
    counter = HeavyHitters(1_000)
    for start in range(0, len(keys), 6_000):
        add_to(counter, count(b"".join(line(b"GET", key) for key in keys[start : start + 6_000])))

    (hot,) = counter.top(1)
    assert hot.item == "get hot"
    assert hot.at_least <= 9_000 <= hot.at_most <= hot.at_least + counter.total / counter.capacity
    assert counter.total == 18_000


def test_the_margin_shrinks_with_the_sample_and_grows_when_windows_disagree() -> None:
    agreed, more, disagreed = margin([70, 70], [100, 100]), margin([700, 700], [1000, 1000]), margin([40, 100], [100, 100])

    assert 0.05 < agreed < 0.07
    assert more < agreed < disagreed


def test_the_servers_own_hot_keys_are_read_as_it_documents_them() -> None:
    reply = [b"tracking-active", 0, b"sample-ratio", 1, b"selected-slots", [], b"all-commands-all-slots-us", 220]
    reply += [b"collection-duration-ms", 560, b"by-cpu-time-us", [b"cfg:gateway:routes", 110, b"y", 11]]
    found = by_hotkeys(reply, 1_000, bytes.decode)

    assert [(key.key, key.share) for key in found.hot.keys] == [("cfg:gateway:routes", 0.5), ("y", 0.05)]
    assert found.keys[0] == b"cfg:gateway:routes"
