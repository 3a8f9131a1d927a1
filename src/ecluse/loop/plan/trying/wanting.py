"""What a program that ended by itself says it was not given, and what can be given without harm. Pure.

Nothing is decided by these texts: what is given is tried, and a program that still ends is told so by its own words.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterable

from ecluse.manifest.detect.facts import Fact, Kind, every, values
from ecluse.manifest.detect.samples import VARIABLE
from ecluse.model.values import frozen

PARSER = re.compile(r"error: the following arguments are required: (.+)")
"""argparse."""
CLICK = re.compile(r"Missing (?:argument|option|parameter):? '([^']+)'")
"""click and typer."""
PLAIN = re.compile(r"(?i).*\b(?:missing|required?|requires|needs?|must|specify|specified|given|provide)\b.*")
"""Programs that look at their words themselves."""
OPTIONAL = re.compile(r"\[(--?[a-z][\w-]*)[ =]([A-Z][A-Z_]*)[\] ]")
"""In what argparse shows as usage."""
UNSET = re.compile(r"(?m)sh: (?:line )?\d+: (\w+): (?:parameter not set|unbound variable)")
"""A shell that was told to mind (`-u`): dash, bash."""
DATABASE, FOLDER = (
    re.compile(r"(?i)database|sqlite|\bdb\b"),
    re.compile(r"(?i)dir(?![a-z])|directory|folder|(?<![a-z])root(?![a-z])|storage"),
)
CONFIGURATION = re.compile(r"(?i)conf\b|config|settings|\bini\b")
HOMES = ("data/", "var/", "app-data/")
"""Where what a program makes may be kept: state, below the folder that it runs in."""


@frozen
class Given:
    """`words` go behind the command, `state` is what they name of the app's data."""

    words: str
    state: str = ""
    said: str = ""


def last_line(output: Iterable[str]) -> str:
    """The last thing that was said, without the box that typer draws around it."""
    said = [line.strip(" │|") for line in output]
    return next((line for line in reversed(said) if re.search(r"\w", line)), "")


def given(
    output: Collection[str], facts: tuple[Fact, ...], folder: str = ".", files: Collection[str] = ()
) -> Given | None:
    """What the program asks for, if each of it is a place for data or a configuration that the repository has.

    `files` are the commit's: where one of them lies is no place for data.
    """
    asked = names("\n".join(output))
    home = next((each for each in HOMES if not any(beneath(folder, each, file) for file in files)), "")
    found = [value(name, facts, folder, home) for name in asked]
    if not found or not all(found):
        return None
    words = " ".join(f"{option_of(name)} {word}".strip() for name, word in zip(asked, found, strict=True))
    kept = any(f"{word}/".startswith(home) for word in found if home)
    state = posixpath.normpath(posixpath.join(folder, home)) + "/" if kept else ""
    return Given(words=words, state=state, said=last_line(output))


def beneath(folder: str, home: str, file: str) -> bool:
    return file.startswith(posixpath.normpath(posixpath.join(folder, home)) + "/")


def unset(output: Iterable[str]) -> tuple[str, ...]:
    """The variables that a command line wants and nobody set."""
    return tuple(dict.fromkeys(UNSET.findall("\n".join(output))))


def names_configuration(variable: str, facts: tuple[Fact, ...]) -> bool:
    """Whether it says where the configuration is and nothing here could be it: any value would hide what is missing."""
    return bool(VARIABLE.fullmatch(variable)) and not every(facts, Kind.SAMPLE)


def names(text: str) -> list[str]:
    if found := PARSER.findall(text):
        return [name.strip() for name in found[-1].split(",")]
    if click := CLICK.findall(text):
        return [click[-1]]
    plain = last_line(text.splitlines())
    if PLAIN.fullmatch(plain) and not CONFIGURATION.search(plain):
        return [plain]
    return places(text)


def places(text: str) -> list[str]:
    """The one option for a place that the usage shows, of a program that then only says that something is wrong."""
    usage = text.rpartition("usage: ")[2].partition("error: ")
    found = [f"{option}/{metavar}" for option, metavar in OPTIONAL.findall(usage[0])]
    fit = [name for name in found if DATABASE.search(name) or FOLDER.search(name)]
    return fit if usage[1] and len(fit) == 1 else []


def option_of(name: str) -> str:
    """`--root` of `-r/--root`; empty for a word that has its place only."""
    options = [part for part in name.split("/") if re.fullmatch(r"--?[\w-]+", part)]
    return max(options, key=len, default="")


def value(name: str, facts: tuple[Fact, ...], folder: str, home: str) -> str:
    """A value that is safe to try; empty when there is none."""
    if CONFIGURATION.search(name):
        samples = values(facts, Kind.SAMPLE)
        return posixpath.relpath(samples[0], folder) if samples else ""
    if DATABASE.search(name):
        return f"{home}app.db" if home else ""
    return home.rstrip("/") if FOLDER.search(name) else ""
