"""Feishu as the settings describe it, built in one place."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

from kuaihui.app.feishu_settings import FeishuRoster, FeishuSettings
from kuaihui.catalog.catalog import Catalog
from kuaihui.catalog.table import COLUMNS, Column
from kuaihui.integrations.feishu import Workplace
from kuaihui.integrations.feishu.client.access import Access
from kuaihui.integrations.feishu.client.feishu import feishu
from kuaihui.integrations.feishu.desk import Desk, Places
from kuaihui.integrations.feishu.directory import Directory
from kuaihui.integrations.feishu.read_table import Place, TableReader
from kuaihui.integrations.feishu.show_evidence import Keep


def access_of(settings: FeishuSettings) -> Access:
    """The app's credentials and its tenant's cloud."""
    return Access(
        app_id=settings.app_id,
        secret=settings.app_secret,
        base_url=settings.base_url,
        encrypt_key=settings.hearing.encrypt_key,
        verification_token=settings.hearing.verification_token,
    )


def places_of(settings: FeishuSettings) -> Places:
    """Where things go in the tenant."""
    return Places(
        chat=settings.chat,
        chats=settings.chats,
        own_chat_from=settings.own_chat_from,
        template=settings.documents.template,
        templates=settings.documents.templates,
        folder=settings.documents.folder,
        buzz=tuple(None if means == "none" else means for means in settings.buzz),
        meeting_owner=settings.meetings.owner,
        record=settings.meetings.record,
    )


def reader_of(settings: FeishuRoster, workplace: Workplace, files: Callable[[], Catalog]) -> TableReader:
    """What reads the team's table; `files` is the catalog without it."""
    written = settings.columns
    columns: dict[Column, str] = {column: name for column in COLUMNS if (name := getattr(written, column))}
    place = Place(base=settings.base, wiki=settings.wiki, table=settings.table, service=written.service, columns=columns)
    return TableReader(workplace.desk.feishu, workplace.desk.directory, files, place)


@asynccontextmanager
async def workplace(
    settings: FeishuSettings, catalog: Callable[[], Catalog], address: str, jitter: Callable[[], float], keep: Keep | None = None
) -> AsyncGenerator[Workplace]:
    """The workplace in Feishu, its connections closed afterwards. `jitter` gives a number between 0 and 1, `keep` keeps pictures."""
    async with feishu(access_of(settings), jitter) as client:
        desk = Desk(client, Directory(client, catalog), catalog, places_of(settings), address)
        yield Workplace(desk, settings.leave, keep)
