"""Which model judges what: the one a setting names, the promoted, the shipped."""

import json
import logging
import shutil
from pathlib import Path
from typing import get_args

from bot.settings import Settings, Subject, setting_for
from bot.triage.learned import MODEL
from bot.triage.own import OwnReader, OwnReaders, codebook_labels, strange_labels
from knowledge.embedding import Embedder
from knowledge.errors import InvalidInput
from knowledge.head import Head
from knowledge.prediction import Classifier
from knowledge.shipped import PRECISION, SHIPPED_HEAD, sample_rows
from knowledge.taxonomy import Taxonomy
from knowledge.transformer_models import Reranker, TextClassifier

log = logging.getLogger(__name__)


def category_model(settings: Settings, embedder: Embedder) -> Classifier:
    """What judges categories: a text classifier or a head.

    Raises:
        ModelUnavailable: the named model cannot be loaded.
        EmbedderMismatch: the named head was trained with another embedder.
    """
    return _own(settings, "categories", embedder) or shipped_category_head(settings, embedder)


def own_readers(settings: Settings, embedder: Embedder) -> OwnReaders:
    """The company's own models of feelings, intents, needs, vulnerability, and complaint or not.

    Raises:
        ModelUnavailable: a named model cannot be loaded, or its labels are not those of the codebook.
        EmbedderMismatch: a named head was trained with another embedder.
    """
    readers: dict[str, OwnReader] = {}
    for subject in get_args(Subject):
        if subject != "categories" and (model := _own(settings, subject, embedder)) is not None:
            kinds, setting = codebook_labels()[subject], setting_for(subject)
            readers[subject] = OwnReader(model, kinds, setting, embedder.embed_query)
    return OwnReaders(**readers)


def head_in_use(settings: Settings, subject: Subject, embedder: Embedder) -> Head:
    """The head a new one has to beat: the promoted, or the shipped one.

    Raises:
        ModelUnavailable: it cannot be loaded.
        EmbedderMismatch: it was trained with another embedder.
    """
    promoted = settings.promoted_head(subject)
    if (promoted / "model.json").exists():
        return _fitting(Head.load(promoted), embedder)
    if subject == "categories":
        return shipped_category_head(settings, embedder)
    return Head.load(MODEL / subject)


def refuse_strange_labels(subject: Subject, head: Head) -> None:
    """A head of anything but categories may only say what the codebook has.

    Raises:
        InvalidInput: it has other labels.
    """
    if subject != "categories" and (strange := strange_labels(head.labels, codebook_labels()[subject])):
        raise InvalidInput(f"the head {head.name} {strange}")


def shipped_category_head(settings: Settings, embedder: Embedder) -> Head:
    """The shipped head, or for another embedder one made of our corpus, once.

    Raises:
        ModelUnavailable: it cannot be loaded.
    """
    head = Head.load(SHIPPED_HEAD)
    if not head.needs_vector or head.card.embedder == embedder.name:
        return head
    cached = settings.home / "models" / f"categories-{_file_name(embedder.name)}"
    if (cached / "model.json").exists():
        return Head.load(cached)
    # the shipped head reads vectors of the built-in embedder; another one needs its own, made once
    from knowledge.training import train_categories  # scikit-learn: 0.8 s and 113 MiB, only when it trains

    log.info("training the category head for embedder %s on the sample corpus", embedder.name)
    head = train_categories(sample_rows(), embedder, precision=PRECISION)
    head.save(cached)
    return head


def heads_of_another_embedder(settings: Settings, embedder: Embedder) -> list[Subject]:
    """Subjects whose own head, named or promoted, reads vectors that `embedder` does not make.

    Raises:
        ModelUnavailable: such a head cannot be loaded.
    """
    found: list[Subject] = []
    for subject in get_args(Subject):
        model = _own(settings, subject, None)
        if isinstance(model, Head) and model.needs_vector and model.card.embedder != embedder.name:
            found.append(subject)
    return found


def remember_embedder(settings: Settings, source: str, name: str) -> None:
    """Write down the embedder to use from the next start; one in a folder is copied into the home.

    The copy keeps the folder's name, which is part of the embedder's.
    """
    file = settings.promoted_embedder
    file.parent.mkdir(parents=True, exist_ok=True)
    if Path(source).is_dir():
        copy = file.with_name("embedders") / _file_name(name) / Path(source).resolve().name
        if not copy.exists():
            fresh = copy.with_name(f"{copy.name}.new")
            shutil.rmtree(fresh, ignore_errors=True)
            shutil.copytree(source, fresh)
            fresh.replace(copy)
        source = str(copy)
    written = file.with_suffix(".new")
    written.write_text(json.dumps({"source": source}) + "\n", encoding="utf-8")
    written.replace(file)


def company_taxonomy(settings: Settings) -> Taxonomy:
    """The core categories, and those of the company's own model where there is one.

    Raises:
        ModelUnavailable: the named model cannot be loaded.
    """
    own = _own(settings, "categories", None)
    return Taxonomy.core() if own is None else with_labels(own)


def with_labels(model: Classifier) -> Taxonomy:
    """The core categories and the labels of a model."""
    core = (category.code for category in Taxonomy.core().categories)
    return Taxonomy.of_labels([*core, *model.labels])


def reranker(settings: Settings) -> Reranker | None:
    """The cross-encoder the settings name.

    Raises:
        ModelUnavailable: it cannot be loaded.
    """
    return Reranker(settings.reranker) if settings.reranker else None


def _own(settings: Settings, subject: Subject, embedder: Embedder | None) -> Classifier | None:
    """The model that is named or promoted for a subject; where an embedder is given, one it fits."""
    source, promoted = settings.model_for(subject), settings.promoted_head(subject)
    if source is None:
        if not (promoted / "model.json").exists():
            return None
        source = str(promoted)
    elif not Path(source).is_dir() or (Path(source) / "config.json").exists():
        return TextClassifier(source, f"{subject} model", setting_for(subject))
    return _fitting(Head.load(Path(source)), embedder)


def _fitting(head: Head, embedder: Embedder | None) -> Head:
    if head.needs_vector and embedder is not None:
        head.require(embedder.name)
    return head


def _file_name(name: str) -> str:
    return "".join(c if c.isalnum() or c in "-.@" else "-" for c in name)
