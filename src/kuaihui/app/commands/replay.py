"""Running a past incident again."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Sequence
from importlib.resources import as_file, files
from pathlib import Path
from typing import Annotated, Final

import typer

from kuaihui.app.commands.catalog import File
from kuaihui.app.commands.markdown import show
from kuaihui.app.commands.speaking import language, one_line_errors
from kuaihui.app.commands.talking import Talk
from kuaihui.app.overlay import catalog_of
from kuaihui.app.replay.run import replay as run_again
from kuaihui.app.replay.told import Telling
from kuaihui.app.settings import Settings
from kuaihui.app.settings_sections import CatalogPlace
from kuaihui.briefing.side_by_side import side_by_side
from kuaihui.catalog.catalog import Catalog
from kuaihui.catalog.load import load
from kuaihui.duties import ROSTER
from kuaihui.duties.due import Duty
from kuaihui.errors import KuaihuiError, Refused
from kuaihui.incident.timeline import Timeline
from kuaihui.journal.export import read_export
from kuaihui.language import say, text

Without = Annotated[list[str], typer.Option("--without", help="leave a duty out, by its name: page_the_oncall")]
_REMEDY: Final = text("`kuaihui export INCIDENT --to FILE` writes one, and `kuaihui incidents` lists what is open")

With = Annotated[list[str], typer.Option("--with", help="add a duty: a module with a function `due`")]


def replay(
    what: Annotated[str, typer.Argument(help="an incident of the running house, or an exported file")],
    over: Annotated[list[Path] | None, typer.Option("--catalog", help="a catalog, or files laid over ours: policies.yaml")] = None,
    without: Without = [],  # noqa: B006  typer's own form of "none"
    with_: With = [],  # noqa: B006  as above
    as_quick: Annotated[bool, typer.Option("--as-quick", help="who is paged earlier answers as much earlier")] = False,
    raw: Annotated[bool, typer.Option("--markdown", help="plain Markdown instead of tables for the terminal")] = False,
    settings: File = None,
) -> None:
    """Run a past incident again under another catalog, policy or duties: who would have been paged when."""
    with one_line_errors():
        record, before = _record(what), _ours(settings)
        catalog = catalog_of(_folder(settings), *over) if over else before
        played = asyncio.run(run_again(record, catalog, duties(without, with_), as_quick=as_quick))
        compared = side_by_side(record, played.timeline, before if record.service in before.services else catalog, catalog)
        telling = Telling(language(), catalog.names(language()))
        title = say(text("Replay of {incident}: {title}", incident=record.incident, title=record.opened.title), language())
        show(telling.markdown(title, compared, played.impossible), raw=raw)


def _record(what: str) -> Timeline:
    """The record: a file that was exported, or an incident of the running house. Raises Refused that names the file and what to do."""
    path = Path(what)
    if path.is_file():
        return _read(path)
    if path.suffix or path.name != what:
        raise Refused(text("there is no file {path}: {remedy}", path=what, remedy=_REMEDY))
    try:
        return read_export(Talk().raw(f"/api/v1/incidents/{what}/export")).timeline
    except KuaihuiError as why:
        raise Refused(
            text("there is no file {path}, and no incident either ({why}): {remedy}", path=what, why=why.text, remedy=_REMEDY)
        ) from why


def _read(path: Path) -> Timeline:
    try:
        return read_export(path.read_bytes()).timeline
    except (Refused, OSError) as why:
        said = why.text if isinstance(why, Refused) else str(why.strerror)
        raise Refused(text("{path} cannot be replayed: {why}. {remedy}", path=str(path), why=said, remedy=_REMEDY)) from why


def _folder(settings: Path | None) -> Path:
    """Our catalog's folder; the sample where there is none yet."""
    place = Settings.load(settings).catalog
    if place.folder.exists() or place != CatalogPlace():
        return place.folder
    with as_file(files("kuaihui.samples") / "config_center") as sample:
        return sample


def _ours(settings: Path | None) -> Catalog:
    return load(_folder(settings))


def duties(without: Sequence[str], added: Sequence[str]) -> list[Duty]:
    """The roster without some duties and with others. Raises Refused for a name that nobody has."""
    named = {duty.__module__.rpartition(".")[2]: duty for duty in ROSTER}
    if unknown := [name for name in without if name not in named]:
        raise Refused(text("there is no duty {duty}; there are: {known}", duty=unknown[0], known=tuple(named)))
    return [*(duty for name, duty in named.items() if name not in without), *map(_duty, added)]


def _duty(module: str) -> Duty:
    try:
        return importlib.import_module(module).due
    except ModuleNotFoundError as wrong:
        raise Refused(text("{module} is no duty: there is no module {name}", module=module, name=str(wrong.name))) from wrong
    except AttributeError as wrong:
        raise Refused(text("{module} is no duty: it has no function `due`", module=module)) from wrong
    except ImportError as wrong:
        raise Refused(text("{module} is no duty: {what}", module=module, what=str(wrong))) from wrong
