"""`[frontend]`: a front end that is built into the bundle."""

from __future__ import annotations

from ecluse.manifest.schema.key import Table, key
from ecluse.manifest.schema.types import ZERO, Command, Duration, Inside, Settings
from ecluse.model import app as model

_DEFAULT = model.Frontend(command=("true",))


class FrontendTable(Table):
    """A front end built with Node.js (npm, pnpm, yarn) or bun when the bundle is made; hosts need neither."""

    command: Command = key("What builds it.", example=["npm", "run", "build"])
    install: Command = key(
        "What installs what that needs, by its lock; the only one that sees your registry's settings.",
        example=["npm", "ci"],
        default=_DEFAULT.install,
    )
    folder: Inside = key("Where both run.", example="frontend", default=_DEFAULT.folder)
    outputs: list[Inside] = key(
        "Paths, from the repository's root, that become a part of the bundle; a folder ends in a slash.",
        example=["static/dist/"],
        min_length=1,
    )
    inputs: list[str] | None = key(
        "Globs of the commit's files that it sees, and whose change builds it again; none: all of them.",
        example=["frontend/**", "templates/**"],
        default=_DEFAULT.inputs,
    )
    node: str = key("Versions of Node.js that will do, as in package.json's engines.", example=">=18", default="")
    env: Settings = key("Settings of both commands.", example={"PUBLIC_PATH": "/static/"}, default_factory=dict)
    timeout: Duration = key("Time for each of them.", example="30m", default=_DEFAULT.timeout, gt=ZERO)
