"""Standard Webhooks 1.0.0: verify what comes in, sign what goes out.

Signed is `{id}.{timestamp}.{body}`: with HMAC-SHA256 under a shared secret (`whsec_…`, signature `v1,…`), or
with Ed25519, whose public key (`whpk_…`, signature `v1a,…`) is all a receiver needs. A delivery may carry
several signatures, while its sender changes keys, and versions we do not know; one good one is enough.
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from bot.channels.ed25519 import KEY_BYTES, is_signed_by
from bot.errors import BadSignature, InvalidSettings

TOLERANCE: Final = 300
"""Seconds a delivery's timestamp may differ from our clock, either way."""
MIN_SECRET_BYTES: Final = 16
"""Fewer could be guessed. The specification asks senders for 24 to 64, and shorter ones are in use."""
MAX_SIGNATURES: Final = 8
"""Signatures of the version we check that are looked at: each costs us work, whoever sent it."""

HEADER_FAMILIES: Final = ("webhook-", "svix-")
"""The specification's header names, and those of the service it grew out of."""

_ID = re.compile(r"[!-~]{1,200}")
_TIMESTAMP = re.compile(r"[0-9]{1,12}")


@dataclass(frozen=True, slots=True)
class Delivery:
    """A webhook that is what its sender sent."""

    id: str
    """The same each time the sender tries again."""
    timestamp: int
    """Unix seconds; when this attempt was signed."""


def verify(secret: str, headers: Mapping[str, str], body: bytes, now: float) -> Delivery:
    """The delivery, when one of its signatures is good and it is fresh. Header names match in any case.

    Args:
        secret: `whsec_…` or bare base64 for a shared secret, `whpk_…` for a public key; padding is optional.
        headers: of the request.
        body: the bytes as they came; JSON that was parsed and written again has another signature.
        now: unix seconds.

    Raises:
        BadSignature: for anything a sender can do wrong.
        InvalidSettings: the secret cannot work.
    """
    version, good = _checker(secret)
    message_id, timestamp, signatures = _signed_headers(headers)
    if abs(now - int(timestamp)) > TOLERANCE:
        raise BadSignature(
            f"the delivery is {now - int(timestamp):+.0f} s from our clock, more than {TOLERANCE} s: "
            "sign each attempt anew and keep the clock in step"
        )
    content = _content(message_id, timestamp, body)
    if not any(good(content, signature) for signature in _of_version(version, signatures)):
        raise BadSignature(
            f"no {version} signature fits: sign 'id.timestamp.body' over the very bytes that are sent, "
            "with the secret agreed for this address"
        )
    return Delivery(message_id, int(timestamp))


def sign(secret: str, id: str, timestamp: int, body: bytes) -> str:
    """The `webhook-signature` of a delivery made at `timestamp` (unix seconds): `v1,…`.

    Raises:
        InvalidSettings: the secret is no shared secret.
    """
    if secret.startswith(("whpk_", "whsk_")):
        raise InvalidSettings("deliveries are signed with a shared secret: give one that starts with whsec_")
    return "v1," + _hmac(_shared(secret), _content(id, str(timestamp), body))


def _signed_headers(headers: Mapping[str, str]) -> tuple[str, str, str]:
    """Id, timestamp and signatures, from the first family that has all three."""
    lower = {name.lower(): value for name, value in headers.items()}
    for family in HEADER_FAMILIES:
        found = tuple(lower.get(family + name, "") for name in ("id", "timestamp", "signature"))
        if all(found):
            break
    else:
        raise BadSignature("send all three headers: webhook-id, webhook-timestamp and webhook-signature")
    message_id, timestamp, signatures = found
    if not _ID.fullmatch(message_id):
        raise BadSignature("webhook-id must be 1 to 200 visible ASCII characters")
    if not _TIMESTAMP.fullmatch(timestamp):
        raise BadSignature("webhook-timestamp must be whole unix seconds")
    return message_id, timestamp, signatures


def _of_version(version: str, signatures: str) -> Iterator[bytes]:
    """The signatures of that version as they were sent, in base64; whatever is malformed is passed over."""
    found = 0
    for part in signatures.split(" "):
        name, comma, value = part.partition(",")
        if name == version and comma and found < MAX_SIGNATURES:
            found += 1
            yield value.encode("utf-8", "replace")


def _content(message_id: str, timestamp: str, body: bytes) -> bytes:
    return f"{message_id}.{timestamp}.".encode() + body


def _hmac(key: bytes, content: bytes) -> str:
    return base64.b64encode(hmac.digest(key, content, hashlib.sha256)).decode()


def _checker(secret: str) -> tuple[str, Callable[[bytes, bytes], bool]]:
    """The version a secret checks, and whether (content, base64 signature) is good under it."""
    if secret.startswith("whpk_"):
        public_key = _public(secret)
        return "v1a", lambda content, sent: is_signed_by(public_key, content, _decoded(sent))
    if secret.startswith("whsk_"):
        raise InvalidSettings(
            "a whsk_ key is the sender's alone: give the public key, which starts with whpk_"
        )
    key = _shared(secret)
    return "v1", lambda content, sent: hmac.compare_digest(_hmac(key, content).encode(), sent)


def _decoded(signature: bytes) -> bytes:
    try:
        return base64.b64decode(signature, validate=True)
    except (binascii.Error, ValueError):
        return b""


def _shared(secret: str) -> bytes:
    key = _key_bytes(secret.removeprefix("whsec_"), "webhook secret")
    if len(key) < MIN_SECRET_BYTES:
        raise InvalidSettings(
            f"the webhook secret holds {len(key)} bytes, fewer than {MIN_SECRET_BYTES}: "
            "make one of 24 to 64 random bytes, in base64, with whsec_ in front"
        )
    return key


def _public(secret: str) -> bytes:
    key = _key_bytes(secret.removeprefix("whpk_"), "webhook public key")
    if len(key) != KEY_BYTES:
        raise InvalidSettings(f"the webhook public key holds {len(key)} bytes, not {KEY_BYTES}")
    return key


def _key_bytes(text: str, what: str) -> bytes:
    bare = text.strip().rstrip("=")
    try:
        return base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidSettings(f"the {what} is not base64: copy it again from where it was made") from error
