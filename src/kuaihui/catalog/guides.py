"""
Troubleshooting guides: steps that are carried out to find the cause, as a file.

Rule 1: a step asks one source one question; if the answer holds, the guide concludes or goes on, else it goes elsewhere or ends.
Rule 2: steps never go in a circle, and every step that is named is there: a guide always ends.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Literal

from pydantic import Field

from kuaihui.catalog.shapes import Entry, Named, Span


class Question(Entry):
    """What a step asks of which source; a span left out is an hour of logs and metrics, a week of changes."""

    source: Literal["logs", "metrics", "changes", "redis"]
    query: str = ""  # metrics: the expression, the service's own signal when left out; logs: words to search for
    level: str = "error"
    last: Span = timedelta(0)


class Condition(Entry):
    """When an answer holds; every part that is given must."""

    signature: str = ""  # logs: a regular expression that a signature's template fits
    at_least: int = Field(default=1, ge=1)  # logs: so many lines of it
    finding: str = ""  # redis: a kind of finding, like "hot key"
    weight: float = Field(default=0.0, ge=0, le=1)  # redis: at least this weighty
    above: float | None = None  # metrics: the last value
    below: float | None = None
    within: Span = timedelta(0)  # changes: one of this service, this long before the break


class GuideStep(Entry):
    """One step, with where it leads."""

    says: Named
    ask: Question
    holds: Condition
    conclude: str = ""  # the known error it leads to, when it holds; the guide is at its end
    then: str = ""
    otherwise: str = ""


class Guide(Entry):
    """A guide for alerts of these services (none: of all)."""

    id: str
    name: Named
    services: tuple[str, ...] = ()
    first: str
    steps: Mapping[str, GuideStep]


def guide_for(guides: Mapping[str, Guide], service: str) -> Guide | None:
    """The guide of a service: one that names it before one for all."""
    own = [guide for guide in guides.values() if service in guide.services]
    return next(iter(own + [guide for guide in guides.values() if not guide.services]), None)


def led_to(guide: Guide) -> Iterator[tuple[str, str, str]]:
    """Every step that another names: where it is named ("" is the guide itself), the key, the name."""
    yield "", "first", guide.first
    for name, step in guide.steps.items():
        for key in ("then", "otherwise"):
            if getattr(step, key):
                yield name, key, getattr(step, key)


def circle(guide: Guide) -> str:
    """A step from which the guide can come back to itself; empty when it always ends."""
    done: set[str] = set()

    def goes_round(step: str, above: frozenset[str]) -> str:
        if step in above:
            return step
        if step in done or step not in guide.steps:
            return ""
        found = next(
            filter(None, (goes_round(to, above | {step}) for to in (guide.steps[step].then, guide.steps[step].otherwise) if to)), ""
        )
        done.add(step)
        return found

    return goes_round(guide.first, frozenset())
