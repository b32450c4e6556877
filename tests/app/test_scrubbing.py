"""What the settings say of scrubbing holds all the way: from alerts, logs and pipelines to Feishu, the pages and what is exported."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path

import httpx
import msgspec
import pytest
import uvicorn

from kuaihui.app.settings import Settings
from kuaihui.app.sources import sources_of
from kuaihui.app.web.acting import act
from kuaihui.app.wiring import RealClock
from kuaihui.emulators.listening import listening
from kuaihui.emulators.lts.server import Lts
from kuaihui.incident.evidence import ChangesListed, LogsSearched
from kuaihui.incident.facts import encode
from kuaihui.intake import signals
from kuaihui.integrations.redis.carry import RedisCarrier
from kuaihui.journal.memory import Memory
from tests.integrations.feishu.whole_house import BEGINS, Team, whole_house

TELLING = "customer KH12345678 (ops@example.org, 13812345678) cannot read settings, password=hunter2"
SHOWN = "customer <customer> (ops@example.org, <phone>) cannot read settings, password=<password>"
HIDDEN = ("KH12345678", "13812345678", "hunter2")
PATTERN = r"KH\d{8}"


@pytest.fixture
async def us(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Team]:
    """The story's team in Feishu with the logs of LTS, customers' numbers scrubbed and addresses let through."""
    store = Lts(access_key="ak")
    at = round((BEGINS - timedelta(minutes=1)).timestamp() * 1_000_000_000)
    store.records += [(at + number, {"appName": "config-center", "podName": "p-0"}, f"ERROR {TELLING}") for number in range(30)]
    monkeypatch.setenv("KUAIHUI_SCRUBBING__OFF", '["email"]')
    monkeypatch.setenv("KUAIHUI_SCRUBBING__MORE", msgspec.json.encode({"customer": PATTERN}).decode())
    async with AsyncExitStack() as opened:
        config = uvicorn.Config(store.app(), host="127.0.0.1", port=0, lifespan="off", log_level="critical")
        port = await opened.enter_async_context(listening(config))
        lts = {"url": f"http://127.0.0.1:{port}", "project": "p1", "access_key": "ak", "secret_key": "sk"}
        monkeypatch.setenv("KUAIHUI_LTS", msgspec.json.encode({"main": lts}).decode())
        yield await opened.enter_async_context(whole_house(tmp_path))


async def everything_shown(us: Team, incident: str) -> dict[str, str]:
    """Every place people see, by its name, as text."""
    world = us.tenant.world
    told = {
        "facts": "\n".join(encode(fact).decode() for fact in await us.timeline()),
        "feishu messages": repr([await us.chat(chat) for chat in list(world.chats)]),
        "feishu documents": repr(world.documents),
    }
    pages = ("incidents/{}", "incidents/{}/document.md", "incidents/{}/review", "api/v1/incidents/{}/export", "api/v1/incidents/{}/review")
    async with httpx.AsyncClient(headers={"X-Kuaihui-Person": "amao"}) as reader:
        for page in pages:
            answer = await reader.get(f"{us.url}/{page.format(incident)}")
            assert answer.status_code == 200, page
            told[page] = answer.text
    return told


async def tells(us: Team, door: str, body: object) -> None:
    async with httpx.AsyncClient() as outside:
        (await outside.post(f"{us.url}/{door}", json=body)).raise_for_status()


async def test_what_the_settings_hide_is_nowhere_and_what_they_let_through_is_shown(us: Team) -> None:
    change = {"title": f"release for {TELLING}", "service": "config-center", "at": (BEGINS - timedelta(minutes=20)).isoformat()}
    alert = {"labels": {"alertname": "Gateway5xxRatioHigh", "service": "config-center"}, "annotations": {"summary": TELLING}}
    await tells(us, "hooks/changes", change)
    await tells(us, "api/v2/alerts", [alert])
    await us.until(minutes=2)
    timeline = await us.timeline()
    await tells(us, "api/v2/alerts", [alert | {"endsAt": us.clock.now().isoformat()}])
    for deed in (signals.Acknowledge(person="dazhuang"), signals.Resolve(person="amao")):
        await act(us.house, timeline.incident, deed)
    await us.until(minutes=20)  # closed: the review is drafted
    told = await everything_shown(us, timeline.incident)

    assert [one.example for look in timeline.all(LogsSearched) for one in look.signatures] == [f"ERROR {SHOWN}"]
    assert [one.title for look in timeline.all(ChangesListed) for one in look.changes][:1] == [f"release for {SHOWN}"]
    assert {place for place, text in told.items() for secret in HIDDEN if secret in text} == set()
    assert {"facts", "feishu messages", "feishu documents", "api/v1/incidents/{}/export"} <= {
        place for place, text in told.items() if "ops@example.org" in text and "customer>" in text.replace("&gt;", ">")
    }


def test_every_source_is_handed_what_the_settings_say(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    addressed = ("prometheus", "loki", "elasticsearch", "gitlab", "github", "argocd", "kubernetes")
    tables = "".join(f'[{name}.main]\nurl = "http://127.0.0.1:1"\n' for name in addressed)
    tables += '[lts.main]\nurl = "http://127.0.0.1:1"\nproject = "p"\naccess_key = "a"\n[logfiles.main]\npaths = ["/x"]\n'
    file.write_text(f"[scrubbing]\noff = ['email']\n[scrubbing.more]\ncustomer = '{PATTERN}'\n{tables}[redis.main]\nurl = 'redis://h'\n")
    settings = Settings.load(file)
    for source in sources_of(settings, Memory(), RealClock()):
        scrubs = source.servers["main"].key_names.scrub if isinstance(source, RedisCarrier) else getattr(source, "scrub", None)
        assert scrubs == settings.scrubbing.scrubber, source.name


def test_a_key_of_redis_is_told_without_what_a_pattern_of_ones_own_finds(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text(f"[scrubbing.more]\ncustomer = '{PATTERN}'\n[redis.main]\nurl = 'redis://h'\n")
    source = sources_of(Settings.load(file), Memory(), RealClock())[-1]
    assert isinstance(source, RedisCarrier)

    assert source.servers["main"].key_names.told(b"cart:KH12345678:items") == "cart:<customer>:items"
