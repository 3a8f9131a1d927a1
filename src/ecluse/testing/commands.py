"""Programs that aren't run: what they would answer is said in advance."""

from __future__ import annotations

from collections.abc import Callable

from ecluse.ports.commands import Command, Finished

Answer = Callable[[Command], Finished]
DONE = Finished(exit_code=0)


class ScriptedCommands:
    """Fills ports.commands.CommandRunner. The first rule whose words are the beginning of a command's answers it;
    without one it succeeds and prints nothing. `ran` are the commands in their order."""

    def __init__(self) -> None:
        self.ran: list[Command] = []
        self._rules: list[tuple[tuple[str, ...], Answer]] = []

    def script(self, *words: str, answer: Finished | Answer = DONE) -> None:
        self._rules.append((words, answer if callable(answer) else lambda _: answer))

    async def run(self, command: Command) -> Finished:
        self.ran.append(command)
        for words, answer in self._rules:
            if command.argv[: len(words)] == words:
                return _told(command, answer(command))
        return DONE


def _told(command: Command, finished: Finished) -> Finished:
    if command.log is not None:
        command.log.write_text(finished.output, encoding="utf-8")
    if command.on_output is not None:
        for line in finished.output.splitlines():
            command.on_output(line)
    return finished
