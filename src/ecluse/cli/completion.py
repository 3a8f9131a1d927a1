"""`ecluse completion`"""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

EXAMPLES = """Examples:  eval "$(ecluse completion bash)"    eval "$(ecluse completion zsh)"    \
ecluse completion fish | source"""


@click.command(epilog=EXAMPLES)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> None:
    """Print the completion script of a shell."""
    from ecluse.cli.main import cli  # noqa: PLC0415  the table of commands imports us

    found = get_completion_class(shell)
    assert found is not None  # noqa: S101  click knows the three shells of the choice
    click.echo(found(cli, {}, "ecluse", "_ECLUSE_COMPLETE").source())
