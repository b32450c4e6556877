"""Whom our connections to Feishu trust: the certificates that httpx trusts, read once, since reading them takes a twentieth of a second."""

import ssl
from functools import cache

import httpx


@cache
def trusted() -> ssl.SSLContext:
    """What every client of Feishu's shares."""
    return httpx.create_ssl_context()
