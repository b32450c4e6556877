"""The access rule as the documents give it: the tests run with what a reader would copy."""

import re
from pathlib import Path

_PAGE = Path(__file__).parents[3] / "docs" / "integrations" / "redis.md"


def _documented() -> str:
    found = re.search(r"ACL SETUSER kuaihui on >\S+ (.+)", _PAGE.read_text(encoding="utf-8"))
    assert found is not None, "the document gives no access rule"
    return found[1].strip()


LEAST_RIGHTS = _documented()
