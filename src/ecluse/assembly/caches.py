"""Where the results of steps are kept."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ecluse.model.cache import CachePolicy
    from ecluse.ports.cache import StepCache


ENDPOINTS = ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT", "AZURE_STORAGE_ENDPOINT", "AZURE_ENDPOINT")
"""Where the tools of object stores look for the address of one of somebody's own."""


def step_cache(policy: CachePolicy, root: Path, home: Path, env: Mapping[str, str]) -> StepCache:
    """This machine's own; behind it the one that several share, if the manifest names one."""
    from ecluse.system.cache import FolderCache  # noqa: PLC0415
    from ecluse.system.layered_cache import LayeredCache  # noqa: PLC0415

    own = FolderCache(home / "cache" / "steps")
    if not policy.shared:
        return own
    return LayeredCache(own, lambda: shared_cache(policy.shared, root, env), read_only=policy.read_only)


def shared_cache(place: str, root: Path, env: Mapping[str, str]) -> StepCache:
    """A folder, or an object store by its address. UnreachableError when there is no way to it."""
    from ecluse.ports.cache import UnreachableError  # noqa: PLC0415
    from ecluse.system.cache import FolderCache  # noqa: PLC0415

    if "://" not in place:
        return FolderCache(root / place, mounted=True)
    try:
        from ecluse.providers.objects.cache import ObjectCache  # noqa: PLC0415  an extra
    except ImportError as error:
        raise UnreachableError(f"{place}: obstore isn't installed: pip install 'ecluse[store]'") from error
    return ObjectCache(place, allow_http=is_plain(env))


def is_plain(env: Mapping[str, str]) -> bool:
    """Whether the caller has named a store's own address without TLS, as in a network of their own: what they wrote
    counts, as it does for the store's own tools."""
    return any(env.get(name, "").lower().startswith("http://") for name in ENDPOINTS)
