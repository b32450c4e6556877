"""The emulated tenant our client is tried on."""

from tests.emulators.feishu.tenant import ours, people, sdk, still_tenant, tenant

__all__ = ["ours", "people", "sdk", "still_tenant", "tenant"]
