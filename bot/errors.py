"""Everything that can go wrong around one complaint, by who must act. HTTP status: `bot/api/problems.py`.

BotError
├── InvalidRequest          the caller's input breaks a rule; the message says which and what to send
│   └── TextMissing         there is nothing to read
├── NotFound                no such thing for this tenant
├── Unauthorised            no key, or one we do not know
├── Forbidden               the key is good, its scopes do not reach this
├── Conflict                the request contradicts what is stored
│   ├── KeyReused           an idempotency key came with another request
│   └── NeedsModel          free text is to be rewritten, and no language model is configured
├── BadSignature            a webhook that is not signed as agreed
├── InvalidSettings         configuration that cannot work
├── InvalidRules            a TOML file of ours that breaks its schema; names file and line
├── CalendarEnds            a date in business days reaches into a year whose holidays nobody wrote down
├── StorageUnavailable      the database or the disk refuses
└── ChatUnavailable         the language model did not answer usably (never reaches a caller: the
                            composer writes instead)
"""


class BotError(Exception):
    """Root of this package's errors: catch it to catch them all. Messages never hold customer text."""


class InvalidRequest(BotError):
    """The caller's input breaks a rule."""


class TextMissing(InvalidRequest):
    """There is nothing to read in the complaint."""

    def __init__(self) -> None:
        super().__init__("the complaint has no text: send at least one turn with a visible character")


class NotFound(BotError):
    """No such thing for this tenant."""


class Unauthorised(BotError):
    """No key, or one we do not know."""


class Forbidden(BotError):
    """The key is good, its scopes do not reach this."""


class Conflict(BotError):
    """The request contradicts what is stored."""


class KeyReused(Conflict):
    """An idempotency key came with another request."""


class NeedsModel(Conflict):
    """Free text can only be rewritten by a language model, and none is configured; says what can be done."""


class BadSignature(BotError):
    """A webhook that is not signed as agreed."""


class CalendarEnds(BotError):
    """A date lies in a year that a business calendar does not have; says which, and what to do."""


class InvalidSettings(BotError):
    """Configuration that cannot work."""


class InvalidRules(BotError):
    """A rules file breaks its schema; the message names the file and the line."""


class StorageUnavailable(BotError):
    """The database or the disk refuses."""


class ChatUnavailable(BotError):
    """The language model did not answer usably."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        """Seconds the server asked us to wait, where it said so."""
