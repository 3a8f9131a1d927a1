"""The keeper's own log: bounded, and never a reason to fail."""

import contextlib
import datetime as dt
import os
import sys

MOST = 1024 * 1024


class Life:
    """Lines in `path`, which is renamed to `path.1` when it has grown. Uncaught errors land there too (`capture`)."""

    def __init__(self, path: str) -> None:
        self._path = path

    def say(self, text: str) -> None:
        line = "%s %d %s\n" % (dt.datetime.now(dt.timezone.utc).isoformat(timespec="milliseconds"), os.getpid(), text)
        with contextlib.suppress(OSError):
            with open(self._path, "a", encoding="utf-8", errors="replace") as file:
                file.write(line)
            if os.stat(self._path).st_size > MOST:
                os.rename(self._path, self._path + ".1")
                self.capture()

    def capture(self) -> None:
        """Standard output and error of this process go to the log."""
        with contextlib.suppress(OSError):
            descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            for stream in (sys.stdout, sys.stderr):
                stream.flush()
            os.dup2(descriptor, 1)
            os.dup2(descriptor, 2)
            os.close(descriptor)
