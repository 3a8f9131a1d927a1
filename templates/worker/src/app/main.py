"""The worker: takes jobs from the spool until it is told to stop, and ends the one at hand."""

import errno
import logging
import queue
import signal
from collections.abc import Callable
from contextlib import suppress
from time import monotonic

from app import jobs
from app.config import Config
from app.metrics import Metrics
from app.spool import Job, Spool

log = logging.getLogger("worker")

FULL = {errno.ENOSPC, errno.EDQUOT}
TELL_EVERY = 1.0
"""Seconds."""
Work = Callable[[bytes], jobs.Result]


class Worker:
    def __init__(self, config: Config, work: Work = jobs.work) -> None:
        self._config, self._work = config, work
        self._spool = Spool(config.spool, config.attempts)
        self._metrics = Metrics(self._spool.metrics)
        self._is_stopped, self._tell_at = False, 0.0
        self._wake: queue.SimpleQueue[None] = queue.SimpleQueue()
        """An Event's lock would be waited for without end by a signal's handler; this has none."""

    def stop(self) -> None:
        """A signal's handler may call this."""
        if not self._is_stopped:
            self._is_stopped = True
            self._spool.leave_off()
            self._wake.put(None)

    def run(self) -> None:
        """When it raises, the job at hand is another's once this process is no more."""
        try:
            while not self._is_stopped:
                if not self._turn():
                    with suppress(queue.Empty):
                        self._wake.get(timeout=self._config.poll_seconds)
            self._spool.close()
        except OSError as error:
            if error.errno in FULL:  # no job's fault
                self._spool.leave_off()
            raise

    def _turn(self) -> bool:
        """Whether there was a job."""
        self._give_back()
        job = self._spool.take()
        if job:
            self._do(job)
        if not job or monotonic() >= self._tell_at:
            self._tell()
        return job is not None

    def _tell(self) -> None:
        """Not after each job: who counts a long backlog each time gets through it slowly."""
        self._tell_at = monotonic() + TELL_EVERY
        self._metrics.waiting = self._spool.waiting()
        self._metrics.aside = self._spool.aside()
        self._metrics.write()

    def _give_back(self) -> None:
        for lost in self._spool.give_back():
            self._metrics.lost += 1
            self._metrics.failed += lost.is_aside
            log.error(
                "%s: its worker is no more, attempts that count: %d of %d; %s",
                lost.name,
                lost.attempts,
                self._config.attempts,
                "put aside" if lost.is_aside else "it waits again",
            )

    def _do(self, job: Job) -> None:
        try:
            result = self._work(job.content)
        except jobs.BadJobError as error:
            self._spool.put_aside(job, str(error))
            self._is_aside(job, str(error))
        except Exception as error:
            log.exception("%s: attempt %d of %d", job.name, job.attempt, self._config.attempts)
            if self._spool.give_up(job, str(error)):
                self._is_aside(job, str(error))
        else:
            self._spool.finish(job, result)
            self._metrics.done += 1
            log.info("%s: done", job.name)

    def _is_aside(self, job: Job, why: str) -> None:
        self._metrics.failed += 1
        log.error("%s: put aside: %s", job.name, why)


def main() -> None:
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
    worker = Worker(Config.from_environment())
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: worker.stop())
    worker.run()


if __name__ == "__main__":
    main()
