"""A language-model server for trials: it records what it is sent, and answers whatever it is told to.

Real HTTP on a real port, streamed as OpenAI-compatible servers stream. It stands for the worst model there
is: one that does what any text in its prompt asks.
"""

import json
import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

_PIECE: Final = 24
"""Characters of an event."""


@dataclass(slots=True)
class Obedient:
    """The server as a trial sees it."""

    url: str = ""
    answer: Callable[[str], str] = lambda _: ""  # replaced by the trial
    left: float = 0.0
    """When the first words of the newest answer left, by the monotonic clock."""
    bodies: list[str] = field(default_factory=list[str])
    """What it was sent: the whole body of every request, as text."""


@contextmanager
def obedient_server() -> Generator[Obedient]:
    """The server, on a free port of this machine, until the block ends."""
    seen = Obedient()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", "0"))).decode("utf-8", "replace")
            seen.bodies.append(body)
            prompt = "\n".join(message["content"] for message in json.loads(body)["messages"])
            self.send_response(200)
            self.send_header("content-type", "text/event-stream")
            self.send_header("connection", "close")
            self.end_headers()
            for number, event in enumerate(_events(seen.answer(prompt))):
                if not number:
                    seen.left = time.monotonic()
                self.wfile.write(f"data: {event}\n\n".encode())
            self.close_connection = True

        def log_message(self, format: str, *args: Any) -> None:
            """Says nothing: a trial makes thousands of requests."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    seen.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    thread = threading.Thread(target=server.serve_forever, name="obedient", daemon=True)
    thread.start()
    try:
        yield seen
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _events(text: str) -> Iterator[str]:
    for start in range(0, len(text), _PIECE):
        delta = {"content": text[start : start + _PIECE]}
        yield json.dumps({"model": "obedient", "choices": [{"index": 0, "delta": delta}]})
    yield json.dumps({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
    yield "[DONE]"
