"""
Secrets and personal data taken out of text that people or other products will see.

Rule 1: what is recognised is replaced by its kind in angle brackets, whole or up to the part that still helps a reader (the name of a key,
        the user in an address); nothing of the value is kept.
Rule 2: in doubt, hide: a long number that passes the check of a bank card is one. A number that a checksum refutes is left alone.
Rule 3: scrubbing twice changes nothing more.
Rule 4: strangers choose the text, so the time it takes grows with its length alone: what may repeat is bounded, or begins in few places.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Final

import polars as pl

from kuaihui.diagnosis.own_patterns import OwnPattern, own_pattern


class Kind(StrEnum):
    """What can be recognised; each can be switched off."""

    PRIVATE_KEY = "private-key"
    PASSWORD = "password"  # noqa: S105 - the name of a kind; in addresses, key=value, JSON, headers; tokens and secrets named as such among them
    TOKEN = "token"  # noqa: S105 - the name of a kind; recognised by its own look: JWT, bearer, the prefixes that clouds and forges give theirs
    EMAIL = "email"
    ID_NUMBER = "id-number"  # of a Chinese identity card (GB 11643, checksum of ISO 7064)
    BANK_CARD = "bank-card"  # ISO/IEC 7812, checksum of Luhn
    PHONE = "phone"


# From so many texts on, looking at first for what makes a look worth it, in all of them at once, pays.
_MANY: Final = 64

Replace = Callable[[re.Match[str]], str]


@dataclass(frozen=True, slots=True)
class Rule:
    """A pattern, and what each of its matches becomes (itself, where a closer look refutes it)."""

    kind: str
    pattern: re.Pattern[str]
    replace: Replace
    # What must be found in a text, in whatever case, before it is worth a look: quicker than the pattern, and found in few lines of a log.
    worth: str


def _rule(kind: str, pattern: str, keep: str = "", *, check: Callable[[str], bool] = bool, worth: str) -> Rule:
    """`keep` is what stays before the mark, in the notation of re.sub."""

    def replace(match: re.Match[str]) -> str:
        return match.expand(keep) + f"<{kind}>" if check(match[0]) else match[0]

    return Rule(kind, re.compile(pattern), replace, worth)


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
    doubled = [digit * 2 - 9 * (digit > 4) for digit in digits[-2::-2]]
    return len(set(digits)) > 1 and (sum(doubled) + sum(digits[-1::-2])) % 10 == 0


_LONG: Final = (
    r"pass(?:word|wd|phrase)?|pwd|passcode|secret|token|api[_-]?key|access[_-]?key(?:[_-]?id)?|secret[_-]?(?:access[_-]?)?key"
    r"|private[_-]?key|encryption[_-]?key|signing[_-]?key|credentials?|authorization|j?session[_-]?id|signature|captcha"
    r"|verif(?:y|ication)[_-]?code|sms[_-]?code"
)
_WORD: Final = rf"(?:{_LONG}|ak|sk|otp)"
_JOINED: Final = r"(?:Password|Passwd|Secret|Token|ApiKey|AccessKey|SecretKey)"
# The name of a secret may have a prefix (db_password, X-Api-Token, dbPassword), which stays and need not be looked at; a word that goes on
# (tokenizer, passed) is another one.
_NAME: Final = (
    rf"(?:(?i:(?<![A-Za-z0-9]){_WORD}(?![A-Za-z0-9_-]))|(?<![A-Za-z])[a-z]+{_JOINED}(?![A-Za-z0-9_])"
    r"|密码|口令|密钥|秘钥|令牌|验证码|授权码)"
)
_NAME_WORTH: Final = rf"{_LONG}|(?:^|[^a-z0-9])(?:ak|sk|otp)(?:[^a-z0-9_-]|$)|密码|口令|密钥|秘钥|令牌|验证码|授权码"
_QUOTED: Final = r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'"
# A value in JSON, plain or inside a JSON string; a quote that is escaped ends it only where the value ends.
_IN_JSON: Final = r"(?:[^\"'\\]|\\[^\"']|(?<!\\)\\\"(?![,}\s]|$))+"
_BARE: Final = rf"(?:{_QUOTED}|[^\s,;&\"'<>(){{}}\[\]|，；。]+)"
# AWS, Alibaba Cloud, Tencent Cloud, Google, GitHub, GitLab, Slack, Stripe, OpenAI, npm, PyPI, Feishu: what the makers mark as theirs.
_MARKED: Final = (
    r"\b(?:A(?:KIA|SIA|GPA|IDA|ROA)[A-Z0-9]{16}|LTAI[A-Za-z0-9]{12,24}|AKID[A-Za-z0-9]{13,40}|AIza[\w-]{35}|gh[pousr]_[A-Za-z0-9]{30,}"
    r"|github_pat_\w{22,}|glpat-[\w-]{20,}|xox[abeoprs]-[\w-]{10,}|[sr]k_(?:live|test)_[A-Za-z0-9]{16,}|sk-[\w-]{20,}|npm_[A-Za-z0-9]{36}"
    r"|pypi-[\w-]{40,}|[tu]-[a-z0-9][\w-]{28,})\b"
)
_MARK_WORTH: Final = (
    r"akia|asia|agpa|aida|aroa|ltai|akid|aiza|gh[pousr]_|github_pat_|glpat-|xox|k_live_|k_test_|sk-|npm_|pypi-"
    r"|(?:^|\W)[tu]-[a-z0-9][\w-]{28}"
)
_CARD: Final = r"(?<![A-Za-z0-9_.-])[2-6]\d{3}(?:([ -]?)\d{4}(?:\1\d{4}){2}(?:\1?\d{1,3})?|\d{10,11})(?![A-Za-z0-9_-])"
_MOBILE: Final = r"(?<![A-Za-z0-9_.])(?:(?:\+|00)?86[ -]?)?1[3-9]\d([ -]?)\d{4}\1\d{4}(?![.]?\d)(?![A-Za-z_])"
_ABROAD: Final = r"(?<![A-Za-z0-9_.-])\+[1-9]\d{0,2}[ -]?(?:\(?\d{1,4}\)?[ -]?){2,4}\d{2,4}(?!\d)"

RULES: Final = (
    _rule(
        Kind.PRIVATE_KEY,
        r"-----BEGIN [A-Z ]*PRIVATE KEY-----(?:(?!-----END)[\s\S])*(?:-----END [A-Z ]*PRIVATE KEY-----)?",
        worth="-----begin",
    ),
    # scheme://user:password@host; a password may hold an @, so up to the last one before the path.
    _rule(Kind.PASSWORD, r"(?i)(\b[a-z][a-z0-9+.-]{0,30}://[^\s/:@\"'<>]*:)(?!<)[^\s/\"']+(?=@)", r"\1", worth="://"),
    # user:password@tcp(host) as Go's MySQL driver writes it.
    _rule(Kind.PASSWORD, r"([\w.-]:)(?!<)[^\s:/@\"'<>]+(?=@(?:tcp|unix)\()", r"\1", worth=r"@(?:tcp|unix)\("),
    _rule(Kind.TOKEN, r"\beyJ[\w-]{6,4000}+\.[\w-]{6,}(?:\.[\w-]*)?", worth="eyj"),
    _rule(Kind.TOKEN, r"(?i)\b(bearer|basic|digest)[ +](?!<)[\w.~+/=:-]{8,}", r"\1 ", worth="bearer|basic|digest"),
    _rule(Kind.PASSWORD, r"(?i)\b((?:set-)?cookie\"?\s*[:=]\s*\"?)(?![<\s])[^\r\n\"<]+", r"\1", worth="cookie"),
    _rule(Kind.PASSWORD, rf"({_NAME}\\*[\"']\s*[:：]\s*\\*[\"'])(?!<){_IN_JSON}", r"\1", worth=_NAME_WORTH),
    _rule(Kind.PASSWORD, rf"({_NAME}\\*[\"']\s*[:：]\s*)-?\d[\d.]*", r"\1", worth=_NAME_WORTH),
    # password=…, token: …, 密码：…, --password …
    _rule(Kind.PASSWORD, rf"({_NAME}\s*(?:[=:：]|=>|是|为)\s*)(?!<|(?i:bearer|basic|digest)\b){_BARE}", r"\1", worth=_NAME_WORTH),
    _rule(Kind.PASSWORD, rf"((?<![\w.-])--?(?:[\w.-]{{0,60}}[_.-])?{_NAME}[ ])(?![<-])[^\s\"'<>]+", r"\1", worth=_NAME_WORTH),
    _rule(Kind.TOKEN, _MARKED, worth=_MARK_WORTH),
    _rule(Kind.TOKEN, r"(/open-apis/bot/(?:v2/)?hook/)(?!<)[\w-]+", r"\1", worth="/hook/"),
    _rule(Kind.EMAIL, r"(?<![A-Za-z0-9_.+-])[A-Za-z0-9_.+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}(?![A-Za-z0-9_@])", worth="@"),
    _rule(Kind.ID_NUMBER, r"(?<![0-9A-Za-z])[1-9]\d{16}[\dXx](?![0-9A-Za-z])", check=_is_id_number, worth=r"\d{17}"),
    _rule(Kind.BANK_CARD, _CARD, check=_is_bank_card, worth=r"[2-6]\d{3}[ -]?\d{4}"),
    _rule(Kind.PHONE, _MOBILE, worth=r"1[3-9]\d[ -]?\d{4}"),
    _rule(Kind.PHONE, _ABROAD, worth=r"\+[1-9]"),
    _rule(Kind.PHONE, r"(?<![A-Za-z0-9_.-])0\d{2,3}-\d{7,8}(?![A-Za-z0-9_-])", worth=r"0\d{2,3}-\d{7}"),
)


KINDS: Final = frozenset(str(kind) for kind in Kind)


@dataclass(frozen=True, slots=True)
class Scrubber:
    """
    Takes out the kinds that are not `off`, and what `more` patterns find (by the name it is to be shown under).

    It is made of the settings once and handed down to whatever lets words of others in or out; nobody reads one from anywhere else.
    """

    off: frozenset[str] = frozenset()
    more: tuple[tuple[str, str], ...] = ()
    _own: tuple[OwnPattern, ...] = field(init=False, repr=False, compare=False)
    _rules: tuple[Rule, ...] = field(init=False, repr=False, compare=False)
    _worth: str = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Chooses the rules. Raises BadPattern when one of `more` cannot be used."""
        object.__setattr__(self, "_own", tuple(own_pattern(name, pattern, KINDS) for name, pattern in self.more))
        object.__setattr__(self, "_rules", tuple(rule for rule in RULES if rule.kind not in self.off))
        object.__setattr__(self, "_worth", "|".join(dict.fromkeys(rule.worth for rule in self._rules)))

    def __call__(self, text: str) -> str:
        """The text without them."""
        return self.each([text])[0]

    def each(self, texts: Iterable[str]) -> list[str]:
        """Each of the texts without them; all at once is quicker than one by one."""
        clean = self.own(list(texts))
        if not self._rules:
            return clean
        places = _found_in(clean, self._worth) if len(clean) >= _MANY else range(len(clean))
        for place, text in zip(places, self._by_rules([clean[place] for place in places]), strict=True):
            clean[place] = text
        return clean

    def _by_rules(self, texts: list[str]) -> list[str]:
        for rule in self._rules:
            for place in _found_in(texts, rule.worth) if len(texts) >= _MANY else range(len(texts)):
                texts[place] = rule.pattern.sub(rule.replace, texts[place])
        return texts

    def own(self, texts: list[str]) -> list[str]:
        """Each of the texts without what the team's own patterns find: for names of keys, which have rules of their own beside."""
        for pattern in self._own:
            texts = pattern.each(texts)
        return texts


def _found_in(texts: list[str], worth: str) -> list[int]:
    """Which of the texts hold what makes a look worth it."""
    return pl.Series(texts, dtype=pl.String).str.contains(f"(?i){worth}").arg_true().to_list()


DEFAULT: Final = Scrubber()
