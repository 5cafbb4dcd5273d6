"""The page about all customers: one HTML file that needs nothing else, in Chinese or English."""

from html import escape
from pathlib import Path
from typing import Any, Final

from bot.overview.gathering import BINS, MOST, REASONS, Overview, RiskCounts, in_general
from bot.page.charts import Bars, bar_chart
from bot.page.frame import figure, framed
from bot.page.writer import Writer, percent, strings
from profiles.fact import Language
from profiles.journey_paths import CommonPath
from profiles.journey_paths_picture import paths_picture
from profiles.journey_rules import JourneyRules
from profiles.registry import Registry
from profiles.segment_card import Group

HERE: Final = Path(__file__).parent
SENTENCES: Final = 3
PATHS: Final = 12


def report(found: Overview) -> str:
    """The page, in the language the overview was gathered in."""
    write = Writer(found.public(), HERE, found.language)
    title = strings(HERE, found.language)["title"]
    if not found.quality.customers:
        return framed(found.language, title, f"<h1>{write.text('title')}</h1><p>{write.text('empty')}</p>")
    parts = (_top, _segments, _groups, _journeys, _risks, _calls, _quality)
    return framed(found.language, title, "\n".join(part(found, write) for part in parts))


def _top(found: Overview, write: Writer) -> str:
    claimed = len(found.card.claimed) if found.card else 0
    cards = (
        ("card_customers", write.figure("quality.customers")),
        ("card_events", write.figure("events")),
        ("card_groups", str(claimed)),
        ("card_calls", write.figure("to_call")),
        ("card_duplicates", write.figure("duplicates")),
        ("card_nameless", write.figure("quality.without_identity")),
    )
    listed = "".join(f"<li><b>{value}</b>{write.text(key)}</li>" for key, value in cards)
    about = write.text(
        "about",
        date=f"{found.at:%Y-%m-%d}",
        tenant=escape(found.tenant),
        customers=write.figure("quality.customers"),
        events=write.figure("events"),
        people=write.figure("people"),
    )
    return (
        f'<h1>{write.text("title")}</h1><p>{about}</p><ul class="cards">{listed}</ul>'
        f'<p class="soft">{write.text("promise")}</p>'
    )


def _segments(found: Overview, write: Writer) -> str:
    charts = ""
    for layer, counts in found.layers.items():
        if not counts:
            charts += f"<h3>{escape(layer)}</h3>{_none(write, 'layer_none')}"
            continue
        most = next(iter(counts))
        described = write.plain("layer_desc", layer=layer, most=most, count=f"{counts[most]:,}")
        bars = [Bars(write.plain("customers_axis"), list(counts.values()))]
        charts += figure(layer, described, bar_chart(layer, described, list(counts), bars, percent=False))
    return f"<h2>{write.text('segments')}</h2><p>{write.text('segments_text')}</p>{charts}"


def _groups(found: Overview, write: Writer) -> str:
    head = f"<h2>{write.text('groups')}</h2>"
    if found.card is None:
        return head + _none(write, "groups_never")
    if not found.card.claimed:
        return head + _none(write, f"verdict_{found.card.verdict}")
    described = "".join(_group(group, write, found.language) for group in found.card.claimed)
    return f"{head}<p>{write.text('groups_text')}</p>{described}"


def _group(group: Group, write: Writer, language: Language) -> str:
    name = group.name.to(language) if group.name else str(group.code)
    persona = f"<p>{escape(group.persona.to(language))}</p>" if group.persona else ""
    line = write.text(
        "group_line",
        size=f"{group.size:,}",
        share=str(percent(group.share)),
        jaccard=str(percent(group.jaccard)),
    )
    tells = "".join(f"<li>{escape(s.said.to(language))}</li>" for s in group.sentences[:SENTENCES])
    listed = f"<p>{write.text('group_tells')}</p><ul>{tells}</ul>" if tells else ""
    return f'<h3>{escape(name)} ({escape(str(group.code))})</h3><p class="soft">{line}</p>{persona}{listed}'


def _journeys(found: Overview, write: Writer) -> str:
    head, paths = f"<h2>{write.text('journeys')}</h2>", found.paths
    if not paths.episodes:
        return head + _none(write, "journeys_none")
    text = write.text(
        "journeys_text",
        complaints=write.figure("paths.complaints"),
        customers=write.figure("paths.customers"),
    )
    rules = JourneyRules.shipped()
    rows = [
        _path(path, " → ".join(step.said(rules, found.language) for step in path.steps))
        for path in paths.paths[:PATHS]
    ]
    if paths.other is not None:
        rows.append(_path(paths.other, write.plain("rare")))
    heads = ("path", "complaints", "days", "upheld", "escalated", "reopened", "left")
    picture = f"<figure>{paths_picture(paths, found.language)}</figure>"
    table = write.table(heads, rows, range(1, len(heads)))
    return f"{head}<p>{text}</p>{picture}{table}{write.more(PATHS, len(paths.paths))}"


def _path(path: CommonPath, steps: str) -> tuple[str | int | float | None, ...]:
    ends = path.ends
    shares = (None,) * 4 if ends is None else (ends.upheld, ends.escalated, ends.reopened, ends.left)
    return steps, f"{path.episodes:,}", path.median_days, *map(percent, shares)


def _risks(found: Overview, write: Writer) -> str:
    head = f"<h2>{write.text('risks')}</h2>"
    if not found.risks:
        return head + _none(write, "risks_none")
    charts = "".join(_risk(risk, found.language, write) for risk in found.risks.values())
    return f"{head}<p>{write.text('risks_text')}</p>{charts}"


def _risk(risk: RiskCounts, language: Language, write: Writer) -> str:
    how = write.plain("calibrated" if risk.calibrated else "by_rules")
    title = write.plain("risk_title", name=risk.name, how=how)
    described = write.plain(
        "risk_desc", **{level: f"{risk.levels[level]:,}" for level in ("high", "medium", "low")}
    )
    names = [f"{place / BINS:.0%}–{(place + 1) / BINS:.0%}" for place in range(BINS)]
    bars = [Bars(write.plain("customers_axis"), list(risk.bins))]
    chart = figure(title, described, bar_chart(title, described, names, bars, percent=False))
    rows = [(in_general(trait, language), f"{count:,}") for trait, count in risk.reasons.most_common(REASONS)]
    if not rows:
        return chart
    return f"{chart}<p>{write.text('risk_reasons')}</p>{write.table(('reason', 'people'), rows, (1,))}"


def _calls(found: Overview, write: Writer) -> str:
    head = f"<h2>{write.text('calls')}</h2><p>{write.text('calls_text', most=str(MOST))}</p>"
    if not found.calls:
        return head + _none(write, "calls_none")
    rows = [
        (customer, risk.name, f"{risk.probability:.0%}", "; ".join(risk.reasons[:SENTENCES]))
        for customer, risk in found.calls
    ]
    table = write.table(("customer", "risk", "likely", "because"), rows, (2,))
    return head + table + write.more(len(rows), found.to_call)


def _quality(found: Overview, write: Writer) -> str:
    head = f"<h2>{write.text('quality')}</h2>"
    public = found.quality.public()
    if not public["fields"] and not public["identities"]:
        return head + _none(write, "quality_none")
    fields = Registry.shipped().fields
    names = {
        name: (fields[name].meaning_zh if found.language == "zh" else fields[name].meaning_en) or name
        for name in public["fields"]
        if name in fields
    }
    heads = ("field", "complete", "valid", "fresh", "expired", "conflicts")
    rows = [(names.get(name, name), *_shares(each)) for name, each in public["fields"].items()]
    sources = [
        (source, names.get(name, name), *_shares(each))
        for source, every in public["sources"].items()
        for name, each in every.items()
    ]
    known = [
        (kind, percent(each["completeness"]), percent(each["verified"]), each["shared_values"])
        for kind, each in public["identities"].items()
    ]
    bars = [
        Bars(write.plain(key), [each[measure] for each in public["fields"].values()])
        for key, measure in (("complete", "completeness"), ("valid", "validity"), ("fresh", "freshness"))
    ]
    labels = [names.get(name, name) for name in public["fields"]]
    described = write.plain("quality_text")
    chart = bar_chart(write.plain("quality"), described, labels, bars, percent=True)
    of_fields = (
        f"<figure>{chart}<figcaption>{escape(described)}</figcaption></figure>"
        f"{write.table(heads, rows, range(1, 6))}"
        f"<h3>{write.text('by_source')}</h3>{write.table(('source', *heads), sources, range(2, 7))}"
    )
    return (
        f"{head}{of_fields if rows else _none(write, 'fields_none')}<h3>{write.text('identities')}</h3>"
        f"{write.table(('kind', 'complete', 'verified', 'shared'), known, range(1, 4))}"
    )


def _shares(each: dict[str, Any]) -> tuple[str | int | None, ...]:
    shares = (percent(each[key]) for key in ("completeness", "validity", "freshness"))
    return *shares, each["expired"], each["conflicts"]


def _none(write: Writer, key: str) -> str:
    return f'<p class="none">{write.text(key)}</p>'
