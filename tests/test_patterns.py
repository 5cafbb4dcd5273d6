"""All patterns of the lexicons are compiled before they are needed, in small steps that can be stopped."""

from bot.triage.lexicon import compile_patterns, scan
from bot.triage.phrases import compiled


def test_after_preparation_no_complaint_compiles_a_pattern() -> None:
    rounds: list[int] = []
    compile_patterns(lambda: rounds.append(1) is not None)
    assert len(rounds) > 50
    known = compiled.cache_info().misses  # type: ignore[attr-defined]
    scan("我要去12315投诉你们，已经找了律师，发到网上曝光，气死我了，太失望了")
    scan("I have reported you to the ombudsman, my solicitor will sue. Absolutely furious, heartbroken.")
    assert compiled.cache_info().misses == known  # type: ignore[attr-defined]


def test_preparation_stops_when_the_service_does() -> None:
    rounds: list[int] = []

    def stop() -> bool:
        rounds.append(1)
        return True

    compile_patterns(stop)
    assert len(rounds) == 1
