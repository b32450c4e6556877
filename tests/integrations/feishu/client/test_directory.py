"""People of the catalog are found in the tenant by number and address, however these are written."""

import pytest

from kuaihui.catalog.catalog import Catalog
from kuaihui.catalog.load import load
from kuaihui.emulators.feishu.server import Emulated
from kuaihui.errors import GiveUp
from kuaihui.integrations.feishu.directory import Directory, number
from tests.emulators.feishu.tenant import client_of
from tests.integrations.feishu.whole_house import BEGINS, SAMPLE

CATALOG = load(SAMPLE)


def knowing(**written: str) -> Catalog:
    """A catalog whose Axin has only this written about him."""
    axin = CATALOG.people["axin"].model_copy(update={"phone": "", "email": "", **written})
    return CATALOG.model_copy(update={"people": {**CATALOG.people, "axin": axin}})


@pytest.mark.parametrize(
    "written",
    [
        {"phone": "13800000002"},
        {"phone": "+86 138-0000-0002"},
        {"phone": "+86 (138) 0000 0002"},
        {"email": "axin@example.com"},
        {"feishu": "ou_axin"},
    ],
    ids=lambda written: next(iter(written.values())),
)
async def test_a_number_or_address_leads_to_the_person(tenant: Emulated, written: dict[str, str]) -> None:
    catalog = knowing(**written)
    async with client_of(tenant) as ours:
        directory = Directory(ours, lambda: catalog)
        assert await directory.open_id("axin", BEGINS) == "ou_axin"
        assert await directory.person("ou_axin", BEGINS) == "axin"


async def test_somebody_nobody_knows_is_told_with_what_is_missing(tenant: Emulated) -> None:
    catalog = knowing(phone="19900000000")
    async with client_of(tenant) as ours:
        with pytest.raises(GiveUp, match="feishu"):
            await Directory(ours, lambda: catalog).open_id("axin", BEGINS)


def test_numbers_of_elsewhere_keep_their_country() -> None:
    assert number("+65 9123 4567") == "+6591234567"
