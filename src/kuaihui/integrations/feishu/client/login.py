"""Logging in with Feishu: the address to send a person to, and the tokens their code is worth."""

from __future__ import annotations

from urllib.parse import urlencode

import msgspec

from kuaihui.integrations.feishu.client.access import Access
from kuaihui.integrations.feishu.client.caller import Ask, Caller, Operation

TOKEN = Operation("authen.v2.oauth.token", "POST", "authen/v2/oauth/token")
WHO = Operation("authen.v1.user_info.get", "GET", "authen/v1/user_info")


class PersonTokens(msgspec.Struct, frozen=True, kw_only=True):
    """A person's token, the seconds it lives, and (with the scope `offline_access`) a refresh token that is good once."""

    access_token: str
    expires_in: int = 0
    refresh_token: str = ""
    scope: str = ""


class Who(msgspec.Struct, frozen=True, kw_only=True):
    """The person who logged in."""

    open_id: str
    union_id: str = ""
    user_id: str = ""
    name: str = ""
    email: str = ""
    tenant_key: str = ""


def page(access: Access, redirect_uri: str, state: str, *, challenge: str = "", scopes: tuple[str, ...] = ()) -> str:
    """Where to send somebody to log in. `state` comes back as it is; `challenge` is PKCE's S256 of a verifier that we keep."""
    asked = {"client_id": access.app_id, "response_type": "code", "redirect_uri": redirect_uri, "state": state}
    if challenge:
        asked |= {"code_challenge": challenge, "code_challenge_method": "S256"}
    if scopes:
        asked["scope"] = " ".join(scopes)
    return f"{access.accounts_url}/open-apis/authen/v1/authorize?{urlencode(asked)}"


class Login:
    """Codes and refresh tokens are good once, so none of this is asked again when an answer is lost: the person logs in again."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    async def redeem(self, code: str, redirect_uri: str, verifier: str = "") -> PersonTokens:
        """The tokens for a code that came back from the page."""
        proof = {"code_verifier": verifier} if verifier else {}
        return await self._tokens({"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri, **proof})

    async def renew(self, refresh_token: str) -> PersonTokens:
        """New tokens for a refresh token, which is used up by this."""
        return await self._tokens({"grant_type": "refresh_token", "refresh_token": refresh_token})

    async def who(self, access_token: str) -> Who:
        """Whose token this is."""
        return await self._caller.ask(Ask(operation=WHO, shape=Who, as_person=access_token))

    async def _tokens(self, asked: dict[str, str]) -> PersonTokens:
        own = {"client_id": self._caller.access.app_id, "client_secret": self._caller.access.secret}
        return await self._caller.ask_flat(Ask(operation=TOKEN, shape=PersonTokens, body={**own, **asked}))
