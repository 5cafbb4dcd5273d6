"""R9: what a draft promises, or reports as done, is what may be promised, and nothing else."""

from bot.draft.amounts import find_amounts
from bot.draft.decision import WORDS_ALONE
from bot.draft.exhibit import Exhibit, Sentence, Verdict, trimmed
from bot.draft.lexicon import lowered
from bot.draft.sources import folded, masked


def permitted_promises(draft: Exhibit) -> Verdict:
    """Promises rest on a clock, a policy or the authority table and have a date; nothing else is promised."""
    plan = draft.plan
    decided = {promise.source for promise in plan.commitments if promise.approved_by}
    rules = (
        {clock.rule for clock in draft.brief.clocks} | {match.id for match in draft.brief.passages} | decided
    )
    if any(promise.source not in rules or promise.deadline is None for promise in plan.commitments):
        return draft.flaw("unfounded_promise")
    for start, end in _promises(draft):
        if not _decided(draft, start, end):
            return draft.flaw("undecided_promise", (start, end))
    for sentence, found in draft.faults:
        if "promise" in found and _goes_beyond(draft, sentence):
            return draft.flaw("undecided_promise", trimmed(sentence))
    return None


def _goes_beyond(draft: Exhibit, sentence: Sentence) -> bool:
    """Whether a sentence that promises names what nobody decided; where nothing was decided, any does."""
    decision = draft.plan.decision
    if decision is None or not decision.remedies:
        return True
    start, end = trimmed(sentence)
    named = any(words.search(sentence.text) for words in draft.rules.remedies.values())
    sums = any(find_amounts(folded(sentence.text), draft.brief.language))
    return (named or sums) and not _decided(draft, start, end)


def _promises(draft: Exhibit) -> list[tuple[int, int]]:
    """Words that promise, or report something as done, without leaving it open in the same clause."""
    left_open = draft.rules.lexicons["open"]
    found: list[tuple[int, int]] = []
    grounds = _grounds(draft)
    for sentence in draft.sentences:
        for match in draft.rules.lexicons["promise"].find(sentence.text):
            start, end = sentence.start + match.start(), sentence.start + match.end()
            if any(begin < end and start < stop for begin, stop in grounds):
                continue
            if not left_open.search(draft.lowered[draft.clause(start, end)[0] : end]):
                found.append((start, end))
    return found


def _grounds(draft: Exhibit) -> list[tuple[int, int]]:
    """Where the findings and the reason of a person's decision stand: they tell, and promise nothing."""
    decision = draft.plan.decision
    words = (*decision.findings, decision.reason) if decision else ()
    places = ((draft.lowered.find(lowered(each)), len(each)) for each in words if each)
    return [(start, start + length) for start, length in places if start >= 0]


def _decided(draft: Exhibit, start: int, end: int) -> bool:
    """Whether a person decided what these words promise: this remedy, and no other amount."""
    decision = draft.plan.decision
    remedies = decision.remedies if decision else ()
    kinds = {remedy.kind for remedy in remedies} - WORDS_ALONE
    if not kinds:
        return False
    before, after = draft.clause(start, end)
    clause = draft.lowered[before:after]
    for remedy in remedies:  # a payments desk pays nothing by its name
        clause = masked(clause, lowered(remedy.owner))
    words = draft.rules.remedies
    named = {(match.start(), match.end()) for kind in words for match in words[kind].find(clause)}
    allowed = {
        (match.start(), match.end()) for kind in kinds if kind in words for match in words[kind].find(clause)
    }
    amounts = [
        amount.value for amount in find_amounts(folded(draft.text[before:after]), draft.brief.language)
    ]
    decided = {remedy.amount for remedy in remedies if remedy.amount is not None}
    if not named:  # told by the sum alone
        return bool(amounts) and all(amount in decided for amount in amounts)
    if not all(any((a <= s and e <= b) or (s <= a and b <= e) for a, b in allowed) for s, e in named):
        return False
    return not amounts or not decided or sum(amounts) in decided or any(each in decided for each in amounts)
