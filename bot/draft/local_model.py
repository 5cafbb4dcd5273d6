"""A language model in this process: transformers, no server. For machines that nothing may leave.

Slower than a server that batches; one reply at a time. The same prompts, the same checks, the same deadline.
"""

import asyncio
import importlib
import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any, Final

from anyio import to_thread

from bot.draft.chat import TEMPERATURE, ChatReply, Message, OnDelta
from bot.draft.stream import Thinking, Usage
from bot.errors import ChatUnavailable, InvalidSettings

logger = logging.getLogger(__name__)

_END: Final = object()


class LocalModel:
    """Writes with a causal language model of transformers, loaded when it is first asked.

    Args:
        source: A hub name, `name@revision`, or a local path. Code that comes with a model is never run.
        seconds: Deadline of one `write`, without the time the model takes to load.
    """

    def __init__(self, source: str, *, seconds: float) -> None:
        self._name, _, revision = source.partition("@")
        self._revision = revision or None
        self._source, self._seconds = source, seconds
        self._one_at_a_time = asyncio.Lock()
        self._loaded: tuple[Any, Any] | None = None

    async def aclose(self) -> None:
        """Lets go of the model."""
        self._loaded = None

    async def write(
        self,
        messages: Sequence[Message],
        *,
        max_tokens: int,
        on_delta: OnDelta | None = None,
        seconds: float | None = None,
        schema: dict[str, Any] | None = None,
    ) -> ChatReply:
        """The model's reply; see `Chat.write`. A schema is left to the prompt and to whoever validates.

        Raises:
            ChatUnavailable: the model cannot be loaded, or wrote no whole reply in time.
        """
        limit = self._seconds if seconds is None else min(seconds, self._seconds)
        async with self._one_at_a_time:
            tokenizer, model = await self._load()
            stopped = threading.Event()
            try:
                async with asyncio.timeout(limit):
                    return await self._generate(tokenizer, model, messages, max_tokens, on_delta, stopped)
            except TimeoutError as error:
                raise ChatUnavailable(f"the language model gave no complete reply in {limit:g} s") from error
            finally:
                stopped.set()

    async def _load(self) -> tuple[Any, Any]:
        if self._loaded is None:
            try:
                self._loaded = await to_thread.run_sync(_load, self._name, self._revision)
            except InvalidSettings as error:
                raise ChatUnavailable(str(error)) from error
        return self._loaded

    async def _generate(
        self,
        tokenizer: Any,
        model: Any,
        messages: Sequence[Message],
        max_tokens: int,
        on_delta: OnDelta | None,
        stopped: threading.Event,
    ) -> ChatReply:
        loop, words = asyncio.get_running_loop(), asyncio.Queue[Any]()

        def put(text: Any) -> None:
            loop.call_soon_threadsafe(words.put_nowait, text)

        prompt = _encoded(tokenizer, messages)
        writing = asyncio.create_task(
            to_thread.run_sync(_write, tokenizer, model, prompt, max_tokens, put, stopped)
        )
        thinking = Thinking(trusted=False)
        while (text := await words.get()) is not _END:
            if (shown := thinking.feed(text)) and on_delta is not None:
                await on_delta(shown)
        counted, whole = await writing
        if (rest := thinking.close()) and on_delta is not None:
            await on_delta(rest)
        usage = Usage(prompt_tokens=int(prompt["input_ids"].shape[1]), completion_tokens=counted)
        return ChatReply(thinking.text.rstrip(), self._source, "stop" if whole else "length", usage)


def _encoded(tokenizer: Any, messages: Sequence[Message]) -> Any:
    if tokenizer.chat_template:
        return tokenizer.apply_chat_template(
            [asdict(message) for message in messages],
            add_generation_prompt=True,
            return_tensors="pt",
            return_dict=True,
        )
    return tokenizer("\n\n".join(message.content for message in messages), return_tensors="pt")


def _write(
    tokenizer: Any,
    model: Any,
    prompt: Any,
    max_tokens: int,
    put: Callable[[Any], None],
    stopped: threading.Event,
) -> tuple[int, bool]:
    """Generate in this thread, handing words on; how many tokens, and whether it came to an end."""
    transformers: Any = importlib.import_module("transformers")
    torch: Any = importlib.import_module("torch")

    class Streamer(transformers.TextStreamer):
        def on_finalized_text(self, text: str, stream_end: bool = False) -> None:
            put(text)

    class Stop(transformers.StoppingCriteria):
        def __call__(self, input_ids: Any, _scores: Any, **_: Any) -> Any:
            return torch.full((input_ids.shape[0],), stopped.is_set(), dtype=torch.bool)

    try:
        with torch.inference_mode():
            out = model.generate(
                **prompt,
                max_new_tokens=max_tokens,
                do_sample=True,
                temperature=TEMPERATURE,
                streamer=Streamer(tokenizer, skip_prompt=True, skip_special_tokens=True),
                stopping_criteria=transformers.StoppingCriteriaList([Stop()]),
            )
        counted = int(out.shape[1] - prompt["input_ids"].shape[1])
        return counted, counted < max_tokens and not stopped.is_set()
    finally:
        put(_END)


def _load(name: str, revision: str | None) -> tuple[Any, Any]:
    try:
        transformers: Any = importlib.import_module("transformers")  # five seconds: only when it is wanted
        options: dict[str, Any] = {"revision": revision, "trust_remote_code": False}
        tokenizer = transformers.AutoTokenizer.from_pretrained(name, **options)
        model = transformers.AutoModelForCausalLM.from_pretrained(name, **options)
    except Exception as error:
        first = (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
        raise InvalidSettings(
            f"cannot load the language model {name!r} ({first}): give REDRESS_LLM_LOCAL a folder that holds "
            "one, or a hub name this machine has or can download, or leave it empty"
        ) from error
    return tokenizer, model.eval()
