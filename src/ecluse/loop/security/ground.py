"""What scanners stand on: a tree of the commit, a folder of their own, and how they run programs."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from ecluse.loop.code.checkout import Checkout
from ecluse.loop.security.readers.reading import Printed
from ecluse.loop.test.surroundings import SYSTEM_PATH
from ecluse.model.app import App
from ecluse.model.security import SecurityPolicy
from ecluse.model.values import frozen
from ecluse.ports.commands import Command
from ecluse.ports.world import World


@frozen
class Ground:
    """`tree` holds `files`, those that aren't excluded; `text` reads one of them. `scratch` is an empty folder."""

    app: App
    policy: SecurityPolicy
    world: World
    checkout: Checkout
    tree: Path
    files: tuple[str, ...]
    text: Callable[[str], str | None]
    scratch: Path
    hidden: tuple[str, ...] = ()
    """Secrets of the run: nobody prints them."""

    def tool(self, name: str) -> str:
        return f"{name} {self.world.toolbox.version(name)}"

    async def printed(
        self, tool: str, *arguments: str, name: str = "", folder: Path | None = None, paths: tuple[str, ...] = ()
    ) -> Printed:
        """Run a tool, or another program `name` of its environment, in the tree, which it can't change. ProblemError if
        it can't be had or started."""
        say = partial(self.world.reporter.line, "security")
        program = await self.world.toolbox.program(tool, name, say)
        out = self.scratch / f"{tool}.out"
        home = self.scratch / f"{tool}.home"
        home.mkdir(exist_ok=True)
        finished = await self.world.commands.run(
            Command(
                argv=(str(program), *arguments),
                folder=folder or self.tree,
                env={"PATH": SYSTEM_PATH, "HOME": str(home), "TMPDIR": str(home), "LANG": "C.UTF-8", "TZ": "UTC"},
                timeout=self.policy.timeout,
                stdout=out,
                writable=(self.scratch,),
                secrets=self.hidden,
            )
        )
        code = None if finished.timed_out else finished.exit_code
        errors = f"it took longer than {self.policy.timeout} and was stopped" if finished.timed_out else finished.output
        return Printed(
            out=out.read_bytes() if out.exists() else b"", exit_code=code, errors=errors, paths=paths, line=self.line
        )

    def line(self, path: str, number: int) -> str:
        lines = (self.text(path) or "").splitlines()
        return lines[number - 1] if 0 < number <= len(lines) else ""
