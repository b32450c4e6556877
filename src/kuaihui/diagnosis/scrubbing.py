"""
Secrets and personal data taken out of text that people or other products will see.

Rule 1: what is recognised is replaced by its kind in angle brackets, whole or up to the part that still helps a reader (the name of a key, the
        user in an address); nothing of the value is kept.
Rule 2: in doubt, hide: a long number that passes the check of a bank card is one. A number that a checksum refutes is left alone.
Rule 3: scrubbing twice changes nothing more.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Final


class Kind(StrEnum):
    """What can be recognised; each can be switched off."""

    PRIVATE_KEY = "private-key"
    PASSWORD = "password"  # in addresses, key=value, JSON, headers; tokens and secrets named as such among them
    TOKEN = "token"  # recognised by its own look: JWT, bearer, the prefixes that clouds and forges give theirs
    EMAIL = "email"
    ID_NUMBER = "id-number"  # of a Chinese identity card (GB 11643, checksum of ISO 7064)
    BANK_CARD = "bank-card"  # ISO/IEC 7812, checksum of Luhn
    PHONE = "phone"


Replace = Callable[[re.Match[str]], str]


@dataclass(frozen=True, slots=True)
class Rule:
    """A pattern, and what each of its matches becomes (itself, where a closer look refutes it)."""

    kind: str
    pattern: re.Pattern[str]
    replace: Replace


def _rule(kind: str, pattern: str, keep: str = "", check: Callable[[str], bool] = bool) -> Rule:
    """`keep` is what stays before the mark, in the notation of re.sub."""

    def replace(match: re.Match[str]) -> str:
        return match.expand(keep) + f"<{kind}>" if check(match[0]) else match[0]

    return Rule(kind, re.compile(pattern), replace)


def _digits(written: str) -> list[int]:
    return [int(letter) for letter in written if letter.isdecimal()]


def _is_id_number(written: str) -> bool:
    """Whether birthday and check digit of an 18-digit identity number are right."""
    try:
        date(int(written[6:10]), int(written[10:12]), int(written[12:14]))
    except ValueError:
        return False
    total = sum(digit * (2 ** (17 - place) % 11) for place, digit in enumerate(_digits(written[:17])))
    return "10X98765432"[total % 11] == written[17].upper()


def _is_bank_card(written: str) -> bool:
    """Whether the check digit of Luhn is right (and it is not one digit over and over)."""
    digits = _digits(written)
    doubled = [digit * 2 - 9 * (digit > 4) for digit in digits[-2::-2]]  # noqa: PLR2004 - the digit sum of a doubled digit above 4
    return len(set(digits)) > 1 and (sum(doubled) + sum(digits[-1::-2])) % 10 == 0


_SECRET_WORD: Final = (
    r"(?:pass(?:word|wd|phrase)?|pwd|passcode|secret|token|api[_-]?key|apikey|access[_-]?key(?:[_-]?id)?|secret[_-]?(?:access[_-]?)?key"
    r"|private[_-]?key|encryption[_-]?key|signing[_-]?key|credentials?|authorization|ak|sk|session[_-]?id|jsessionid|signature|captcha"
    r"|verif(?:y|ication)[_-]?code|sms[_-]?code|otp)"
)
_SECRET_WORD_ZH: Final = r"(?:密码|口令|密钥|秘钥|令牌|验证码|授权码)"
# The key may have a prefix (db_password, X-Api-Token); a word that goes on (tokenizer, passed) is another one.
_KEY: Final = rf"(?i:(?<![A-Za-z0-9])(?:[\w.-]*[_.-])?{_SECRET_WORD}(?![A-Za-z0-9_-])|(?<![A-Za-z])[a-z]+(?-i:Password|Passwd|Secret|Token|ApiKey|AccessKey|SecretKey)(?![A-Za-z0-9_])|{_SECRET_WORD_ZH})"
_QUOTED: Final = r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'"

RULES: Final = (
    _rule(Kind.PRIVATE_KEY, r"-----BEGIN [A-Z ]*PRIVATE KEY-----(?:(?!-----END)[\s\S])*(?:-----END [A-Z ]*PRIVATE KEY-----)?"),
    # scheme://user:password@host; a password may hold an @, so up to the last one before the path.
    _rule(Kind.PASSWORD, r"(?i)(\b[a-z][a-z0-9+.-]*://[^\s/:@\"'<>]*:)(?!<)[^\s/\"']+(?=@)", r"\1"),
    # user:password@tcp(host) as Go's MySQL driver writes it.
    _rule(Kind.PASSWORD, r"(\b[\w.-]+:)(?!<)[^\s:/@\"'<>]+(?=@(?:tcp|unix)\()", r"\1"),
    _rule(Kind.TOKEN, r"\beyJ[\w-]{6,}\.[\w-]{6,}(?:\.[\w-]*)?"),
    _rule(Kind.TOKEN, r"(?i)\b(bearer|basic|digest)[ +](?!<)[\w.~+/=:-]{8,}", r"\1 "),
    _rule(Kind.PASSWORD, r"(?i)\b((?:set-)?cookie\"?\s*[:=]\s*\"?)(?![<\s])[^\r\n\"<]+", r"\1"),
    # "password": "…" as JSON writes it, also inside a JSON string.
    _rule(Kind.PASSWORD, rf"({_KEY}\\*[\"']\s*[:：]\s*\\*[\"'])(?!<)(?:[^\"'\\]|\\[^\"']|(?<![\\])\\\"(?![,}}\s]|$))+", r"\1"),
    _rule(Kind.PASSWORD, rf"({_KEY}\\*[\"']\s*[:：]\s*)-?\d[\d.]*", r"\1"),
    # password=…, token: …, 密码：…, --password …
    _rule(
        Kind.PASSWORD,
        rf"({_KEY}\s*(?:[=:：]|=>|是|为)\s*)(?!<|(?i:bearer|basic|digest)\b)(?:{_QUOTED}|[^\s,;&\"'<>(){{}}\[\]|，；。]+)",
        r"\1",
    ),
    _rule(Kind.PASSWORD, rf"(--?{_KEY}[ ])(?![<-])[^\s\"'<>]+", r"\1"),
    # What the makers mark as theirs: AWS, Alibaba Cloud, Tencent Cloud, Google, GitHub, GitLab, Slack, Stripe, OpenAI, npm, PyPI, Feishu.
    _rule(
        Kind.TOKEN,
        r"\b(?:A(?:KIA|SIA|GPA|IDA|ROA)[A-Z0-9]{16}|LTAI[A-Za-z0-9]{12,24}|AKID[A-Za-z0-9]{13,40}|AIza[\w-]{35}|gh[pousr]_[A-Za-z0-9]{30,}"
        r"|github_pat_\w{22,}|glpat-[\w-]{20,}|xox[abeoprs]-[\w-]{10,}|[sr]k_(?:live|test)_[A-Za-z0-9]{16,}|sk-[\w-]{20,}|npm_[A-Za-z0-9]{36}"
        r"|pypi-[\w-]{40,}|[tu]-[a-z0-9][\w-]{28,})\b",
    ),
    _rule(Kind.TOKEN, r"(/open-apis/bot/(?:v2/)?hook/)(?!<)[\w-]+", r"\1"),
    _rule(Kind.EMAIL, r"(?<![\w.+-])[\w.+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}(?![\w@])"),
    _rule(Kind.ID_NUMBER, r"(?<![0-9A-Za-z])[1-9]\d{16}[\dXx](?![0-9A-Za-z])", check=_is_id_number),
    _rule(
        Kind.BANK_CARD,
        r"(?<![A-Za-z0-9_.-])[2-6]\d{3}(?:([ -]?)\d{4}(?:\1\d{4}){2}(?:\1?\d{1,3})?|\d{10,11})(?![A-Za-z0-9_-])",
        check=_is_bank_card,
    ),
    _rule(Kind.PHONE, r"(?<![A-Za-z0-9_.])(?:(?:\+|00)?86[ -]?)?1[3-9]\d([ -]?)\d{4}\1\d{4}(?![.]?\d)(?![A-Za-z_])"),
    _rule(Kind.PHONE, r"(?<![A-Za-z0-9_.-])\+[1-9]\d{0,2}[ -]?(?:\(?\d{1,4}\)?[ -]?){2,4}\d{2,4}(?!\d)"),
    _rule(Kind.PHONE, r"(?<![A-Za-z0-9_.-])0\d{2,3}-\d{7,8}(?![A-Za-z0-9_-])"),
)


@dataclass(frozen=True, slots=True)
class Scrubber:
    """Takes out the kinds that are not `off`, and what `more` patterns find (by the name it is to be shown under)."""

    off: frozenset[str] = frozenset()
    more: tuple[tuple[str, str], ...] = ()
    _rules: tuple[Rule, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Chooses the rules. Raises re.error when one of `more` is no regular expression."""
        own = tuple(_rule(name, pattern) for name, pattern in self.more)
        object.__setattr__(self, "_rules", own + tuple(rule for rule in RULES if rule.kind not in self.off))

    def __call__(self, text: str) -> str:
        """The text without them."""
        for rule in self._rules:
            text = rule.pattern.sub(rule.replace, text)
        return text

    def each(self, texts: Iterable[str]) -> list[str]:
        """Each of the texts without them."""
        return [self(text) for text in texts]


DEFAULT: Final = Scrubber()
