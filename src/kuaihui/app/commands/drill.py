"""Acting an incident out before it happens."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

import typer

from kuaihui.app.clocks import RealClock
from kuaihui.app.commands.catalog import File
from kuaihui.app.commands.markdown import show
from kuaihui.app.commands.running import run
from kuaihui.app.commands.speaking import colon, language, one_line_errors
from kuaihui.app.drill.act import Ended, Wanted, act_virtually
from kuaihui.app.drill.report import AS_WRITTEN, BESIDE
from kuaihui.app.drill.script import Script
from kuaihui.app.drill.shelf import every, find, surprise
from kuaihui.app.settings import Settings
from kuaihui.app.settings_sections import CatalogPlace
from kuaihui.catalog.load import load
from kuaihui.errors import KuaihuiError, Refused
from kuaihui.language import Text, text, translate
from kuaihui.language.joining import on_one_line


def drill(  # noqa: PLR0913, PLR0917  # each is one word people may say
    name: Annotated[str, typer.Argument(help="a drill's name, or a folder with drill.yaml")] = "",
    listed: Annotated[bool, typer.Option("--list", help="the drills there are")] = False,
    everything: Annotated[
        bool, typer.Option("--all", help="every drill, one after the other; fails where one does not end as written")
    ] = False,
    by_surprise: Annotated[bool, typer.Option("--surprise", help="one of those that may come at this hour")] = False,
    play: Annotated[list[str] | None, typer.Option("--play", help="a part that a person plays: 小美, xiaomei")] = None,
    speed: Annotated[float, typer.Option(min=1, max=60, help="how much people's waiting is compressed; never the physics")] = 1.0,
    seed: Annotated[int, typer.Option(help="who hesitates how long; the same seed, the same drill")] = 1,
    virtual: Annotated[bool, typer.Option("--virtual", help="in virtual time, on declared curves: done in seconds")] = False,
    own: Annotated[Path | None, typer.Option("--drills", help="a folder with your own drills")] = None,
    reports: Annotated[Path, typer.Option(help="where reports are kept")] = Path("var/drills"),
    stay: Annotated[bool, typer.Option("--stay", help="leave the pages up afterwards")] = False,
    port: Annotated[int, typer.Option(min=0, max=65535, help="where the pages are")] = 8467,
    own_parts: Annotated[bool, typer.Option("--own-parts", help="leave nginx, Prometheus and Alertmanager aside")] = False,
    settings: File = None,
) -> None:
    """Act an incident out on real parts, with a cast, and grade it."""
    with one_line_errors():
        if listed:
            _list(every(own))
            return
        if everything and name:
            raise Refused(text("name a drill, or say --all: not both"))
        place = Settings.load(settings).catalog
        catalog = place.folder if place.folder.exists() or place != CatalogPlace() else sample()
        scripts = _possible(own, catalog) if everything else [_chosen(name, own, catalog, by_surprise=by_surprise)]
        parts = tuple(_parts(play or [], catalog))
        wanted = [Wanted(script, catalog, reports, seed, speed, parts, port, _language(), own_parts=own_parts) for script in scripts]
        reports.mkdir(parents=True, exist_ok=True)  # told now, not when the drill is over
        if everything:
            raise typer.Exit(0 if every_one(wanted, virtually if virtual else on_parts) else 1)
        _ = virtually(wanted[0]) if virtual else on_parts(wanted[0], stay=stay)


def every_one(wanted: Sequence[Wanted], act: Callable[[Wanted], Ended | None]) -> bool:
    """Act them one after the other and tell how each ended; whether all ended as they are written. Broken off, the rest is left out."""
    rows: list[str] = []
    as_written = True
    for one in wanted:
        try:
            ended = act(one)
        except KuaihuiError as failed:
            grade, differs = "—", (failed.text,)
        else:
            if ended is None:
                as_written = False
                break
            grade, differs = f"{ended.grade.letter} · {ended.grade.points()}", ended.differs
        as_written = as_written and not differs
        rows.append(f"| {one.script.id} | {grade} | {translate('; ', language()).join(map(_said, differs or (AS_WRITTEN,)))} |")
    head = " | ".join(_said(words) for words in (text("drill"), text("grade"), BESIDE))
    show("\n".join([f"| {head} |", "| --- | --- | --- |", *rows]))
    return as_written


def _said(words: Text) -> str:
    return on_one_line(words, language())


def virtually(wanted: Wanted) -> Ended | None:
    """Act a drill in virtual time; None where it was broken off."""
    ended: list[Ended] = []

    async def act() -> None:
        ended.append(await act_virtually(wanted, show))

    run(act())
    return ended[0] if ended else None


def on_parts(wanted: Wanted, *, stay: bool = False) -> Ended | None:
    """Act a drill on real parts, shown on the terminal and on its pages; None where it was broken off. Raises KuaihuiError."""
    from kuaihui.app.drill.live import act_live  # noqa: PLC0415  # a stage needs the extra `drill`, everything else does not
    from kuaihui.app.drill.terminal import View  # noqa: PLC0415  # as above

    view = View(wanted.language)
    ended: list[Ended] = []

    async def act() -> None:
        with view.open():
            ended.append(await act_live(wanted, view.report, view.say, view.watch, stay=stay))

    run(act())
    return ended[0] if ended else None


def _language() -> Literal["zh", "en"]:
    return "en" if language() == "en" else "zh"


def sample() -> Path:
    """The founding story's catalog."""
    return Path(str(files("kuaihui.samples"))) / "config_center"


def _list(scripts: Sequence[Script]) -> None:
    for script in scripts:
        typer.echo(f"{script.id:20} {script.name.told(language())}{colon()}{script.about.told(language())}")


def _chosen(name: str, own: Path | None, catalog: Path, *, by_surprise: bool) -> Script:
    if name:
        return find(name, own)
    if not by_surprise:
        raise Refused(text("name a drill (kuaihui drill --list shows them), or say --surprise"))
    zone = ZoneInfo(load(catalog).time_zone)
    return surprise(_possible(own, catalog), RealClock().now(), zone, secrets.randbits(64))


def _possible(own: Path | None, catalog: Path) -> list[Script]:
    """The drills whose service this catalog has."""
    services = load(catalog).services
    return [script for script in every(own) if script.service in services]


def _parts(wanted: Sequence[str], catalog: Path) -> list[str]:
    """People by id or by any of their names. Raises Refused for somebody the catalog does not know."""
    people = load(catalog).people
    known = {name.casefold(): person for person, one in people.items() for name in (person, one.name.zh, one.name.en)}
    unknown = [name for name in wanted if name.casefold() not in known]
    if unknown:
        raise Refused(text("there is no part {person} in this drill", person=unknown[0]))
    return [known[name.casefold()] for name in wanted]
