"""
A drill as files: what breaks, who is there, what they do, and what should come of it.

Rule 1: a drill is a folder with drill.yaml; its cast are the files cast/*.yaml of that folder, laid over the common cast: the folder `cast`
        beside it, or ours where there is none.
Rule 2: a key that is misspelt is a fault with its place, as everywhere in the catalog.
Rule 3: people act only by deeds, words and releases; nothing here writes a fact.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any, Final, Literal, TypeVar, cast

import yaml
from pydantic import Field, ValidationError

from kuaihui.app.drill.stage.description import SERVICE, Description
from kuaihui.app.drill.stage.descriptions import BY_NAME
from kuaihui.catalog.shapes import Clock, Entry, Moment, Named, Span
from kuaihui.catalog.slips import told
from kuaihui.errors import BadSettings
from kuaihui.language import text

OURS: Final = Path(str(files("kuaihui.samples"))) / "drills"
COMMON_CAST: Final = "cast"
E = TypeVar("E", bound=Entry)
Never = Literal["never"]


class When(Entry):
    """
    What somebody waits for; every condition that is given must hold.

    `fact` is a kind of fact ("MeetingOpened"), `says` a regular expression its English sentence must fit, `by` who did it, `times` the how
    manieth. `done` is the id of another act that was carried out; `begun`: the incident is there. `also`: this has to have happened too.
    """

    begun: bool = False
    fact: str = ""
    says: str = ""
    by: str = ""
    times: int = Field(default=1, ge=1)
    done: str = ""
    also: When | None = None


class Release(Entry):
    """A release through the pipeline: which version, where to."""

    version: str
    to: Literal["preproduction", "canary", "full"]


class Act(Entry):
    """
    One thing that somebody does: `after` what they wait for, unless something has happened; what is refused is tried `again` later.

    What is given of: `says` (words in the topic, which may be a command), `deed` with its fields, `release`, `tries_out` (an environment;
    with `passed` said when it works), `heat` (what is wrong in the world changes: Redis is started again; `does` is its button's name for
    whoever plays this person).
    In `says`, {0} is what the first group of the condition's expression found.
    """

    id: str = ""
    when: When
    after: Span = timedelta(0)
    again: Span = timedelta(0)
    unless: When | None = None
    says: Named | None = None
    deed: str = ""
    fields: dict[str, Any] = {}  # a deed's own fields; the API checks them
    release: Release | None = None
    tries_out: str = ""
    passed: Named | None = None
    heat: int | None = None
    does: Named | None = None

    def fields_in(self, language: str) -> dict[str, Any]:
        """The deed's fields, those that have two languages in this one."""
        return {name: _in(value, language) for name, value in self.fields.items()}


def _in(value: Any, language: str) -> Any:
    return cast("dict[str, Any]", value).get(language, value) if isinstance(value, dict) else value


class Persona(Entry):
    """
    Somebody of the cast: how soon they read what is sent to them, take a page on, join; or "never".

    Nobody does anything before they have read the first word that was sent to them: what they waited for counts from then on.

    `away_until` is how long after the beginning they see nothing at all, or until `back` has happened where that is sooner; `roles` are
    those they take when asked.
    """

    person: str
    says_of_themself: Named
    knows: tuple[str, ...] = ()
    reads_after: Span | Never = timedelta(seconds=20)
    takes_on_after: Span | Never = "never"
    away_until: Span = timedelta(0)
    back: When | None = None
    roles: tuple[str, ...] = ()
    takes_role_after: Span = timedelta(seconds=15)
    joins_after: Span | Never = timedelta(seconds=20)
    acts: tuple[Act, ...] = ()


class Heat(Entry):
    """From this time after the beginning, the stage stands at this level."""

    after: Span
    level: int = Field(ge=0)


class Line(Entry):
    """Lines of a log as the declared curves have them: how many, and whether they were there before."""

    template: str
    count: int
    new: bool = True
    level: str = "error"


class Finding(Entry):
    """Something about Redis, as the declared curves have it."""

    kind: str
    says: Named
    weight: float
    key: str = ""


class Evidence(Entry):
    """What looking shows while it is broken, in virtual time."""

    logs: tuple[Line, ...] = ()
    redis: tuple[Finding, ...] = ()


class Hours(Entry):
    """When a drill may come as a surprise: on these weekdays, between these times of day in the team's zone."""

    days: tuple[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"], ...] = ("mon", "tue", "wed", "thu", "fri")
    since: Clock = Field(default="10:00", validate_default=True)
    until: Clock = Field(default="17:00", validate_default=True)


class Expected(Entry):
    """What should come of it: the cause that is found ("": honestly none), how it ends, whether it breaks again, how many pages at most."""

    cause: str = ""
    mended: Literal["hotfix", "rollback", "by hand", "by itself"] = "hotfix"
    reopened: bool = False
    pages_at_most: int = 0  # over all incidents; 0: as many as it takes


class Script(Entry):
    """One drill."""

    id: str
    name: Named
    about: Named
    stage: str
    service: str = SERVICE  # of the catalog: the one that breaks
    begins: Moment | None = None  # in virtual time; left out: the story's Saturday
    longest: Span = timedelta(minutes=60)
    fastest: float = Field(default=60, ge=1)  # the greatest `--speed` at which people do not outrun the physics
    heat: tuple[Heat, ...]
    last_change: Span | None = timedelta(days=3)  # how long ago the last release was, before it all began
    evidence: Evidence = Evidence()
    expected: Expected = Expected()
    hours: Hours = Hours()
    cast: tuple[Persona, ...] = ()
    folder: Path = Path()

    @property
    def described(self) -> Description:
        """The stage it is acted on, which plays its service. Raises BadSettings for a stage that there is not."""
        if self.stage not in BY_NAME:
            raise BadSettings(text("there is no stage {stage}; there are: {known}", stage=self.stage, known=tuple(BY_NAME)))
        return replace(BY_NAME[self.stage], plays=self.service)


def read_script(folder: Path) -> Script:
    """The drill in this folder with its whole cast. Raises BadSettings that names file and key."""
    given = _read(folder / "drill.yaml")
    cast: dict[str, dict[str, Any]] = {}
    beside = folder.resolve().parent / COMMON_CAST
    for path in [
        path for place in (beside if beside.is_dir() else OURS / COMMON_CAST, folder / "cast") for path in sorted(place.glob("*.yaml"))
    ]:
        cast[path.stem] = cast.get(path.stem, {"person": path.stem}) | _read(path)
    people = [_shaped(Persona, one, f"cast/{name}.yaml") for name, one in cast.items()]
    whole = _shaped(Script, given | {"id": folder.resolve().name}, str(folder / "drill.yaml"))
    return whole.model_copy(update={"cast": tuple(people), "folder": folder})


def _shaped(shape: type[E], given: dict[str, Any], file: str) -> E:
    try:
        return shape.model_validate(given)
    except ValidationError as wrong:
        raise BadSettings(text("{file}: {wrong}", file=file, wrong=told(wrong, shape)[0])) from wrong


def _read(path: Path) -> dict[str, Any]:
    """A file's values. Raises BadSettings where there is none, or it is not YAML."""
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError as none:
        raise BadSettings(text("there is no file or folder {path}", path=str(path))) from none
    except yaml.YAMLError as broken:
        raise BadSettings(text("{path} is not YAML: {what}", path=str(path), what=str(broken))) from broken
    return cast("dict[str, Any]", found) if isinstance(found, dict) else {}
