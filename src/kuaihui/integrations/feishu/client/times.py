"""Feishu's many ways to write an instant, to and from aware UTC."""

from __future__ import annotations

from datetime import UTC, datetime


def from_milliseconds(value: int) -> datetime:
    """Most of Feishu's times."""
    return datetime.fromtimestamp(value / 1000, UTC)


def from_seconds(value: int) -> datetime:
    """Meetings' times."""
    return datetime.fromtimestamp(value, UTC)


def to_milliseconds(instant: datetime) -> int:
    """Milliseconds since 1970."""
    return round(instant.timestamp() * 1000)


def to_seconds(instant: datetime) -> int:
    """Whole seconds since 1970."""
    return int(instant.timestamp())
