"""The tenant for the emulator's own tests."""

from tests.emulators.feishu.tenant import ours, people, sdk, still_tenant, tenant

__all__ = ["ours", "people", "sdk", "still_tenant", "tenant"]
