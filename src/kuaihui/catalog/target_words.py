"""The words a target may be written with; targets.py says whom they mean."""

from typing import Final

# Each stands for itself.
WORDS: Final = (
    "oncall",
    "backup-of-oncall",
    "leader-of-oncall",
    "owner",
    "leader",
    "superior",
    "communicators",
    "operations",
    "testers",
)
# Each is written KIND:ID; the kind's entries in the catalog.
KINDS: Final = {"rota": "rotas", "person": "people", "role": "roles"}
