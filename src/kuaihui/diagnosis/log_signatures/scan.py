"""
The compiled pass over the bytes of lines with columns: it folds, hashes and counts every line in place.

Rule 1: a line is counted only when the pass is sure of it: a head that fits, a stamp of the expected layout, a text that is told by itself.
        Every other event (a stack trace, JSON, a huge line, a strange stamp) is handed back as a range of bytes, to be counted by columns.
Rule 2: two texts get one number exactly when they have one shape (shapes.py) and one origin, but for a collision of 64-bit hashes.
"""
# pyright: basic
# ruff: noqa: PLR0913, PLR0915, PLR0917, PLR1714
# The functions below are Python only in form: numba compiles them and knows the types that a checker cannot.

from __future__ import annotations

from typing import Final

import numpy as np
from numba import njit, uint64

# What a byte is to a word: no part of it, a letter of it, a digit (which makes the whole word numbered).
KINDS: Final = np.array([2 if 48 <= b < 58 else int(b == 95 or chr(b).isalnum()) if b < 128 else 0 for b in range(256)], np.uint8)
FACTORS: Final = np.array([pow(0x9E3779B97F4A7C15, n + 3, 1 << 64) | 1 for n in range(64)], np.uint64)
# Roles of a column.
SKIPPED, AT, SERVICE, POD, LEVEL = range(5)
# Columns of `where`: begin and end of service, pod, level and text of the first line of each number.
STRETCHES: Final = 8
# Places of `state`: how many numbers and odd ranges there are, the first minute of the window.
NUMBERS, ODDS, BASE = range(3)
# Places of `layout`: of a stamp, its length, the digits of its fraction, its dash and its blank, microseconds to add, its suffix's length.
LENGTH, FRACTION, DASH, BLANK, SHIFT, SUFFIX = range(6)
# Places of a cell, which stands for a number in a minute: beside each other, since every line touches all three.
COUNT, FIRST, LAST = range(3)
_MIX: Final = 0x9E3779B97F4A7C15
_NUMBERED: Final = 0xABCDEF1234567
_NEWLINE: Final = 10
_BRACE: Final = 123
_UNREADABLE: Final = -(1 << 62)


@njit(nogil=True, cache=True)
def _two(buf, at):
    """The number of two digits, -1 where they are none."""
    tens, ones = int(buf[at]) - 48, int(buf[at + 1]) - 48
    return tens * 10 + ones if 0 <= tens <= 9 and 0 <= ones <= 9 else -1


@njit(nogil=True, cache=True)
def _minute(buf, at, layout):
    """Minutes since 1970 of YYYY-MM-DDTHH:MM (days_from_civil of Howard Hinnant); unreadable where it is none."""
    century, year, month, day = _two(buf, at), _two(buf, at + 2), _two(buf, at + 5), _two(buf, at + 8)
    hour, minute = _two(buf, at + 11), _two(buf, at + 14)
    marks = buf[at + 4] == layout[DASH] and buf[at + 7] == layout[DASH] and buf[at + 10] == layout[BLANK] and buf[at + 13] == 58
    year += century * 100
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    longest = 28 + leap if month == 2 else 30 if month in (4, 6, 9, 11) else 31
    a_day, a_minute = 1 <= month <= 12 and 1 <= day <= longest, 0 <= hour < 24 and 0 <= minute < 60
    if not marks or not 1900 <= year <= 9998 or not a_day or not a_minute:
        return _UNREADABLE
    if month <= 2:
        year -= 1
    of_era = year % 400
    of_year = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5 + day - 1
    days = year // 400 * 146097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719468
    return days * 1440 + hour * 60 + minute


@njit(nogil=True, cache=True)
def _stamp(buf, begin, end, layout, suffix):
    """Microseconds since 1970 of what stands in a stamp's length of bytes; unreadable where it has another layout."""
    for k in range(layout[SUFFIX]):
        if buf[end - layout[SUFFIX] + k] != suffix[k]:
            return _UNREADABLE
    minute = _minute(buf, begin, layout)
    second = _two(buf, begin + 17)
    if minute == _UNREADABLE or buf[begin + 16] != 58 or not 0 <= second < 60:
        return _UNREADABLE
    fraction, digits = 0, layout[FRACTION]
    if digits and buf[begin + 19] != 46 and buf[begin + 19] != 44:
        return _UNREADABLE
    for k in range(max(6, digits)):
        digit = 0
        if k < digits:
            digit = int(buf[begin + 20 + k]) - 48
            if not 0 <= digit <= 9:
                return _UNREADABLE
        if k < 6:
            fraction = fraction * 10 + digit
    return minute * 60_000_000 + second * 1_000_000 + fraction + layout[SHIFT]


@njit(nogil=True, cache=True)
def _field_end(buf, i, separator):
    """Where the field that goes on here ends: at a separator or the line's end."""
    while buf[i] != separator and buf[i] != _NEWLINE:
        i += 1
    return i


@njit(nogil=True, cache=True)
def _at(buf, begin, end, separator, layout, suffix):
    """The end of the stamp's field and its instant; most stamps have the layout, so the end is looked for only where one has not."""
    stop = begin + layout[LENGTH]
    at = _stamp(buf, begin, stop, layout, suffix) if stop < end and buf[stop] == separator else _UNREADABLE
    return (stop, at) if at != _UNREADABLE else (_field_end(buf, begin, separator), at)


@njit(nogil=True, cache=True)
def _hashed(buf, begin, separator, h, factors):
    """The end of the field, and its hash mixed into `h`."""
    i, word = begin, uint64(0)
    b = buf[i]
    while b != separator and b != _NEWLINE:
        word += uint64(b) * factors[(i - begin) & 63]
        i += 1
        b = buf[i]
    h = (h ^ (word + uint64(i - begin))) * uint64(_MIX)
    return i, h ^ (h >> uint64(32))


@njit(nogil=True, cache=True)
def _text(buf, i, h, kinds, factors):
    """The end of the line that goes on here, and the hash of its shape mixed into `h`."""
    b = buf[i]
    while b != _NEWLINE:
        if kinds[b] == 0:
            h = (h ^ uint64(b)) * uint64(_MIX)
            h ^= h >> uint64(29)
            i += 1
            b = buf[i]
            continue
        word, numbered, j = uint64(0), False, 0
        k = kinds[b]
        while k:
            numbered |= k == 2
            word += uint64(b) * factors[j & 63]
            j += 1
            i += 1
            b = buf[i]
            k = kinds[b]
        # A sum of letters by factors of their places is a universal hash, and its steps do not wait for each other.
        h = (h ^ (uint64(_NUMBERED) if numbered else word + uint64(j))) * uint64(_MIX)
        h ^= h >> uint64(32)
    return i, h


@njit(nogil=True, cache=True)
def _number(h, keys, ids, state):
    """The number of this hash; a new one is the count of those before it. -1 when there is room for no more."""
    mask = len(keys) - 1
    s = int(h >> uint64(20)) & mask
    while ids[s] >= 0:
        if keys[s] == h:
            return ids[s]
        s = (s + 1) & mask
    n = state[NUMBERS]
    if 2 * n >= len(keys):
        return -1
    ids[s], keys[s] = n, h
    state[NUMBERS] = n + 1
    return n


@njit(nogil=True, cache=True)
def scan(buf, start, end, separator, roles, layout, suffix, longest, kinds, factors, keys, ids, where, cells, state, odd):
    """
    Count the lines of buf[start:end], which are whole and begin with a head.

    Returns where it stopped: at `end`, or earlier at a line it has no room for (a number, a minute outside the window, an odd range too
    many), to be called again from there with fresh tables. `odd` gets the ranges that were not counted.
    """
    i = start
    event, number, minute, moment = start, -1, 0, 0  # of the event that is not closed yet; its number is -1 when it is odd
    cut = np.zeros(STRETCHES, np.int64)
    while i < end:
        line, h, at = i, uint64(1469598103934665603), _UNREADABLE
        cut[:] = line
        fits = True
        for role in roles:
            begin = i
            if role == AT:
                i, at = _at(buf, begin, end, separator, layout, suffix)
            elif role == SKIPPED:
                i = _field_end(buf, begin, separator)
            else:
                i, h = _hashed(buf, begin, separator, h ^ uint64(role), factors)
                cut[2 * role - 4], cut[2 * role - 3] = begin, i
            if buf[i] == _NEWLINE or (role == AT and i == begin):
                fits = False
                break
            i += 1
        if not fits:
            while buf[i] != _NEWLINE:
                i += 1
            i += 1
            number = -1
            continue
        begin = i
        i, h = _text(buf, i, h, kinds, factors)
        cut[6], cut[7] = begin, i
        m = at // 60_000_000 - state[BASE]
        told = at != _UNREADABLE and buf[begin] != _BRACE and i - begin <= longest
        roomy = state[ODDS] + 2 < len(odd) and (not told or 0 <= m < cells.shape[1])
        known = state[NUMBERS]
        q = _number(h, keys, ids, state) if told and roomy else -1
        if not roomy or (told and q < 0):
            i = line
            break
        if q == known:
            where[q] = cut
        _close(event, line, number, minute, moment, cells, state, odd)
        event, number, minute, moment = line, q, m, at
        i += 1
    _close(event, i, number, minute, moment, cells, state, odd)
    return i


@njit(nogil=True, cache=True)
def _close(event, line, number, minute, moment, cells, state, odd):
    """Count the event that ends before this line, or note its range when it is odd."""
    if event == line:
        return
    if number < 0:
        n = state[ODDS]
        if n and odd[n - 1, 1] == event:
            odd[n - 1, 1] = line
        else:
            odd[n] = (event, line)
            state[ODDS] = n + 1
        return
    cell = cells[number, minute]
    if cell[COUNT] == 0 or moment < cell[FIRST]:
        cell[FIRST] = moment
    if cell[COUNT] == 0 or moment > cell[LAST]:
        cell[LAST] = moment
    cell[COUNT] += 1
