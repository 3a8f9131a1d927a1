"""A command of the user's behind `--`."""

from __future__ import annotations

import click

BEHIND = "ecluse.behind"


class BehindDashes(click.Command):
    """What stands behind the first `--` is none of our arguments, and may look like them."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        ours, theirs = (args[: args.index("--")], args[args.index("--") + 1 :]) if "--" in args else (args, [])
        ctx.meta[BEHIND] = tuple(theirs)
        return super().parse_args(ctx, ours)

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        return [*super().collect_usage_pieces(ctx), "[-- COMMAND...]"]


def behind() -> tuple[str, ...]:
    """Of the command that runs."""
    found: tuple[str, ...] = click.get_current_context().meta[BEHIND]
    return found
