"""Everything that can go wrong with what the company knows.

KnowledgeError
├── InvalidInput            a file, row or label that cannot be used as it is
│   ├── UnreadableFile      the file as a whole: missing, empty, of no known kind or encoding
│   └── UnknownCategory     a label that is no node of the taxonomy
├── InvalidRules            a TOML file of ours (taxonomy, lexicon) that breaks its schema
├── ModelUnavailable        an embedder or head that cannot be loaded
├── EmbedderMismatch        vectors of one embedder offered to an index or a head of another
├── IndexLocked             another process owns the index directory
└── IndexUnavailable        the index cannot answer: not built yet, or damaged
"""


class KnowledgeError(Exception):
    """Root of this package's errors: catch it to catch them all."""


class InvalidInput(KnowledgeError):
    """Something offered from outside cannot be used as it is."""


class UnreadableFile(InvalidInput):
    """A file as a whole cannot be read: missing, empty, or of no known kind or encoding."""


class UnknownCategory(InvalidInput):
    """A category that is no node of the taxonomy."""


class InvalidRules(KnowledgeError):
    """A rules file breaks its schema; the message names the file and the line."""


class ModelUnavailable(KnowledgeError):
    """An embedder or a trained head cannot be loaded."""


class EmbedderMismatch(KnowledgeError):
    """Vectors of one embedder were offered to something built with another."""

    def __init__(self, what: str, built_with: str, offered: str) -> None:
        super().__init__(
            f"{what} was built with embedder {built_with!r}, not {offered!r}: "
            f"set REDRESS_EMBEDDER to the first, or run 'redress rebuild' to move to the second"
        )
        self.built_with = built_with
        self.offered = offered


class IndexLocked(KnowledgeError):
    """Another process owns the index directory."""


class IndexUnavailable(KnowledgeError):
    """The index cannot answer now."""
