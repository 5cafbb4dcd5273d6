"""Everything that can go wrong with what is known about customers. Messages never hold a customer's data.

ProfilesError
├── InvalidInput            a row or value that cannot be used as it is; says which field and what to do
│   └── UndeclaredField     a fact in a field that fields.toml does not declare
├── IdentityConflict        one external id claimed by two customers, or one customer with two of them
├── UnknownCustomer         no such customer for this tenant
├── ErasedCustomer          somebody who was forgotten is brought in again
└── InvalidRules            a rules file breaks its schema; names file and line
    └── InvalidExpression   a condition in it cannot be read; says where (expressions_tokens.py)
"""

from collections.abc import Sequence


class ProfilesError(Exception):
    """Root of this package's errors: catch it to catch them all."""


class InvalidInput(ProfilesError):
    """Something offered from outside cannot be used as it is."""


class UndeclaredField(InvalidInput):
    """A fact in a field that nobody declared: what has no purpose and no retention is not stored."""

    def __init__(self, field: str, close: Sequence[str]) -> None:
        meant = f"did you mean {' or '.join(map(repr, close))}? " if close else ""
        super().__init__(
            f"field {field[:60]!r} is not declared: {meant}"
            "declare it in profiles/fields.toml with its purposes, basis and retention, or leave it out"
        )
        self.field = field
        self.close = tuple(close)
        """Declared names that look like it, closest first."""


class IdentityConflict(ProfilesError):
    """An external id contradicts what is on record. Two different external ids are two customers."""


class UnknownCustomer(ProfilesError):
    """No such customer for this tenant."""


class ErasedCustomer(ProfilesError):
    """A customer who was forgotten cannot be brought in again without their consent."""

    def __init__(self, message: str, tombstone: str) -> None:
        super().__init__(message)
        self.tombstone = tombstone


class InvalidRules(ProfilesError):
    """A rules file breaks its schema; the message names the file and the line."""
