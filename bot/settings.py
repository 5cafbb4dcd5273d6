"""Settings: read once from REDRESS_* variables, passed down. The README's table is made from here."""

import json
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Final, Literal, Self

import platformdirs
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from bot.errors import InvalidSettings

PREFIX: Final = "REDRESS_"
SHIPPED_EMBEDDER: Final = "redress"


Subject = Literal["categories", "emotion", "escalation", "needs", "vulnerability", "complaint"]
"""What a head of a company's own may judge."""


class Settings(BaseModel):
    """How this service runs. Secrets never show in a representation."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    home: Annotated[
        Path, Field(description="Folder that holds the SQLite database, the index and trained models.")
    ] = Path(platformdirs.user_data_dir("redress", appauthor=False))
    database_url: Annotated[
        SecretStr | None,
        Field(description="`postgresql://user:password@host/name`; empty means SQLite in the home folder."),
    ] = None
    embedder: Annotated[
        str,
        Field(
            description="`redress` (shipped), `lexical`, or a sentence-transformers model by name or path."
        ),
    ] = SHIPPED_EMBEDDER
    category_model: Annotated[
        str | None,
        Field(
            description="Folder of a head by `redress train categories`, or a transformers text classifier "
            "by name or path; empty: the promoted or shipped head."
        ),
    ] = None
    emotion_model: Annotated[
        str | None,
        Field(description="Likewise for emotions (`redress train emotion`), with the codebook's labels."),
    ] = None
    escalation_model: Annotated[
        str | None,
        Field(
            description="Likewise for escalations (`redress train escalation`); danger is looked for anyway."
        ),
    ] = None
    needs_model: Annotated[
        str | None,
        Field(description="Likewise for needs, labels as `explicit.refund` or `implicit.safety_of_funds`."),
    ] = None
    vulnerability_model: Annotated[str | None, Field(description="Likewise for signs of vulnerability.")] = (
        None
    )
    complaint_model: Annotated[
        str | None,
        Field(description="Likewise for whether it is a complaint at all: `complaint` or `none`."),
    ] = None
    reranker: Annotated[
        str | None,
        Field(
            description="Cross-encoder of transformers by name or path that ranks what search found again."
        ),
    ] = None
    host: Annotated[str, Field(description="Address the service listens on.")] = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535, description="Port the service listens on.")] = 8700
    max_body_bytes: Annotated[
        int, Field(ge=1024, description="Largest request body, in bytes; a larger one gets 413.")
    ] = 4_000_000
    max_read_chars: Annotated[
        int,
        Field(
            ge=500,
            description="Characters of a complaint that are judged; all of it is stored.",
        ),
    ] = 20_000
    llm_url: Annotated[
        str | None,
        Field(description="Base URL of an OpenAI-compatible server; empty means the composer writes."),
    ] = None
    llm_local: Annotated[
        str | None,
        Field(
            description="A causal language model of transformers, run in this process in place of a server: "
            "a folder, or a hub name, `name@revision`."
        ),
    ] = None
    llm_model: Annotated[str | None, Field(description="Model name the server expects.")] = None
    llm_key: Annotated[SecretStr | None, Field(description="API key of that server.")] = None
    llm_seconds: Annotated[
        float, Field(gt=0, le=600, description="Seconds a draft may take before the composer writes instead.")
    ] = 10.0
    llm_price_prompt: Annotated[
        Decimal, Field(ge=0, description="Price of a million tokens of prompt, to count what drafts cost.")
    ] = Decimal(0)
    llm_price_completion: Annotated[
        Decimal, Field(ge=0, description="Price of a million tokens of reply.")
    ] = Decimal(0)
    llm_currency: Annotated[
        str, Field(pattern="^([A-Z]{3})?$", description="Currency of these prices; empty counts tokens only.")
    ] = ""
    llm_concurrency: Annotated[
        int, Field(ge=1, le=256, description="Requests to the language model under way at once; others wait.")
    ] = 4
    events_url: Annotated[
        str | None,
        Field(
            description="Where events go that others should know of (`commitment.overdue`); empty: nowhere."
        ),
    ] = None
    events_secret: Annotated[
        SecretStr | None, Field(description="`whsec_…` secret by which these events are signed.")
    ] = None
    webhook_secret: Annotated[
        SecretStr | None,
        Field(description="`whsec_…` secret of the signed inbound webhook; empty closes it."),
    ] = None
    webhook_tenant: Annotated[
        str, Field(description="Tenant that complaints from the signed webhook belong to.")
    ] = "default"
    metrics_open: Annotated[
        bool, Field(description="Serve /metrics without a key, for a scraper on a private network.")
    ] = False
    frame_ancestors: Annotated[
        str,
        Field(description="Origins that may show the sidebar in a frame, as in Content-Security-Policy."),
    ] = "'self'"
    threads: Annotated[
        int, Field(ge=1, le=64, description="Complaints judged at the same time, each in its own thread.")
    ] = 4

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Self:
        """The settings in `env`; an empty value means the default.

        Raises:
            InvalidSettings: a name we do not know (a typo must not hide), or a value that does not fit.
        """
        given = {
            name[len(PREFIX) :].lower(): value.strip()
            for name, value in env.items()
            if name.startswith(PREFIX)
        }
        unknown = sorted(set(given) - set(cls.model_fields))
        if unknown:
            names = ", ".join(PREFIX + name.upper() for name in unknown)
            raise InvalidSettings(
                f"no such setting: {names}; 'redress settings' lists the {len(cls.model_fields)} there are"
            )
        try:
            return cls.model_validate({name: value for name, value in given.items() if value})
        except ValidationError as error:
            faults = "; ".join(
                f"{PREFIX}{str(fault['loc'][0]).upper()}: {fault['msg']}"
                for fault in error.errors(include_url=False, include_input=False)
            )
            raise InvalidSettings(faults) from error

    @property
    def sqlite_url(self) -> str:
        """Where the SQLite database is when no other is configured."""
        return f"sqlite:///{self.home / 'redress.db'}"

    @property
    def index_folder(self) -> Path:
        """Where the index is."""
        return self.home / "index"

    @property
    def promoted_embedder(self) -> Path:
        """Where `redress promote` writes down the embedder in use."""
        return self.home / "models" / "embedder.json"

    def embedder_source(self) -> str:
        """The embedder that is named, else the promoted, else the shipped one.

        Raises:
            InvalidSettings: what `redress promote` wrote down cannot be read.
        """
        if self.embedder != SHIPPED_EMBEDDER or not self.promoted_embedder.exists():
            return self.embedder
        try:
            return str(json.loads(self.promoted_embedder.read_text(encoding="utf-8"))["source"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise InvalidSettings(
                f"{self.promoted_embedder} cannot be read: run 'redress promote --undo --subject embedder'"
            ) from error

    def model_for(self, subject: Subject) -> str | None:
        """The model that is named for a subject."""
        named = {
            "categories": self.category_model,
            "emotion": self.emotion_model,
            "escalation": self.escalation_model,
            "needs": self.needs_model,
            "vulnerability": self.vulnerability_model,
            "complaint": self.complaint_model,
        }
        return named[subject]

    def promoted_head(self, subject: Subject) -> Path:
        """Where `redress promote` puts the head in use."""
        return self.home / "models" / subject

    def frozen_rows(self, subject: Subject) -> Path:
        """The rows every new head has to pass."""
        return self.home / "frozen" / f"{subject}.jsonl"


def setting_for(subject: Subject) -> str:
    """The variable that names a model for a subject."""
    return f"{PREFIX}{'CATEGORY' if subject == 'categories' else subject.upper()}_MODEL"


def settings_table() -> str:
    """The settings as a Markdown table: variable, default, meaning."""
    rows = ["| variable | default | meaning |", "|---|---|---|"]
    for name, field in Settings.model_fields.items():
        default = "" if field.default is None else str(field.default)
        if name == "home":
            default = "~/.local/share/redress"
        rows.append(
            f"| `{PREFIX}{name.upper()}` | {f'`{default}`' if default else ''} | {field.description} |"
        )
    return "\n".join(rows)
