"""The worker: takes jobs from the spool until it is told to stop, and ends the one at hand."""

import logging
import signal
import threading
from collections.abc import Callable

from app import jobs
from app.config import Config
from app.metrics import Metrics
from app.spool import Job, Spool

log = logging.getLogger("worker")

Work = Callable[[bytes], jobs.Result]


class Worker:
    def __init__(self, config: Config, work: Work = jobs.work) -> None:
        self._config, self._work = config, work
        self._spool = Spool(config.spool)
        self._metrics = Metrics(self._spool.metrics)
        self._stopped = threading.Event()

    def stop(self) -> None:
        self._stopped.set()

    def run(self) -> None:
        """When it raises, the job at hand is another's once this process is no more."""
        while not self._stopped.is_set():
            if not self._turn():
                self._stopped.wait(self._config.poll_seconds)
        self._spool.close()

    def _turn(self) -> bool:
        """Whether there was a job."""
        if lost := self._spool.give_back():
            log.warning("%d jobs of a worker that is no more are done again", lost)
        job = self._spool.take()
        if job:
            self._do(job)
        self._metrics.waiting = self._spool.waiting()
        self._metrics.write()
        return job is not None

    def _do(self, job: Job) -> None:
        for attempt in range(1, self._config.attempts + 1):
            try:
                result = self._work(job.content)
            except jobs.BadJobError as error:
                return self._put_aside(job, str(error))
            except Exception as error:
                log.exception("%s: attempt %d of %d", job.name, attempt, self._config.attempts)
                why = str(error)
            else:
                self._spool.finish(job, result)
                self._metrics.done += 1
                return log.info("%s: done", job.name)
        return self._put_aside(job, why)

    def _put_aside(self, job: Job, why: str) -> None:
        self._spool.put_aside(job, why)
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
