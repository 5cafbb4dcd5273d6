"""How hard to try a language-model server, and when to leave it alone for a while."""

import time
from dataclasses import dataclass
from secrets import SystemRandom

from bot.errors import ChatUnavailable

_random = SystemRandom()


@dataclass(frozen=True, slots=True)
class Patience:
    """How hard to try."""

    tries: int = 3
    """Requests for one reply, at most."""
    first_wait: float = 0.5
    """Seconds before the second request; doubles each time, less up to a quarter at random."""
    longest_wait: float = 8.0
    """Seconds between two requests, at most, where the server does not say."""
    failures: int = 3
    """Replies that must fail one after the other before the breaker opens."""
    rest: float = 30.0
    """Seconds an open breaker refuses; then one request may try."""

    def wait(self, attempt: int, asked: float | None) -> float:
        """Seconds to wait after this attempt (from 1); what the server asked for, where it did."""
        if asked is not None:
            return asked
        usual = min(self.longest_wait, self.first_wait * 2 ** (attempt - 1))
        return usual * _random.uniform(0.75, 1.0)


class Breaker:
    """Refuses for a while after repeated failures, so that a dead server costs nobody a wait."""

    def __init__(self, patience: Patience) -> None:
        self._patience = patience
        self._failures = 0
        self._open_until = 0.0

    def admit(self) -> None:
        """Lets a request through.

        Raises:
            ChatUnavailable: the server failed repeatedly a moment ago.
        """
        now = time.monotonic()
        if now < self._open_until:
            left = self._open_until - now
            raise ChatUnavailable(
                f"the language model server failed {self._failures} times in a row and is left alone "
                f"for another {left:.0f} s",
                retry_after=left,
            )
        if self._failures >= self._patience.failures:
            # The rest is over: this request tries, the others wait for what it finds.
            self._open_until = now + self._patience.rest

    def record(self, *, well: bool) -> None:
        """Counts one outcome."""
        self._failures = 0 if well else self._failures + 1
        broken = self._failures >= self._patience.failures
        self._open_until = time.monotonic() + self._patience.rest if broken else 0.0
