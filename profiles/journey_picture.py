"""The journey of one customer as a picture: one SVG without script, and without fonts or links of others.

Time goes from left to right, long gaps are folded. From top to bottom: pain points, the feeling from calm to
strong, a lane for each channel, promises as brackets, complaints with their stages, the axis, the key.
"""

from typing import Final

from profiles.journey import Journey
from profiles.journey_bands import EDGE, WIDE, Frame, feeling, flags, lanes, silences
from profiles.journey_drawing import picture
from profiles.journey_foot import axis, brackets, episodes, key
from profiles.journey_marks import lanes_of, marks_of
from profiles.journey_rules import JourneyRules
from profiles.journey_text import fitted, label, width

HEAD: Final = 54.0


def journey_picture(journey: Journey, *, rules: JourneyRules | None = None) -> str:
    """The journey as SVG, in its own language; it scales to the width it is given.

    Its text comes from the rules and from names of channels and outcomes, escaped; notes are never shown.
    """
    rules = rules or JourneyRules.shipped()
    title = rules.say("title", journey.language)
    heading = _heading(title, journey.words)
    if not journey.steps:
        return picture((WIDE, HEAD + 10), title, journey.words, [heading])
    frame = Frame(journey, rules)
    names = lanes_of(journey)
    marks = marks_of(journey, frame.scale, names)
    # the flags stand above the feeling and reach below it: their own height is needed first
    flagged = flags(frame, HEAD, 0).high
    felt = feeling(frame, HEAD + flagged)
    quiet_top = HEAD + flagged + felt.high
    lanes_top = quiet_top + silences(frame, quiet_top, 0, 0).high
    lined = lanes(frame, lanes_top, names, marks)
    promised = brackets(frame, lanes_top + lined.high)
    bottom = lanes_top + lined.high + promised.high
    complained = episodes(frame, bottom)
    dated = axis(frame, bottom + complained.high, HEAD + flagged)
    explained = key(frame, bottom + complained.high + dated.high, marks)
    bands = [
        lined,
        silences(frame, quiet_top, HEAD + flagged, bottom),
        dated,
        flags(frame, HEAD, quiet_top),
        felt,
        promised,
        complained,
        explained,
    ]
    parts = [heading, *(band.behind for band in bands), *(band.drawn for band in bands)]
    high = bottom + complained.high + dated.high + explained.high
    return picture((WIDE, round(high)), title, _description(journey), parts)


def _heading(title: str, words: str) -> str:
    x = EDGE + width(title, 18, bold=True) + 14
    return label(EDGE, 36, title, size=18, style="heading") + label(
        x, 36, fitted(words, 13, WIDE - EDGE - x), size=13, style="soft"
    )


def _description(journey: Journey) -> str:
    """What a person would see, for those who cannot: the whole, each complaint, silence."""
    said = [journey.words]
    for episode in journey.episodes[-10:]:
        said.append("; ".join((episode.words, *(pain.words for pain in episode.pains))))
    if journey.silence is not None and journey.silence.counts:
        said.append(journey.silence.words)
    return ". ".join(said) + "."
