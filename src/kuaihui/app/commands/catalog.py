"""Questions that the catalog's files answer, with or without a running house."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from kuaihui.app.commands.speaking import language, one_line_errors, tell
from kuaihui.app.commands.talking import Talk
from kuaihui.app.feishu import reader_of, workplace
from kuaihui.app.feishu_settings import FeishuSettings
from kuaihui.app.settings import Settings
from kuaihui.app.wiring import RealClock
from kuaihui.catalog.catalog import Catalog
from kuaihui.catalog.faults import FaultyCatalog
from kuaihui.catalog.load import load
from kuaihui.catalog.table import laid, suspicious
from kuaihui.errors import KuaihuiError, Refused
from kuaihui.integrations.feishu.read_table import BadTable
from kuaihui.language import text

Folder = Annotated[Path | None, typer.Option("--catalog", help="the catalog's folder; left out: the settings' own")]
File = Annotated[Path | None, typer.Option("--settings", envvar="KUAIHUI_SETTINGS", help="the settings file")]


def check(folder: Folder = None, settings: File = None) -> None:
    """Check settings and catalog; every fault at once. 检查设置和名录。"""
    with one_line_errors():
        catalog = load(folder or Settings.load(settings).catalog.folder)
        for caution in catalog.cautions:
            tell(caution.told)
        tell(
            text(
                "the catalog is whole: {people} people, {services} services, {rotas} rotas, {policies} policies",
                people=len(catalog.people),
                services=len(catalog.services),
                rotas=len(catalog.rotas),
                policies=len(catalog.policies),
            )
        )
        if folder is None and (feishu := Settings.load(settings).feishu) and feishu.roster:
            asyncio.run(_check_the_table(feishu, catalog))


async def _check_the_table(settings: FeishuSettings, catalog: Catalog) -> None:
    """Say what is wrong with the team's table, or that it is good. Raises FaultyCatalog, or what Feishu answers."""
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
    """Who is on call. 谁在值班。"""
    with one_line_errors():
        catalog = load(folder or Settings.load(settings).catalog.folder)
        instant = parse_instant(at, catalog) if at else RealClock().now()
        names = catalog.names(language())
        for rota in _rotas(service, catalog):
            people = catalog.on_call(rota, instant)
            typer.echo(f"{names[rota]}: {', '.join(names[person] for person in people) or '-'}")
            for one in _suggested(rota) if folder is None else ():
                typer.echo(f"  {one['suggestion']} ({one['reason']}; {one['incident']})")


def _suggested(rota: str) -> list[dict[str, str]]:
    """What incidents have shown about reaching this rota's people, where a house is running; the files alone do not tell."""
    try:
        return Talk().get("/api/v1/suggestions", rota=rota)["suggestions"]
    except KuaihuiError:
        return []


def _rotas(wanted: str, catalog: Catalog) -> list[str]:
    if not wanted:
        return list(catalog.rotas)
    rota = catalog.services[wanted].rota if wanted in catalog.services else wanted
    if rota not in catalog.rotas:
        raise Refused(
            text(
                "there is no service or rota {wanted}; there are: {known}",
                wanted=wanted,
                known=", ".join([*catalog.services, *catalog.rotas]),
            )
        )
    return [rota]


def parse_instant(written: str, catalog: Catalog) -> datetime:
    """An instant as people type it, in the team's zone unless it has its own. Raises Refused."""
    try:
        instant = datetime.fromisoformat(written)
    except ValueError as wrong:
        raise Refused(text("{written} is no instant: write it like 2023-03-11T11:00", written=written)) from wrong
    return (instant if instant.tzinfo else instant.replace(tzinfo=ZoneInfo(catalog.time_zone))).astimezone(UTC)
