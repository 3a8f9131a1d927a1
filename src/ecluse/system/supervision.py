"""The runner's side of the supervisor: starting it, and hiring wardens from it."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
from contextlib import suppress
from enum import StrEnum
from pathlib import Path

import ecluse
from ecluse.model.problem import Problem, ProblemError
from ecluse.system import cgroup, frames
from ecluse.system.layers import CGROUP, NAMESPACE, SESSIONS
from ecluse.system.remains import Notes, end_remains

_START = "import sys; sys.path.append(sys.argv[1]); from ecluse.system.supervisor import main; main()"
_PACKAGES = str(Path(ecluse.__file__).parent.parent)


class Layer(StrEnum):
    """What makes sure that nothing of a step is left, strongest first."""

    NAMESPACE = NAMESPACE
    """A process namespace: the kernel ends everything, whoever is killed."""
    CGROUP = CGROUP
    """A control group: as `sessions`, but what all of them killed at once would leave ends with the next command."""
    SESSIONS = SESSIONS
    """Subreapers that watch each other: all of them killed at once would leave something."""


class Supervision:
    """One supervisor, started when it is first needed and again when it is gone. Safe to use from several threads."""

    def __init__(self, *layers: Layer, notes: Path | None = None) -> None:
        """`notes`: the folder where it is noted what runs, for the next one that starts there."""
        self._layers = layers or tuple(Layer)
        self._folder = notes
        self._notes: Notes | None = None
        self._group: Path | None = None
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._layer: Layer | None = None

    @property
    def layer(self) -> Layer:
        """The layer that is active; starts the supervisor."""
        with self._lock:
            self._running()
            assert self._layer is not None  # noqa: S101 (a supervisor that runs has said its layer)
            return self._layer

    def hire(self) -> socket.socket:
        """A socket to a fresh warden."""
        ours, theirs = socket.socketpair()
        with self._lock, theirs:
            try:
                frames.send(self._running(), None, (theirs.fileno(),))
            except OSError:  # it was killed since the last time
                self._end()
                frames.send(self._running(), None, (theirs.fileno(),))
        return ours

    def close(self) -> None:
        """End everything that runs below; returns when it is gone."""
        with self._lock:
            self._end()

    def _running(self) -> socket.socket:
        if self._control is None:
            self._control, self._process, self._layer = self._start()
        return self._control

    def _start(self) -> tuple[socket.socket, subprocess.Popen[bytes], Layer]:
        if self._folder:
            with suppress(OSError):
                end_remains(self._folder)
        for layer in self._layers:
            try:
                self._prepare(layer)
            except OSError:
                continue
            control, process = _spawn(layer, self._group, self._notes)
            with suppress(EOFError, OSError):
                said, _ = frames.receive(control)
                return control, process, Layer(said)
            control.close()
            process.wait()
            self._forget()
        raise ProblemError(
            Problem(
                code="S002",
                what="the process that supervises steps can't be started",
                fix="run `ecluse doctor`; it says what this system refuses",
                evidence=tuple(f"refused: {layer}" for layer in self._layers),
            )
        )

    def _prepare(self, layer: Layer) -> None:
        """What a layer needs; OSError where the system refuses it."""
        if layer is Layer.CGROUP:
            self._group = cgroup.make()
        if layer is not Layer.NAMESPACE and self._folder:
            with suppress(OSError):  # who goes back to an older release on a full disk needs no notes
                self._notes = Notes(self._folder, self._group)

    def _end(self) -> None:
        control, process = self._control, self._process
        self._control = self._process = self._layer = None
        if control and process:
            control.close()
            process.wait()
        self._forget()

    def _forget(self) -> None:
        if self._group:
            with suppress(OSError):
                cgroup.end(self._group)
            self._group = None
        if self._notes:
            self._notes.close()
            self._notes = None


def _spawn(layer: Layer, group: Path | None, notes: Notes | None) -> tuple[socket.socket, subprocess.Popen[bytes]]:
    ours, theirs = socket.socketpair()
    places = [str(group) if group else "", str(notes.path.absolute()) if notes else ""]
    with theirs:
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", _START, _PACKAGES, str(theirs.fileno()), layer, *places],
            cwd="/",
            env={"LANG": "C.UTF-8"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=(theirs.fileno(),),
            start_new_session=True,
        )
    return ours, process
