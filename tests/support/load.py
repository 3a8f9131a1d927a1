"""Clients with kept-alive connections that never repeat a request and read the version in each answer."""

import contextlib
import http.client
import threading


class Load:
    """`with Load(port, clients) as load: …`; then `load.failed` and `load.served` (versions and how often)."""

    def __init__(self, port, clients=8):
        self._port, self._clients = port, clients
        self._end = threading.Event()
        self._lock = threading.Lock()
        self.failed, self.served = [], {}

    def __enter__(self):
        self._threads = [threading.Thread(target=self._run, args=(number,)) for number in range(self._clients)]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._end.set()
        for thread in self._threads:
            thread.join()

    @property
    def total(self):
        return sum(self.served.values())

    def _run(self, number):
        connection = None
        turn = number
        while not self._end.is_set():
            try:
                connection = connection or self._connect()
                turn += 1
                connection.request("POST" if turn % 2 else "GET", "/", body=b"x" * 100 if turn % 2 else None)
                answer = connection.getresponse()
                self._count(answer.read().decode(), answer.status)
                if answer.will_close:
                    connection.close()
                    connection = None
            except (OSError, http.client.HTTPException) as error:
                with self._lock:
                    self.failed.append(repr(error))
                connection = None
        if connection:
            connection.close()

    def _connect(self):
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=20)
        connection.connect()
        return connection

    def _count(self, version, status):
        with self._lock:
            if status == 200:
                self.served[version] = self.served.get(version, 0) + 1
            else:
                self.failed.append(f"{status}: {version}")


@contextlib.contextmanager
def kept_open(port):
    """One idle connection that has had an answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("GET", "/")
    connection.getresponse().read()
    try:
        yield connection
    finally:
        connection.close()
