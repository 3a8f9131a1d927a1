"""`ecluse`: the table of commands. A command's module is imported when it is the one that was typed."""

from __future__ import annotations

import gc
import importlib
import sys
from typing import TYPE_CHECKING

import click

from ecluse import __version__
from ecluse.cli.streams import forgive
from ecluse.model.problem import Exit, Problem
from ecluse.model.suggestion import nearest

if TYPE_CHECKING:
    from types import ModuleType

COMMANDS: dict[str, str] = {
    "new": "Begin a project from a template: it passes its gates and ships.",
    "init": "Read a repository, try what it needs, write ecluse.toml.",
    "update": "Merge a later template into a project that `new` made.",
    "plan": "What would be in the next release, and where its tickets stand.",
    "ship": "The whole loop: check, build, release, deploy, watch.",
    "check": "Run the fast steps: lint, types.",
    "test": "Run the test steps and read their evidence.",
    "run": "Run steps by name.",
    "security": "Look for what is unsafe; accept it until a day.",
    "hooks": "Git hooks that run the fast steps.",
    "ci": "Write the workflow of a forge's CI: the same steps as jobs.",
    "why": "Why a step would run again.",
    "build": "Make the bundle of a commit.",
    "release": "Name a version, tag it, publish it; once.",
    "tickets": "What tickets are still to be told of releases and deploys.",
    "approve": "Say that a release may go to an environment.",
    "deploy": "Move a release into an environment.",
    "rollback": "Go back to the release before.",
    "promote": "Let a release that waits for a person have all the traffic.",
    "resume": "Go on with a deployment that was left unfinished.",
    "undo": "Take back a deployment that is still open.",
    "converge": "Bring hosts that missed a deployment to what was decided.",
    "unlock": "Evict whoever holds an environment.",
    "stop": "Drain and stop an environment.",
    "status": "What serves now, asked of the target.",
    "logs": "What the processes print.",
    "host": "The servers of an environment: checked, prepared.",
    "fleet": "All servers of an environment at once.",
    "balancer": "What shares the traffic between servers: rendered, drained.",
    "services": "The databases, caches and brokers beside the app.",
    "exec": "A shell or a command in the release that serves.",
    "tunnel": "A port here that leads to a process there.",
    "history": "Deployments, newest first.",
    "events": "The ledger, one event a line.",
    "drill": "Rehearse what can go wrong, on a scratch environment.",
    "doctor": "What this machine can do, and what is in the way.",
    "explain": "What a key of the manifest, or the code of a Problem, means.",
    "schema": "The manifest's JSON Schema, for editors.",
    "completion": "A completion script for bash, zsh or fish.",
}
"""In the order of the loop. The text is the short help, so that `--help` imports no command."""


class LazyCommands(click.Group):
    """A group whose commands live in `ecluse.cli.<name>` as `command`."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = _imported(f"ecluse.cli.{cmd_name}").command
        command.epilog = one_a_line(command.epilog or "")
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and not args[0].startswith("-") and args[0] not in COMMANDS:
            near = nearest(args[0], COMMANDS)
            hint = f" Did you mean '{near}'?" if near else ""
            ctx.fail(f"No such command '{args[0]}'.{hint}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


def _imported(name: str) -> ModuleType:
    """Without a look for garbage in between, nor one through the modules when the interpreter ends: together a tenth
    of what a short command takes."""
    gc.disable()
    try:
        return importlib.import_module(name)
    finally:
        gc.freeze()
        gc.enable()


def one_a_line(epilog: str) -> str:
    """Examples stand apart by four spaces; click would fill a paragraph with them. Safe to repeat."""
    head, colon, examples = epilog.strip("\n").partition(":  ")
    return "\n".join(["\b", f"{head}:", *(f"  {one}" for one in examples.split("    "))]) if colon else epilog


@click.command(
    cls=LazyCommands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Start here:  ecluse init && ecluse ship",
)
@click.version_option(__version__, prog_name="ecluse")
def cli() -> None:
    """From a commit to a healthy production, and keeps it there."""


def main() -> None:
    forgive()
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """The exit code. Also an interrupt before a command has begun its work is told and has its own code."""
    try:
        code = cli.main(args=arguments, prog_name="ecluse", standalone_mode=False)
    except click.ClickException as error:
        if "--json" in arguments:
            from ecluse.cli.session import as_document, print_json  # noqa: PLC0415

            problem = Problem(code="U001", what=error.format_message(), fix="`--help` shows what it takes")
            print_json({"outcome": "halted", "problems": [as_document(problem)]})
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        from ecluse.cli.session import show  # noqa: PLC0415
        from ecluse.loop.deploy.problems import interrupted  # noqa: PLC0415

        show((interrupted(),), as_json="--json" in arguments)
        return Exit.INTERRUPTED
    except Exception as error:  # noqa: BLE001 (an error of ours: told as Python tells it, but for secrets)
        from ecluse.cli.crash import tell  # noqa: PLC0415

        return tell(error, arguments)
    return code if isinstance(code, int) else Exit.DONE
