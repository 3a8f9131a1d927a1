"""Programs of the repository that serve by themselves, and the command line by which each listens on `$PORT`."""

from __future__ import annotations

import ast
import shlex
from collections.abc import Iterator, Mapping

from ecluse.manifest.detect import scripts
from ecluse.manifest.detect.facts import GUESS, LIKELY, Fact, Kind
from ecluse.manifest.detect.launches import Launch, launches, uses
from ecluse.manifest.detect.options import declared
from ecluse.manifest.detect.ports import UNKNOWN, Asker, By, Told
from ecluse.manifest.detect.running import beginnings
from ecluse.manifest.detect.scopes import all_known
from ecluse.manifest.detect.tree import Tree
from ecluse.manifest.syntax import Function, Module, is_main_guard, name_of
from ecluse.model.values import frozen

LED = "is led to $PORT"
STARTING = frozenset(
    ("run", "run_app", "serve", "serve_forever", "launch", "start", "run_until_complete", "run_forever")
)
DEEPEST = 4
"""Imports followed from a program to the call that serves."""
USUAL = ("main", "app", "server", "run", "web", "serve", "wsgi", "asgi", "application", "start", "index")


@frozen
class Program:
    """`words` start it in `folder`; `module` is where its own code begins; `function` is what a script calls."""

    words: str
    module: Module
    folder: str = "."
    function: str = ""
    rank: float = 0.0


@frozen
class Serving:
    """A program, and the call in it that serves."""

    program: Program
    launch: Launch
    depth: int

    @property
    def order(self) -> tuple[int, bool, float]:
        """The program in whose own file the call stands before one that imports it, the script that calls the function
        in which it stands before one that calls another."""
        return self.depth, self.is_beside, -self.program.rank

    @property
    def is_beside(self) -> bool:
        around = self.launch.scope.function
        return bool(self.program.function) and around is not None and around.name != self.program.function


@frozen
class Survey:
    """Every call that serves, and what is needed to follow it."""

    modules: tuple[Module, ...]
    asker: Asker
    found: tuple[Launch, ...]


def survey(tree: Tree) -> Survey:
    return tree.once("programs", lambda: surveyed(tree))


def surveyed(tree: Tree) -> Survey:
    modules = tuple(tree.modules(""))
    asker = Asker(values=all_known(tree))
    return Survey(modules=modules, asker=asker, found=tuple(launches(tree, asker.values)))


def started(tree: Tree, program: Program) -> tuple[Serving, str, str] | None:
    """The call that serves in a program, the command line by which it listens on `$PORT`, and what to know of it."""
    all_of_it = survey(tree)
    serving = served_by(program, all_of_it.found, all_of_it.asker.values.modules)
    if serving is None:
        return None
    told = told_by(serving.launch, all_of_it.asker)
    return serving, command(serving, told, all_of_it.asker), about(told)


def read(tree: Tree) -> Iterator[Fact]:
    seen = survey(tree)
    modules, asker, found = seen.modules, seen.asker, seen.found
    servings = [serving for program in (programs(tree, modules, found) if found else ())
                if (serving := served_by(program, found, asker.values.modules))]  # fmt: skip
    if not any(serving.program.function for serving in servings):
        yield from scripts.guessed(tree)
    for launch in found:
        of_launch = (serving for serving in servings if serving.launch is launch)
        if serving := min(of_launch, key=lambda serving: serving.order, default=None):
            yield fact_of(serving, asker)


def fact_of(serving: Serving, asker: Asker) -> Fact:
    launch, program = serving.launch, serving.program
    told = told_by(launch, asker)
    base = LIKELY - 0.05 if launch.starter.is_own else GUESS - 0.1
    penalty = {By.FIXED: 0.03, By.UNKNOWN: 0.1}.get(told.by, 0.0) + 0.02 * serving.depth
    return Fact(kind=Kind.COMMAND, value=command(serving, told, asker), file=launch.module.path,
                line=launch.call.lineno, folder=program.folder, confidence=round(base + program.rank - penalty, 3),
                label=about(told))  # fmt: skip


def about(told: Told) -> str:
    """What a person must know of how it gets its port; empty where that is as usual."""
    if told.by is By.FIXED:
        return f"names port {told.name} itself: what it binds there {LED}"
    return f"names its port where that can't be read: what it binds {LED}" if told.by is By.UNKNOWN else ""


def told_by(launch: Launch, asker: Asker) -> Told:
    if launch.port is not None:
        followed = asker.told(launch.scope, launch.port) or UNKNOWN
        return (followed.by is By.UNKNOWN and by_custom(launch.module, asker)) or followed
    if any(word.arg is None for word in launch.call.keywords) and (told := by_custom(launch.module, asker)):
        return told
    if launch.starter.variable:
        return Told(by=By.VARIABLE, name=launch.starter.variable)
    return Told(by=By.FIXED, name=str(launch.starter.usual)) if launch.starter.usual else UNKNOWN


def by_custom(module: Module, asker: Asker) -> Told | None:
    """`--port`, if the file that serves declares it: where its value goes need not be followed then."""
    option = next(declared(asker.values, module, "port"), None)
    if option is None or option.is_word:
        return None
    return Told(by=By.OPTION, name=option.name, command=option.command)


def command(serving: Serving, told: Told, asker: Asker) -> str:
    """The command line that listens on `$PORT`."""
    words = f"{serving.program.words} {told.command}".rstrip()
    if told.by is By.VARIABLE:
        return words if told.name == "PORT" else f"env {told.name}=$PORT {words}"
    if told.by is By.OPTION:
        return f"{words} {told.name}$PORT" if told.name.endswith("=") else f"{words} {told.name} $PORT"
    if told.by is By.WORD:
        return f"{words} $PORT"
    return led_to_port(serving, told, asker)


def led_to_port(serving: Serving, told: Told, asker: Asker) -> str:
    """The program with the address that it binds to exchanged, because it listens to nothing that it is told."""
    is_it = f"a[1:2]==({told.name},)" if told.by is By.FIXED else "a[1:2]>(0,)"
    ours = "(('::1' if ':' in a[0] else '127.0.0.1'),int(os.environ['PORT']),*a[2:])"
    # uvloop binds where Python can't see it; the servers that use it do without, unless the code itself wants it.
    wanted = any(uses(module, "uvloop") for module in asker.values.modules.values())
    plain = "sys.modules['uvloop']=None; " if serving.launch.starter.is_async and not wanted else ""
    bind = f"socket.socket.bind=lambda s,a: b(s,{ours} if type(a) is tuple and {is_it} else a)"
    code = f"import os,runpy,socket,sys; b=socket.socket.bind; {bind}; {plain}{starting(serving.program)}"
    return f'exec python -c "{code}"'


def starting(program: Program) -> str:
    """Python that does what the program's command line does."""
    first, *rest = shlex.split(program.words)
    if program.function:
        return (
            f"sys.argv[:1]={[first, *rest]!r}; import {program.module.name}; {program.module.name}.{program.function}()"
        )
    if rest[0] == "-m":
        return f"runpy.run_module({rest[1]!r},run_name='__main__',alter_sys=True)"
    return f"sys.argv[:1]={rest!r}; runpy.run_path({rest[0]!r},run_name='__main__')"


def programs(tree: Tree, modules: tuple[Module, ...], found: tuple[Launch, ...]) -> Iterator[Program]:
    """What can be started: packages, modules that are made to be started, console scripts."""
    at_once = {launch.module.path for launch in found if launch.at_once}
    for module in modules:
        name = module.path.rpartition("/")[2]
        last = name.removesuffix(".py")
        rank = (0.05 - USUAL.index(last) / 300 if last in USUAL else 0.0) - 0.03 * module.path.count("/")
        if name == "__main__.py":
            package = module.name.removesuffix(".__main__")
            yield Program(words=f"python -m {package}", module=module, folder=module.folder, rank=rank + 0.05)
        elif any(map(is_main_guard, module.body.body)) or acts(module) or module.path in at_once:
            words = f"python -m {module.name}" if "." in module.name else f"python {name}"
            yield Program(words=words, module=module, folder=module.folder, rank=rank)
    for _, _, name, target in scripts.declared(tree):
        if code := scripts.module_of(tree, target):
            function = target.partition(":")[2].partition(" ")[0]
            yield Program(words=name, module=code, function=function, rank=0.02)


def acts(module: Module) -> bool:
    """Whether its import calls something of its own, or runs a server: then it is a program without a guard."""
    own = {node.name for node in module.body.body if isinstance(node, Function)}
    made = (node.value for node in module.body.body if isinstance(node, ast.Expr))
    called = [call.func for node in made for call in ast.walk(node) if isinstance(call, ast.Call)]
    return any(name_of(each) in own or (isinstance(each, ast.Attribute) and each.attr in STARTING) or
               name_of(each) in STARTING for each in called)  # fmt: skip


def served_by(program: Program, found: tuple[Launch, ...], modules: Mapping[str, Module]) -> Serving | None:
    """The call that serves which is nearest to a program: in its own file, else in what that imports."""
    near, seen = [program.module], {program.module.path}
    for depth in range(DEEPEST):
        paths = {each.path for each in near}
        there = [launch for launch in found if launch.module.path in paths and (depth == 0 or not launch.is_guarded)]
        if there:
            launch = min(there, key=lambda launch: not launch.starter.is_own)
            return Serving(program=program, launch=launch, depth=depth)
        used = {name for each in near for origin in each.origins.values() for name in beginnings(origin)}
        near = [each for name, each in modules.items() if name in used and each.path not in seen]
        seen |= {each.path for each in near}
    return None
