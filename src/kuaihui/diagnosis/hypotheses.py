"""
What is the cause: every known error weighed against what was seen.

Rule 1: pieces of evidence add up as independent chances do (1 - the product of what each leaves over); what speaks against takes away.
Rule 2: the newest look at Redis counts, since a calm look replaces a busy one; log signatures and suspect changes of the occasion add up.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from math import prod
from typing import Final

import msgspec

from kuaihui.diagnosis.known_errors import KNOWN, Changed, Clue, Found, KnownError, Logged, Missing
from kuaihui.incident.evidence import LoggedSignature, LogsSearched, RedisFinding, RedisInspected
from kuaihui.incident.thinking import AGAINST, FOR, ChangeExcluded, ChangeSuspected, GuideConcluded
from kuaihui.incident.timeline import Timeline
from kuaihui.language import Text as Words
from kuaihui.language import text

# Below this a cause is not worth a person's attention.
WORTH_RAISING: Final = 0.3
# And below this, with something heavy against it, one that was raised is taken back.
RULED_OUT: Final = 0.1
_FEW: Final = 10  # a signature with fewer lines than this counts half
_HEAVY: Final = 0.5  # what speaks against with at least this contradicts a proof
_GUIDE: Final = 0.4  # how much the end of a guide speaks for the cause it leads to
# With these findings, what Redis does not show says nothing.
_BLIND: Final = frozenset({"down", "login refused", "loading"})


class Piece(msgspec.Struct, frozen=True):
    """One piece of evidence: the fact's number, its side, its weight (0 to 1), and what it says."""

    fact: int
    side: str
    weight: float
    says: Words


class Weighed(msgspec.Struct, frozen=True):
    """A known error with all that speaks for and against it; `proof` confirms it, `refuted` is the heaviest thing that contradicts it."""

    known: KnownError
    pieces: tuple[Piece, ...]
    score: float
    proof: Piece | None = None
    refuted: Piece | None = None


class Seen(msgspec.Struct, frozen=True):
    """What the occasion has shown so far, each with the number of its fact."""

    logged: Sequence[tuple[int, LoggedSignature]]
    redis: tuple[int, RedisInspected] | None
    changed: Sequence[tuple[int, ChangeSuspected]]
    led: Sequence[tuple[int, GuideConcluded]]


def weigh(timeline: Timeline) -> list[Weighed]:
    """Every cause that something speaks for, the likeliest first."""
    seen = _seen(timeline)
    found = [weighed for known in KNOWN.values() if (weighed := _weighed(known, seen)).score > 0]
    return sorted(found, key=lambda weighed: (weighed.proof is None, -weighed.score, weighed.known.id))


def _seen(timeline: Timeline) -> Seen:
    since = timeline.occasion
    searched = timeline.numbered(LogsSearched, since)
    looked = timeline.numbered(RedisInspected, since)
    excluded = {fact.change for fact in timeline.all(ChangeExcluded, since)}
    return Seen(
        [(number, signature) for number, fact in searched for signature in fact.signatures],
        looked[-1] if looked else None,
        [(number, fact) for number, fact in timeline.numbered(ChangeSuspected, since) if fact.change not in excluded],
        [(number, fact) for number, fact in timeline.numbered(GuideConcluded, since) if fact.cause],
    )


def _weighed(known: KnownError, seen: Seen) -> Weighed:
    speaking = [piece for clue in known.clues if (piece := _piece(clue, FOR, seen))]
    speaking += [Piece(number, FOR, _GUIDE, fact.said) for number, fact in seen.led if fact.cause == known.id]
    contradicting = [piece for clue in known.against if (piece := _piece(clue, AGAINST, seen))]
    proof = next((piece for clue in known.proofs if (piece := _piece(clue, FOR, seen))), None)
    score = (1 - _left(speaking)) * _left(contradicting)
    refuted = max((piece for piece in contradicting if piece.weight >= _HEAVY), key=lambda piece: piece.weight, default=None)
    return Weighed(known, (*speaking, *contradicting), score, None if refuted else proof, refuted)


def _left(pieces: Sequence[Piece]) -> float:
    return prod(1 - piece.weight for piece in pieces)


def _piece(clue: Clue, side: str, seen: Seen) -> Piece | None:
    match clue:
        case Logged():
            found = max(_logged(clue, seen), key=lambda piece: piece[1].count, default=None)
            return found and _as_logged(clue, side, *found)
        case Found():
            finding = _finding(clue.kind, clue.least, seen)
            return Piece(finding[0], side, min(0.99, clue.weight * finding[1].weight), finding[1].says) if finding else None
        case Missing():
            return _missing(clue, side, seen)
        case Changed():
            suspect = max(seen.changed, key=lambda one: one[1].score, default=None)
            return Piece(suspect[0], side, clue.weight * suspect[1].score, suspect[1].said) if suspect else None


def _logged(clue: Logged, seen: Seen) -> Iterator[tuple[int, LoggedSignature]]:
    pattern = _pattern(clue.pattern)
    return ((number, one) for number, one in seen.logged if pattern.search(one.template) or pattern.search(one.example))


def _as_logged(clue: Logged, side: str, number: int, signature: LoggedSignature) -> Piece:
    weight = clue.weight if signature.count >= _FEW else clue.weight / 2
    return Piece(
        number, side, weight, text("logged {count} times: {template}", count=signature.count, template=in_line(signature.template))
    )


def in_line(template: str) -> str:
    """A template as a value of a sentence: one line, and not longer than a reader takes in."""
    return " ".join(template.split())[:120]


def _finding(kind: str, least: float, seen: Seen) -> tuple[int, RedisFinding] | None:
    if seen.redis is None:
        return None
    number, looked = seen.redis
    found = max((one for one in looked.findings if one.kind == kind), key=lambda one: one.weight, default=None)
    return (number, found) if found and found.weight >= least else None


def _missing(clue: Missing, side: str, seen: Seen) -> Piece | None:
    if seen.redis is None or _finding(clue.kind, clue.least, seen):
        return None
    number, looked = seen.redis
    kinds = {finding.kind for finding in looked.findings}
    if kinds & _BLIND or any(kind.startswith(clue.kind) for kind in kinds) or _not_looked_for(clue.kind, looked):
        return None
    return Piece(number, side, clue.weight, text("Redis was looked at, and there is no {kind}", kind=spoken_kind(clue.kind)))


def _not_looked_for(kind: str, looked: RedisInspected) -> bool:
    """Whether a gap of the look hides findings of this kind."""
    sections = _SECTIONS.get(kind, ("",))
    return any(gap.section in sections for gap in looked.gaps)


def spoken_kind(kind: str) -> Words:
    """A kind of finding in words."""
    return _KINDS.get(kind, Words("{words}", {"words": kind}))


# The parts of a look at Redis without which a kind cannot be found; "" is the whole look, cut short.
_SECTIONS: Final = {"hot key": ("", "MONITOR", "HOTKEYS"), "slow commands": ("", "SLOWLOG GET", "SLOWLOG")}
_KINDS: Final = {
    "hot key": text("hot key"),
    "slow commands": text("slow command"),
    "big key": text("big key"),
}


@cache
def _pattern(written: str) -> re.Pattern[str]:
    return re.compile(written)
