"""A server on the loopback, in a thread of ours."""

import threading
from http.server import ThreadingHTTPServer


class OnLoopback:
    """`said` are attributes that its handlers find in themselves."""

    def __init__(self, handler, **said):
        self.handler = type("Handler", (handler,), said)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self.handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self._server.server_port}"

    def close(self):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
