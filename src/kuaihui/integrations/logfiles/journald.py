"""Systemd's journal, as `journalctl --output=json` prints it."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from kuaihui.diagnosis.log_signatures.evidence import clean
from kuaihui.diagnosis.log_signatures.lines import LogLine
from kuaihui.errors import GiveUp
from kuaihui.integrations.logfiles.reading import Wanted
from kuaihui.language import text
from kuaihui.orders.refusals import unreadable

# RFC 5424's severities, as syslog numbers them.
_LEVELS: Final = ("emerg", "alert", "crit", "error", "warning", "notice", "info", "debug")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LONGEST_LINE: Final = 16 << 20


class _Entry(msgspec.Struct):
    """One entry; a message that is no UTF-8 is a list of its bytes, one that is too long is null."""

    at: str = msgspec.field(name="__REALTIME_TIMESTAMP")
    message: str | list[int | str] | None = msgspec.field(name="MESSAGE", default=None)
    priority: str = msgspec.field(name="PRIORITY", default="6")
    unit: str = msgspec.field(name="_SYSTEMD_UNIT", default="")
    identifier: str = msgspec.field(name="SYSLOG_IDENTIFIER", default="")
    host: str = msgspec.field(name="_HOSTNAME", default="")


_entry = msgspec.json.Decoder(_Entry)


async def read(program: str, units: tuple[str, ...], wanted: Wanted, most: int, source: str) -> list[LogLine]:
    """The newest `most` wanted entries. Raises GiveUp where the journal cannot be read."""
    span = [f"--since=@{wanted.since.timestamp():.6f}", f"--until=@{wanted.until.timestamp():.6f}"]
    command = [program, "--output=json", "--no-pager", "--reverse", *span, *(f"--unit={unit}" for unit in units)]
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            limit=_LONGEST_LINE,
        )
    except OSError as missing:
        raise GiveUp(text("{program} cannot be run: is systemd's journal on this machine?", program=program)) from missing
    try:
        lines = await _lines(process, wanted, most, source)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        code = await process.wait()
    if code > 0 and not lines:
        raise GiveUp(text("{program} refuses (exit {code}): add Kuaihui's user to the group systemd-journal", program=program, code=code))
    return lines


async def _lines(process: asyncio.subprocess.Process, wanted: Wanted, most: int, source: str) -> list[LogLine]:
    assert process.stdout is not None
    lines: list[LogLine] = []
    async for raw in process.stdout:
        try:
            line = _line(_entry.decode(raw))
        except (msgspec.MsgspecError, ValueError) as wrong:
            raise unreadable(source, str(wrong)) from wrong
        if wanted.fits(line):
            lines.append(line)
        if len(lines) >= most:
            return lines
    await process.wait()
    return lines


def _line(entry: _Entry) -> LogLine:
    level = _LEVELS[int(entry.priority)] if entry.priority in set("01234567") else ""
    service = (entry.unit or entry.identifier).removesuffix(".service")
    return LogLine(_EPOCH + timedelta(microseconds=int(entry.at)), clean(_text(entry.message)), service, entry.host, level)


def _text(message: str | list[int | str] | None) -> str:
    match message:
        case None:
            return ""
        case str():
            return message
        case [int(), *_]:
            return bytes(number for number in message if isinstance(number, int)).decode("utf-8", "replace")
        case _:
            return "\n".join(str(part) for part in message)
