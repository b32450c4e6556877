"""Questions that the catalog's files answer, with or without a running house."""

from __future__ import annotations

import asyncio
import shutil
from datetime import UTC, datetime
from importlib.resources import as_file, files
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from kuaihui.app.catalog_place import catalog_folder
from kuaihui.app.clocks import RealClock
from kuaihui.app.commands.speaking import colon, language, one_line_errors, tell
from kuaihui.app.commands.talking import Talk
from kuaihui.app.feishu_settings import FeishuSettings
from kuaihui.app.settings import Settings
from kuaihui.catalog.catalog import Catalog
from kuaihui.catalog.faults import FaultyCatalog
from kuaihui.catalog.load import load
from kuaihui.catalog.table import laid, services_by_name, suspicious
from kuaihui.errors import KuaihuiError, Refused
from kuaihui.language import listed, text

SAMPLE = text("there is no catalog folder yet: this is the sample catalog (begin your own with `kuaihui sample catalog`)")
Folder = Annotated[Path | None, typer.Option("--catalog", help="the catalog's folder; left out: the settings' own")]
File = Annotated[Path | None, typer.Option("--settings", envvar="KUAIHUI_SETTINGS", help="the settings file")]


def check(folder: Folder = None, settings: File = None) -> None:
    """Check settings and catalog; every fault at once."""
    with one_line_errors():
        catalog = _catalog(folder, settings)
        for caution in catalog.cautions:
            tell(caution.told)
        tell(
            text(
                "the catalog is whole: people {people}, services {services}, rotas {rotas}, policies {policies}",
                people=len(catalog.people),
                services=len(catalog.services),
                rotas=len(catalog.rotas),
                policies=len(catalog.policies),
            )
        )
        if folder is None:
            asyncio.run(_check_what_is_set(Settings.load(settings), catalog))


async def _check_what_is_set(settings: Settings, catalog: Catalog) -> None:
    tell(settings.scrubbing.told)
    if settings.feishu and settings.feishu.roster:
        await _check_the_table(settings.feishu, catalog)


async def _check_the_table(settings: FeishuSettings, catalog: Catalog) -> None:
    """Say what is wrong with the team's table, or that it is good. Raises FaultyCatalog, or what Feishu answers."""
    from kuaihui.app.feishu import reader_of, workplace  # noqa: PLC0415  # who only asks who is on call does not wait for it
    from kuaihui.integrations.feishu.read_table import BadTable  # noqa: PLC0415  # as above

    assert settings.roster is not None, "who asks has a table"
    async with workplace(settings, lambda: catalog, "", lambda: 0.5) as desk:
        try:
            table = await reader_of(settings.roster, desk, lambda: catalog).read(RealClock().now())
        except BadTable as bad:
            raise FaultyCatalog(bad.faults) from bad
    faults = [*suspicious(table, None), *laid(catalog, table)[1]]
    if faults:
        raise FaultyCatalog(faults)
    tell(text("the team's table is good: {rows} rows of 《{title}》 are in force", rows=len(table.lines), title=table.title))


def oncall(
    service: Annotated[str, typer.Argument(help="a service or rota; left out: every rota")] = "",
    at: Annotated[str, typer.Option(help="an instant like 2023-03-11T11:00, in the team's zone unless it has its own; left out: now")] = "",
    folder: Folder = None,
    settings: File = None,
) -> None:
    """Who is on call."""
    with one_line_errors():
        catalog = _catalog(folder, settings)
        instant = parse_instant(at, catalog) if at else RealClock().now()
        names = catalog.names(language())
        for rota in _rotas(service, catalog):
            people = _on_call(catalog, rota, instant, at)
            typer.echo(f"{names[f'rota:{rota}']}{colon()}{listed((names[person] for person in people), language()) or '-'}")
            for one in _suggested(rota) if folder is None else ():
                typer.echo(f"  {one['suggestion']} ({one['reason']}; {one['incident']})")


def _catalog(folder: Path | None, settings: Path | None) -> Catalog:
    """The catalog that is asked for; where the settings name none and there is none yet, the sample, which is said."""
    if folder:
        return load(folder)
    with catalog_folder(Settings.load(settings)) as (found, sample):
        if sample:
            tell(SAMPLE, err=True)
        return load(found)


def sample(folder: Annotated[Path, typer.Argument(help="a folder that is not there yet, or is empty")]) -> None:
    """Write the sample catalog into a folder, to make your own of it."""
    with one_line_errors():
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise Refused(text("{folder} is not empty: name another folder", folder=str(folder)))
        with as_file(files("kuaihui.samples") / "config_center") as whole:
            shutil.copytree(whole, folder, dirs_exist_ok=True)
        tell(text("written to {folder}: put your people and services there, then `kuaihui check --catalog {folder}`", folder=str(folder)))


def _on_call(catalog: Catalog, rota: str, instant: datetime, written: str) -> tuple[str, ...]:
    try:
        return catalog.on_call(rota, instant)
    except OverflowError as absurd:
        raise Refused(text("{at} lies outside any calendar", at=written)) from absurd


def _suggested(rota: str) -> list[dict[str, str]]:
    """What incidents have shown about reaching this rota's people, where a house is running; the files alone do not tell."""
    try:
        return Talk().get("/api/v1/suggestions", rota=rota)["suggestions"]
    except KuaihuiError:
        return []


def _rotas(wanted: str, catalog: Catalog) -> list[str]:
    if not wanted:
        return list(catalog.rotas)
    service = services_by_name(catalog).get(wanted.strip().casefold(), "")
    rotas = {name: one.id for one in catalog.rotas.values() for name in (one.name.zh, one.name.en, one.id)}
    rota = catalog.services[service].rota if service else rotas.get(wanted, "")
    if not rota:
        raise Refused(
            text(
                "there is no service or rota {wanted}; there are: {known}",
                wanted=wanted,
                known=tuple(dict.fromkeys([*catalog.services, *catalog.rotas])),
            )
        )
    return [rota]


def parse_instant(written: str, catalog: Catalog) -> datetime:
    """An instant as people type it, in the team's zone unless it has its own. Raises Refused."""
    try:
        instant = datetime.fromisoformat(written)
        return (instant if instant.tzinfo else instant.replace(tzinfo=ZoneInfo(catalog.time_zone))).astimezone(UTC)
    except OverflowError as absurd:
        raise Refused(text("{at} lies outside any calendar", at=written)) from absurd
    except ValueError as wrong:
        raise Refused(text("{written} is no instant: write it like 2023-03-11T11:00", written=written)) from wrong
