"""The generic hooks of the settings, ready to read what their senders send."""

from __future__ import annotations

from kuaihui.app.settings_sections import GenericHook
from kuaihui.integrations.generic.hook import WORDS, Mapped


def mapped(name: str, hook: GenericHook) -> Mapped:
    """A generic hook as the settings want it. Raises BadSettings where it cannot be read."""
    expressions = {word: str(getattr(hook, word)) for word in WORDS}
    return Mapped(name, expressions, hook.resolved, form=hook.form, zone=hook.zone, expires_after=hook.expires_after)
