"""Which tenant, as which app."""

from __future__ import annotations

from typing import Final

import msgspec

FEISHU: Final = "https://open.feishu.cn"
LARK: Final = "https://open.larksuite.com"
# Where people log in: the vendor moved the page from open.* to accounts.* in 2025.
ACCOUNTS: Final = {FEISHU: "https://accounts.feishu.cn", LARK: "https://accounts.larksuite.com"}


class Access(msgspec.Struct, frozen=True, kw_only=True):
    """An app's credentials, and the address of the tenant's cloud: feishu.cn, larksuite.com, or another that speaks the same."""

    app_id: str
    secret: str
    base_url: str = FEISHU
    encrypt_key: str = ""
    verification_token: str = ""

    def __repr__(self) -> str:
        """Without the secrets: settings end up in logs."""
        return f"Access({self.app_id!r}, {self.base_url!r})"

    @property
    def accounts_url(self) -> str:
        """Where people are sent to log in."""
        return ACCOUNTS.get(self.base_url, self.base_url)
