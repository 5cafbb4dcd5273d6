"""A real language-model server for tests: a tiny model with random weights, made on the spot, behind
`transformers serve`. What it writes is noise; how it speaks is real.
"""

import asyncio
import atexit
import functools
import json
import math
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, cast

import httpx
import numpy as np
import safetensors.numpy
import tokenizers

MODEL = "redress/tiny"
READY_WITHIN = 120.0
"""Seconds; on two idle cores it takes about ten."""

_END = "<|im_end|>"
_TEMPLATE = (
    "{% for message in messages %}"
    "<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n"
    "{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
_CONFIG: dict[str, Any] = {
    "architectures": ["Qwen2ForCausalLM"],
    "model_type": "qwen2",
    "vocab_size": 512,
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 32_768,
    "rms_norm_eps": 1e-6,
    "rope_parameters": {"rope_type": "default", "rope_theta": 10_000.0},
    "tie_word_embeddings": True,
    "bos_token_id": 0,
    "eos_token_id": 1,
    "pad_token_id": 1,
    "dtype": "float32",
}


class _Tokenizer(Protocol):
    """As much of `tokenizers.Tokenizer` as is used; its own annotations say nothing."""

    def train_from_iterator(self, iterator: list[str], trainer: object) -> None: ...
    def save(self, path: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Server:
    """A running server."""

    url: str
    port: int
    log: Path


def make_model(folder: Path, seed: int = 7) -> int:
    """Writes a random Qwen2 of about 100,000 weights with its tokenizer; returns how many weights."""
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps(_CONFIG))
    (folder / "generation_config.json").write_text(
        json.dumps({"do_sample": True, "temperature": 1.0, "eos_token_id": 1, "pad_token_id": 1})
    )
    _write_tokenizer(folder)
    weights = _weights(np.random.default_rng(seed))
    safetensors.numpy.save_file(  # pyright: ignore[reportUnknownMemberType]  # os.PathLike without its type
        weights, folder / "model.safetensors", metadata={"format": "pt"}
    )
    return sum(tensor.size for tensor in weights.values())


def _write_tokenizer(folder: Path) -> None:
    alphabet = tokenizers.pre_tokenizers.ByteLevel.alphabet()
    made = tokenizers.Tokenizer(tokenizers.models.BPE())
    made.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = tokenizers.decoders.ByteLevel()
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=_CONFIG["vocab_size"], special_tokens=["<|im_start|>", _END], initial_alphabet=alphabet
    )
    tokenizer = cast("_Tokenizer", made)
    tokenizer.train_from_iterator(
        ["We are sorry for the delay with your refund.", "很抱歉给您添麻烦了，退款"], trainer
    )
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "tokenizer_config.json").write_text(
        json.dumps(
            {
                "tokenizer_class": "PreTrainedTokenizerFast",
                "eos_token": _END,
                "pad_token": _END,
                "chat_template": _TEMPLATE,
                "model_max_length": _CONFIG["max_position_embeddings"],
            }
        )
    )


def _weights(random: np.random.Generator) -> dict[str, Any]:
    hidden, inner = _CONFIG["hidden_size"], _CONFIG["intermediate_size"]
    keys = hidden // _CONFIG["num_attention_heads"] * _CONFIG["num_key_value_heads"]
    shapes: dict[str, tuple[int, ...]] = {"model.embed_tokens.weight": (_CONFIG["vocab_size"], hidden)}
    for layer in range(_CONFIG["num_hidden_layers"]):
        inside = {
            "self_attn.q_proj": (hidden, hidden),
            "self_attn.k_proj": (keys, hidden),
            "self_attn.v_proj": (keys, hidden),
            "self_attn.o_proj": (hidden, hidden),
            "mlp.gate_proj": (inner, hidden),
            "mlp.up_proj": (inner, hidden),
            "mlp.down_proj": (hidden, inner),
        }
        prefix = f"model.layers.{layer}"
        shapes |= {f"{prefix}.{name}.weight": shape for name, shape in inside.items()}
        shapes |= {
            f"{prefix}.self_attn.{name}_proj.bias": (inside[f"self_attn.{name}_proj"][0],) for name in "qkv"
        }
    weights = {
        name: (random.standard_normal(shape) / math.sqrt(shape[-1])).astype(np.float32)
        for name, shape in shapes.items()
    }
    norms = [
        "model.norm",
        *(
            f"model.layers.{layer}.{place}_layernorm"
            for layer in range(_CONFIG["num_hidden_layers"])
            for place in ("input", "post_attention")
        ),
    ]
    return weights | {f"{name}.weight": np.ones(hidden, np.float32) for name in norms}


@functools.cache
def running() -> Server:
    """The server, started when first asked for and stopped when the tests end.

    Raises:
        TimeoutError: it was not ready in time; the message holds the end of its log.
    """
    home = Path(tempfile.mkdtemp(prefix="redress-tiny-llm-"))
    repository = home / "hub" / f"models--{MODEL.replace('/', '--')}"
    revision = "0" * 40
    make_model(repository / "snapshots" / revision)
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text(revision)
    return _serve(home)


def _serve(home: Path) -> Server:
    port, log = free_port(), home / "serve.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "transformers.cli.transformers", "serve", MODEL),
                *("--host", "127.0.0.1", "--port", str(port), "--device", "cpu", "--default-seed", "7"),
            ],
            env=os.environ | {"HF_HOME": str(home), "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"},
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    atexit.register(_stop, process, home)
    server = Server(f"http://127.0.0.1:{port}", port, log)
    deadline = time.monotonic() + READY_WITHIN
    while not _ready(server):
        if process.poll() is not None or time.monotonic() > deadline:
            raise TimeoutError(f"no language-model server: {log.read_text(errors='replace')[-2000:]}")
        time.sleep(0.2)
    return server


def _ready(server: Server) -> bool:
    with suppress(httpx.HTTPError):
        return httpx.get(f"{server.url}/health", timeout=2.0).status_code == 200
    return False


def _stop(process: subprocess.Popen[bytes], home: Path) -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    shutil.rmtree(home, ignore_errors=True)


def free_port() -> int:
    """A port nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@asynccontextmanager
async def line(server: Server, *, cut_after: int | None = None, wait: float = 0.0) -> AsyncGenerator[str]:
    """A bad line to the server: it breaks after so many bytes of answer, or is slow by so many seconds.

    Gives the URL under which the server is reached through it.
    """

    calls: set[asyncio.Task[None]] = set()

    async def pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter, limit: float) -> None:
        passed = 0
        while passed < limit and (data := await source.read(4096)):
            sink.write(data[: int(min(len(data), limit - passed))])
            passed += len(data)
            await sink.drain()

    async def call(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ends = [writer]
        try:
            await asyncio.sleep(wait)
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", server.port)
            ends.append(far_writer)
            up = asyncio.create_task(pump(reader, far_writer, math.inf))
            with suppress(OSError):
                await pump(far_reader, writer, math.inf if cut_after is None else cut_after)
            up.cancel()
        finally:
            for end in ends:
                end.transport.abort()

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        calls.add(asyncio.create_task(call(reader, writer)))

    listener = await asyncio.start_server(connected, "127.0.0.1", 0)
    async with listener:
        yield f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
        for task in calls:
            task.cancel()
        await asyncio.gather(*calls, return_exceptions=True)
