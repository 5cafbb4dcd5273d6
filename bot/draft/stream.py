"""What an OpenAI-compatible server sends back, read as it arrives. Pure: bytes in, words out.

Events      bytes, cut anywhere    -> server-sent events
Thinking    text with <think> tags -> the text without the model's reasoning
ReplyReader events and thinking together: the words of one reply, then its `Reply` or the `Fault`
"""

import codecs
import json
import re
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from bot.draft.failure import Fault, is_fault, read_fault

MAX_STREAM_BYTES = 4 * 1024 * 1024
"""A reply of a few hundred words takes about 0.2 MiB of events; what never ends is cut off here."""


@dataclass(frozen=True, slots=True)
class Event:
    """One server-sent event."""

    name: str
    """Empty where the server gave none."""
    data: str


class Events:
    """Decodes server-sent events from chunks that may be cut anywhere, also inside a character."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._started = False
        self._line: list[str] = []
        self._after_return = False
        self._name = ""
        self._data: list[str] = []

    def feed(self, chunk: bytes) -> list[Event]:
        """The events this chunk completes."""
        return self._take(self._decoder.decode(chunk))

    def close(self) -> list[Event]:
        """The event the stream ended in, where it did not end with a blank line."""
        return self._take(self._decoder.decode(b"", final=True) + "\n\n")

    def _take(self, text: str) -> list[Event]:
        if text and not self._started:
            self._started = True
            text = text.removeprefix("\ufeff")
        if text and self._after_return:
            # The line feed of a CRLF whose carriage return came with the chunk before.
            text = text.removeprefix("\n")
            self._after_return = False
        self._after_return = self._after_return or text.endswith("\r")
        *ended, rest = re.split(r"\r\n|\n|\r", text)
        events: list[Event] = []
        for piece in ended:
            line = "".join([*self._line, piece])
            self._line.clear()
            if event := self._read(line):
                events.append(event)
        if rest:
            self._line.append(rest)
        return events

    def _read(self, line: str) -> Event | None:
        if not line:
            event = Event(self._name, "\n".join(self._data)) if self._data or self._name else None
            self._name = ""
            self._data.clear()
            return event
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "data":
            self._data.append(value)
        elif field == "event":
            self._name = value
        return None


class Thinking:
    """Takes the model's reasoning out of its text as it streams.

    Reasoning stands between `<think>` and `</think>`, which may be cut over chunks. Some chat templates write
    the opening tag themselves, so that only the closing one comes: then everything before it was reasoning.
    As nobody can know this beforehand, the text is held back until a tag or the end, unless `trusted` says
    that this model is known to open its own tags.
    """

    OPEN, CLOSE = "<think>", "</think>"

    def __init__(self, *, trusted: bool) -> None:
        self._live = trusted
        self._inside = False
        self._buffer = ""
        self._kept: list[str] = []
        self._blank = True
        self.lone_close = False
        """A closing tag came that nothing had opened."""
        self.thought = 0
        """Characters of reasoning left out so far."""

    @property
    def text(self) -> str:
        """The text so far, without reasoning and without white space in front."""
        return "".join(self._kept)

    def feed(self, text: str) -> str:
        """What may be shown now; empty while the text is held back."""
        self._buffer += text
        shown: list[str] = []
        while (found := self._next_tag()) is not None:
            at, tag = found
            before = self._cut(at)
            self._cut(len(tag))
            shown.append(self._pass(before, tag))
        shown.append(self._release(self._undecided()))
        return "".join(shown)

    def close(self) -> str:
        """What was held back, now that no tag can follow."""
        self._live = True
        return self._release(0)

    def _tags(self) -> tuple[str, ...]:
        return (self.CLOSE,) if self._inside else (self.OPEN, self.CLOSE)

    def _next_tag(self) -> tuple[int, str] | None:
        """Where the next tag that counts here begins, and which it is."""
        found = [(at, tag) for tag in self._tags() if (at := self._buffer.find(tag)) >= 0]
        return min(found, default=None)

    def _undecided(self) -> int:
        """Length of the tail that may be the beginning of a tag."""
        return _begun(self._buffer, self._tags())

    def _pass(self, before: str, tag: str) -> str:
        if self._inside:
            self._inside = False
            self.thought += len(before)
            return ""
        # Whatever the tag, what this model's reasoning looks like is known now.
        self._live = True
        if tag == self.OPEN:
            self._inside = True
            # the beginning of a tag just before a whole one would become one with what follows the reasoning
            return self._show(before[: len(before) - _begun(before, (self.OPEN, self.CLOSE))])
        self.lone_close = True
        self.thought += len(self.text) + len(before)
        self._kept.clear()
        self._blank = True
        return ""

    def _release(self, keep: int) -> str:
        """Lets all go but the last `keep` characters, if they may go."""
        if self._inside:
            self.thought += len(self._cut(len(self._buffer) - keep))
        elif self._live:
            return self._show(self._cut(len(self._buffer) - keep))
        return ""

    def _cut(self, length: int) -> str:
        cut, self._buffer = self._buffer[:length], self._buffer[length:]
        return cut

    def _show(self, text: str) -> str:
        if self._blank:
            text = text.lstrip()
        if text:
            self._blank = False
            self._kept.append(text)
        return text


def _begun(text: str, tags: tuple[str, ...]) -> int:
    """Length of the tail of a text that is the beginning of a tag."""
    longest = min(len(text), max(map(len, tags)) - 1)
    return next((n for n in range(longest, 0, -1) if any(tag.startswith(text[-n:]) for tag in tags)), 0)


class _Theirs(BaseModel):
    """Base of what the server sends: fields we do not know are left alone."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Usage(_Theirs):
    """Tokens, as the server counts them."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None


class _Words(_Theirs):
    content: str | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None
    refusal: str | None = None


class _Choice(_Theirs):
    index: int = 0
    delta: _Words = _Words()
    message: _Words = _Words()
    """In place of `delta` where a server answers in one piece although a stream was asked for."""
    finish_reason: str | None = None


class _Chunk(_Theirs):
    choices: tuple[_Choice, ...] = ()
    model: str | None = None
    usage: Usage | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """One complete reply."""

    text: str
    """Without reasoning; no white space around it."""
    model: str
    """As the server names it; empty where it does not."""
    finish: str
    """Why the model stopped: `stop`, `length`, `content_filter`, `refusal`, … as the server says."""
    usage: Usage | None
    thought: int
    """Characters of reasoning that were left out."""
    lone_close: bool
    """The reasoning had no opening tag."""


Broken = Literal["unreadable", "too long", "truncated"]


class ReplyReader:
    """Reads one reply. After `fault` or `broken` is set nothing more is read."""

    def __init__(self, *, trusted: bool) -> None:
        self._events = Events()
        self._thinking = Thinking(trusted=trusted)
        self._size = 0
        self._hidden = 0
        self._model = ""
        self._finish = ""
        self._usage: Usage | None = None
        self.done = False
        """The server said that the reply is complete: `[DONE]` came."""
        self.fault: Fault | None = None
        self.broken: Broken | None = None

    def feed(self, chunk: bytes) -> str:
        """The words this chunk adds that may be shown."""
        self._size += len(chunk)
        if self._size > MAX_STREAM_BYTES:
            self.broken = "too long"
        return "".join(self._take(event) for event in self._events.feed(chunk) if not self.over)

    def close(self) -> str:
        """The words still held back, at the end of the stream; sets `broken` where the end came too early."""
        shown = "".join(self._take(event, last=True) for event in self._events.close() if not self.over)
        if self.fault or self.broken:
            return shown
        if not (self.done or self._finish):
            self.broken = "truncated"
            return shown
        return shown + self._thinking.close()

    @property
    def over(self) -> bool:
        """Whether nothing more needs to be read."""
        return self.done or self.fault is not None or self.broken is not None

    @property
    def finished(self) -> bool:
        """Whether the reply is whole, also where the connection broke afterwards."""
        return self.fault is None and self.broken is None and (self.done or bool(self._finish))

    def reply(self) -> Reply:
        """The whole reply; call it after `close`, when `finished`."""
        return Reply(
            text=self._thinking.text.rstrip(),
            model=self._model,
            finish=self._finish or "stop",
            usage=self._usage,
            thought=self._hidden + self._thinking.thought,
            lone_close=self._thinking.lone_close,
        )

    def _take(self, event: Event, *, last: bool = False) -> str:
        if event.data.startswith("[DONE]"):
            self.done = True
            return ""
        try:
            body: object = json.loads(event.data)
        except ValueError:
            self._unreadable(event, last=last)
            return ""
        if event.name == "error" or is_fault(body):
            self.fault = read_fault(200, body)
            return ""
        try:
            chunk = _Chunk.model_validate(body)
        except ValidationError:
            self.broken = "unreadable"
            return ""
        return self._words_of(chunk)

    def _unreadable(self, event: Event, *, last: bool) -> None:
        if event.name == "error":
            self.fault = read_fault(200, event.data)
        elif event.data:
            # The event a stream breaks off in was cut, not garbled.
            self.broken = "truncated" if last else "unreadable"

    def _words_of(self, chunk: _Chunk) -> str:
        self._model = chunk.model or self._model
        self._usage = chunk.usage or self._usage
        shown: list[str] = []
        for choice in chunk.choices:
            if choice.index:
                continue
            for words in (choice.delta, choice.message):
                self._hidden += len(words.reasoning_content or words.reasoning or "")
                shown.append(self._thinking.feed(words.content or ""))
                if words.refusal:
                    self._finish = "refusal"
            self._finish = self._finish if self._finish == "refusal" else choice.finish_reason or self._finish
        return "".join(shown)
