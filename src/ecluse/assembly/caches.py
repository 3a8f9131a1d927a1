"""Where the results of steps are kept."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ecluse.model.cache import CachePolicy
    from ecluse.ports.cache import StepCache


def step_cache(policy: CachePolicy, root: Path, home: Path) -> StepCache:
    """This machine's own; behind it the one that several share, if the manifest names one."""
    from ecluse.system.cache import FolderCache  # noqa: PLC0415
    from ecluse.system.layered_cache import LayeredCache  # noqa: PLC0415

    own = FolderCache(home / "cache" / "steps")
    if not policy.shared:
        return own
    return LayeredCache(own, lambda: shared_cache(policy.shared, root), read_only=policy.read_only)


def shared_cache(place: str, root: Path) -> StepCache:
    """A folder, or an object store by its address. UnreachableError when there is no way to it."""
    from ecluse.ports.cache import UnreachableError  # noqa: PLC0415
    from ecluse.system.cache import FolderCache  # noqa: PLC0415

    if "://" not in place:
        return FolderCache(root / place, mounted=True)
    try:
        from ecluse.providers.objects.cache import ObjectCache  # noqa: PLC0415  an extra
    except ImportError as error:
        raise UnreachableError(f"{place}: obstore isn't installed: pip install 'ecluse[store]'") from error
    return ObjectCache(place)
