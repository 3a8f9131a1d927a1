"""An error of our own, told without a secret."""

from __future__ import annotations

import traceback
from pathlib import Path

import click

from ecluse import assembly

CRASHED = 1
"""As Python's own."""


def tell(error: Exception, arguments: list[str]) -> int:
    """On standard error, as Python would tell it; the exit code."""
    text = "".join(traceback.format_exception(error))
    click.echo(assembly.without_secrets(text, _folder(arguments)), err=True, nl=False)
    return CRASHED


def _folder(arguments: list[str]) -> Path:
    """The one that was named; here if none was."""
    for option, value in zip(arguments, [*arguments[1:], ""], strict=True):
        if option in {"-C", "--directory"}:
            return Path(value)
        for prefix in ("--directory=", "-C"):
            if option.startswith(prefix):
                return Path(option.removeprefix(prefix))
    return Path()
