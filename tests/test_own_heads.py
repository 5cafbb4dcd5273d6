"""A company's own heads of emotion and escalation: named or promoted, they speak before the shipped ones."""

import json
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest
from click.testing import CliRunner, Result

from bot.cli import main
from bot.cli.console import SUBJECTS
from bot.models import own_readers
from bot.settings import Settings, Subject
from bot.triage.learned import Judge, Read, shipped_judge
from knowledge.case import EMOTIONS
from knowledge.errors import ModelUnavailable
from knowledge.evaluation import LabelledText
from knowledge.head import Head
from knowledge.static_embedding import StaticEmbedder
from knowledge.training import learn
from tests.test_transformer_models import make_tiny

WORDS = {
    "anger": ("blimey", "outrage", "furious", "scandal", "disgrace", "shambles"),
    "gratitude": ("ta", "cheers", "lovely", "grateful", "brilliant", "kind"),
    "neutral": ("invoice", "number", "dated", "order", "reference", "delivery"),
}
MEANT = {
    "churn": ("wombat", "leaving", "switching", "elsewhere", "goodbye", "closing"),
    "media": ("platypus", "newspaper", "posting", "viral", "followers", "reporter"),
    "": ("invoice", "number", "dated", "order", "reference", "delivery"),
}


def rows(words: dict[str, tuple[str, ...]], count: int = 60) -> list[LabelledText]:
    """Texts of three words of a label's own."""
    made: list[LabelledText] = []
    for n in range(count * len(words)):
        label = list(words)[n % len(words)]
        own = words[label]
        first, second, third = (own[(n // len(words) * step) % 6] for step in (1, 2, 5))
        text = f"{first} {second} {third} {n + 1000}"
        made.append(LabelledText(text, (label,) if label else ()))
    return made


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A head of each subject."""
    place, embedder = tmp_path_factory.mktemp("heads"), StaticEmbedder.shipped()
    learn(rows(WORDS), embedder, "emotion").head.save(place / "emotion")
    learn(rows(MEANT), embedder, "escalation").head.save(place / "escalation")
    joyful = [replace(row, labels=("joy",)) if row.labels == ("gratitude",) else row for row in rows(WORDS)]
    learn(joyful, embedder, "emotion").head.save(place / "joy")
    return {path.name: path for path in place.iterdir()}


def read(settings: Settings, text: str) -> Read:
    judge = shipped_judge(own=own_readers(settings, StaticEmbedder.shipped()))
    assert isinstance(judge, Judge)
    return judge.read(text, "en")


def test_a_named_head_of_emotions_speaks_first(folders: dict[str, Path], tmp_path: Path) -> None:
    text = "Blimey, a shambles and a scandal, plain disgrace"
    shipped = read(Settings(home=tmp_path), text)
    own = read(Settings(home=tmp_path, emotion_model=str(folders["emotion"])), text)
    assert own.emotion.primary == "anger" and own.emotion.intensity >= 1
    assert shipped.emotion != own.emotion
    assert all(text[span.start : span.end] == span.text for span in own.emotion.evidence)
    calm = read(
        Settings(home=tmp_path, emotion_model=str(folders["emotion"])), "invoice dated, order reference"
    )
    assert (calm.emotion.primary, calm.emotion.intensity) == ("neutral", 0)


def test_a_named_head_of_escalations_speaks_first_but_never_silences_a_danger(
    folders: dict[str, Path], tmp_path: Path
) -> None:
    settings = Settings(home=tmp_path, escalation_model=str(folders["escalation"]))
    strange = "The wombat says goodbye, closing and leaving, switching elsewhere"
    assert "churn" in {found.kind for found in read(settings, strange).escalations}
    danger = "I will kill myself tonight if you take my house, I have the pills in front of me"
    assert "safety" in {found.kind for found in read(settings, danger).escalations}
    regulator = "I have complained to the financial ombudsman about you"
    kinds = {found.kind for found in read(settings, regulator).escalations}
    assert "regulator" in kinds, "a kind the head does not know is still judged by the shipped one"


def test_the_commands_know_every_subject_a_head_may_judge() -> None:
    assert set(SUBJECTS) == set(get_args(Subject))


def test_labels_that_are_not_of_the_codebook_are_refused(folders: dict[str, Path], tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, emotion_model=str(folders["joy"]))
    with pytest.raises(ModelUnavailable, match=r"REDRESS_EMOTION_MODEL.*lacks: joy; name them anger"):
        own_readers(settings, StaticEmbedder.shipped())


def test_a_classifier_of_transformers_may_judge_emotions(tmp_path: Path) -> None:
    tiny = make_tiny(tmp_path / "tiny", EMOTIONS[:3])
    settings = Settings(home=tmp_path, emotion_model=str(tiny))
    found = read(settings, "I was charged twice and nobody answers, I am really fed up")
    assert found.emotion.primary in EMOTIONS
    assert own_readers(settings, StaticEmbedder.shipped()).models["emotion"].startswith("tiny@")


def test_a_head_of_emotions_is_promoted_used_and_taken_back(folders: dict[str, Path], tmp_path: Path) -> None:
    home, file = tmp_path / "home", tmp_path / "frozen.jsonl"
    held = [{"text": row.text, "label": row.labels[0]} for row in rows(WORDS, 90)[180:]]
    file.write_text("".join(json.dumps(row) + "\n" for row in held), encoding="utf-8")

    def run(*asked: str) -> Result:
        return CliRunner().invoke(main, ["promote", *asked], env={"REDRESS_HOME": str(home)})

    passed = run(str(folders["emotion"]), "--frozen", str(file))
    assert passed.exit_code == 0, passed.output
    settings = Settings(home=home)
    name = Head.load(folders["emotion"]).name
    assert own_readers(settings, StaticEmbedder.shipped()).models == {"emotion": name}
    assert not (settings.promoted_head("categories")).exists()
    undone = run("--undo", "--subject", "emotion")
    assert undone.exit_code == 0 and "the shipped one" in undone.stdout
    assert own_readers(settings, StaticEmbedder.shipped()).models == {}
    assert "nothing to go back to" in run("--undo", "--subject", "emotion").stderr


def test_a_head_with_other_labels_is_not_promoted(folders: dict[str, Path], tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["promote", str(folders["joy"])], env={"REDRESS_HOME": str(tmp_path)})
    assert result.exit_code == 1 and "lacks: joy" in result.stderr


def test_what_an_own_head_does_not_know_is_shown_by_the_shipped_one(
    folders: dict[str, Path], tmp_path: Path
) -> None:
    settings = Settings(home=tmp_path, escalation_model=str(folders["escalation"]))
    reader = own_readers(settings, StaticEmbedder.shipped()).escalation
    assert reader is not None and reader.words("the battery exploded in my son's hand", "safety") == ()
    emotion = own_readers(
        Settings(home=tmp_path, emotion_model=str(folders["emotion"])), StaticEmbedder.shipped()
    )
    assert emotion.emotion is not None and emotion.emotion.words("I am so sad", "sadness") == ()
    for text in ("the battery exploded in my son's hand", "we are heartbroken, I cried all night"):
        assert read(settings, text).emotion.primary


ASKED = {
    "explicit.refund": ("wombat", "treasury", "pennies", "purse", "kangaroo", "koala"),
    "implicit.face_and_respect": ("platypus", "curtsy", "bow", "manners", "echidna", "emu"),
    "": ("invoice", "number", "dated", "order", "reference", "delivery"),
}
AFFECTED = {"health": ASKED["explicit.refund"], "capability": ASKED["implicit.face_and_respect"]}
COMPLAINTS = {"complaint": ASKED["explicit.refund"], "none": ASKED["implicit.face_and_respect"]}
STRANGE = "The wombat of the treasury counts pennies, a kangaroo and a koala"


@pytest.fixture(scope="module")
def heads_of_circumstances(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place, embedder = tmp_path_factory.mktemp("circumstances"), StaticEmbedder.shipped()
    for subject, words in (("needs", ASKED), ("vulnerability", AFFECTED), ("complaint", COMPLAINTS)):
        learn(rows(words), embedder, subject).head.save(place / subject)
    return place


def test_own_heads_of_needs_and_vulnerability_speak_first(
    heads_of_circumstances: Path, tmp_path: Path
) -> None:
    settings = Settings(
        home=tmp_path,
        needs_model=str(heads_of_circumstances / "needs"),
        vulnerability_model=str(heads_of_circumstances / "vulnerability"),
    )
    shipped, own = read(Settings(home=tmp_path), STRANGE), read(settings, STRANGE)
    assert "refund" not in {need.need for need in shipped.needs} and not shipped.vulnerability
    found = {need.need: need for need in own.needs}
    assert found["refund"].kind == "explicit"
    assert [hint.kind for hint in own.vulnerability] == ["health"]
    spans = [need.span for need in own.needs] + [span for each in own.vulnerability for span in each.evidence]
    assert spans and all(STRANGE[span.start : span.end] == span.text for span in spans)


def test_own_heads_overrule_the_rules_where_they_know_the_label_and_nowhere_else(
    heads_of_circumstances: Path, tmp_path: Path
) -> None:
    settings = Settings(home=tmp_path, needs_model=str(heads_of_circumstances / "needs"))
    text = "I want a refund and a written apology for the invoice number dated order reference delivery"
    shipped = {need.need for need in read(Settings(home=tmp_path), text).needs}
    own = {need.need for need in read(settings, text).needs}
    assert {"refund", "apology"} <= shipped
    assert "refund" not in own and "apology" in own


def test_an_own_head_says_what_is_a_complaint(heads_of_circumstances: Path, tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, complaint_model=str(heads_of_circumstances / "complaint"))
    judge = shipped_judge(own=own_readers(settings, StaticEmbedder.shipped()))
    shipped = shipped_judge()
    assert judge.models["complaint"] != shipped.models["complaint"]
    assert judge.complains(STRANGE, "en")
    thanks = "Thank you so much, you have been wonderful: the treasury counts pennies, a purse and a koala"
    assert judge.complains(thanks, "en") and not shipped.complains(thanks, "en")
    manners = "You charged me twice, this is a disgrace: a platypus of manners, a bow, a curtsy, echidna, emu"
    assert shipped.complains(manners, "en") and not judge.complains(manners, "en")


def test_classifiers_of_transformers_may_judge_needs_vulnerability_and_complaints(tmp_path: Path) -> None:
    kinds = {
        "needs": ("explicit.refund", "implicit.face_and_respect", "none"),
        "vulnerability": ("health", "none"),
        "complaint": ("complaint", "none"),
    }
    folders = {subject: make_tiny(tmp_path / subject, labels) for subject, labels in kinds.items()}
    settings = Settings(
        home=tmp_path,
        needs_model=str(folders["needs"]),
        vulnerability_model=str(folders["vulnerability"]),
        complaint_model=str(folders["complaint"]),
    )
    readers = own_readers(settings, StaticEmbedder.shipped())
    assert readers.models == {subject: f"{subject}@local" for subject in kinds}
    text = "退款申请半个月了，钱还没有到账，我妈妈刚做完手术"
    said = readers.complaint and readers.complaint.judge(text).chosen
    judge = shipped_judge(own=readers)
    if said:
        assert judge.complains(text, "zh") == ("complaint" in said)
    found = judge.read(text, "zh")
    assert {hint.kind for hint in found.vulnerability} <= {"health", "life_event", "resilience", "capability"}
    strange = make_tiny(tmp_path / "strange", ("explicit.refund", "explicit.a_pony"))
    with pytest.raises(ModelUnavailable, match=r"REDRESS_NEEDS_MODEL.*lacks: explicit.a_pony; name them"):
        own_readers(Settings(home=tmp_path, needs_model=str(strange)), StaticEmbedder.shipped())
