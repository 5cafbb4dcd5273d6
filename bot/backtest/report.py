"""The report: one HTML page that needs nothing else, in Chinese or English."""

from html import escape
from pathlib import Path

from bot.backtest.findings import Period
from bot.backtest.run import MINUTES, Findings
from bot.page.charts import Bars, Line, bar_chart, line_chart
from bot.page.frame import figure, framed
from bot.page.writer import Writer, percent, strings
from knowledge.case import Language

HERE = Path(__file__).parent
TICKS = [(n / 5, f"{n * 20}%") for n in range(6)]
LISTED_ROWS = 100
"""Rows left out that the report names."""


def report(findings: Findings, language: Language | None = None) -> str:
    """The page; in the language of the complaints where none is given."""
    chosen = language or findings.language
    write = Writer(findings.public(), HERE, chosen)
    parts = (_top, _routing, _categories, _savings, _precedents, _escalations, _labels, _left_out, _mind)
    body = "\n".join(part(findings, write) for part in parts)
    return framed(chosen, strings(HERE, chosen)["title"], body)


def _top(found: Findings, write: Writer) -> str:
    rows = found.rows
    about = write.text(
        "about",
        file=f"<b>{escape(found.file)}</b>",
        used=write.figure("rows.used"),
        first=str(rows.first),
        last=str(rows.last),
        judged=write.figure("routing.judged"),
        judged_from=str(rows.judged_from),
        left_out=write.figure("rows.left_out"),
        read=write.figure("rows.read"),
    )
    heads = str(sum(checkpoint.learned > 0 for checkpoint in found.checkpoints))
    cards = [
        ("card_right", write.figure("routing.right", "share")),
        ("card_assigned", write.figure("routing.assigned", "share")),
        ("card_assigned_right", write.figure("routing.assigned_right", "share")),
        ("card_five", write.figure("precedents.five", "share")),
        ("card_doubted", write.figure("labels.doubted")),
    ]
    if found.escalations.by_file:
        share = f"{found.escalations.first_turn / found.escalations.by_file:.1%}"
        cards.insert(4, ("card_warned", share))
    listed = "".join(f"<li><b>{value}</b>{write.text(key)}</li>" for key, value in cards)
    return (
        f"<h1>{write.text('title')}</h1><p>{about}</p>"
        f'<ul class="cards">{listed}</ul><p class="soft">{write.text("how", heads=heads)}</p>'
    )


def _routing(found: Findings, write: Writer) -> str:
    paths = {
        "right": "%routing.right",
        "by_commonest": "%routing.by_commonest",
        "new_category": "routing.new_category",
    }
    heads = ("trained_at", "learned", "labels_known", "judged")
    rows = [
        (one.trained_at, one.learned, one.labels, one.judged)
        if one.learned
        else (one.trained_at, write.plain("too_few"), one.labels, 0)
        for one in found.checkpoints
    ]
    return (
        f"<h2>{write.text('routing')}</h2>"
        + write.say("routing_text", paths)
        + _time_chart(found, write)
        + _coverage_chart(found, write)
        + _reliability_chart(found, write)
        + f"<h3>{write.text('checkpoints')}</h3>{write.table(heads, rows, (1, 2, 3))}"
    )


def _time_chart(found: Findings, write: Writer) -> str:
    periods = found.over_time
    step = max(1, len(periods) // 6)
    ticks = [(_place(n, periods), f"{periods[n].start:%Y-%m-%d}") for n in range(0, len(periods), step)]

    def line(key: str, field: str) -> Line:
        points = [(_place(n, periods), float(getattr(one, field))) for n, one in enumerate(periods)]
        return Line(write.plain(key), points)

    lines = [
        line("line_right", "right"),
        line("line_assigned", "assigned"),
        line("line_commonest", "by_commonest"),
    ]
    described = write.plain(
        "time_desc",
        first=periods[0].start,
        last=periods[-1].start,
        from_share=percent(periods[0].right),
        to_share=percent(periods[-1].right),
    )
    axes = (write.plain("time_axis"), write.plain("share_axis"))
    return figure(
        write.plain("time_title"),
        described,
        line_chart(write.plain("time_title"), described, lines, ticks, axes),
    )


def _place(n: int, periods: list[Period]) -> float:
    """Along the axis, with room at both ends for the label of a point."""
    return 0.06 + 0.88 * (n / (len(periods) - 1)) if len(periods) > 1 else 0.5


def _coverage_chart(found: Findings, write: Writer) -> str:
    curve = found.coverage
    lines = [Line(write.plain("line_precision"), [(one.share, one.precision) for one in curve])]
    fifth = curve[len(curve) // 5 - 1]
    described = write.plain("coverage_desc", fifth=percent(fifth.precision), all=percent(curve[-1].precision))
    axes = (write.plain("coverage_axis"), write.plain("precision_axis"))
    chart = line_chart(write.plain("coverage_title"), described, lines, TICKS, axes)
    return figure(write.plain("coverage_title"), described, chart)


def _reliability_chart(found: Findings, write: Writer) -> str:
    lines = [
        Line(write.plain("line_stated"), [(one.confidence, one.right) for one in found.reliability]),
        Line(write.plain("line_honest"), [(0, 0), (1, 1)], plain=True),
    ]
    described = write.plain("reliability_desc", calibration_error=percent(found.routing.calibration_error))
    axes = (write.plain("confidence_axis"), write.plain("line_stated"))
    chart = line_chart(write.plain("reliability_title"), described, lines, TICKS, axes)
    return figure(write.plain("reliability_title"), described, chart)


def _categories(found: Findings, write: Writer) -> str:
    rare = [write.category(one.code) for one in found.categories if one.rare]
    names = escape(write.plain("joiner").join(rare))
    rows = [
        (write.category(one.code), one.rows, one.n, percent(one.found), percent(one.precision),
         write.plain("rare") if one.rare else "")
        for one in found.categories
    ]  # fmt: skip
    heads = ("category", "rows", "judged", "found", "precision", "rare")
    note = write.text("rare_text", names=names) if rare else write.text("no_rare")
    return f"<h3>{write.text('categories')}</h3><p>{note}</p>" + write.table(heads, rows, (1, 2, 3, 4))


def _savings(found: Findings, write: Writer) -> str:
    source = write.text("minutes_default" if found.minutes_each == MINUTES else "minutes_given")
    rows = [
        (write.plain("own_rule") if one.threshold is None else f"{one.threshold:.0%}", one.handled,
         percent(one.share), one.wrong, percent(one.error), one.minutes)
        for one in found.thresholds
    ]  # fmt: skip
    heads = ("threshold", "handled", "share", "wrong", "error", "minutes")
    return (
        f"<h2>{write.text('savings')}</h2>"
        + write.say("savings_text", {"minutes_each": "minutes_each"}, minutes_source=source)
        + write.table(heads, rows, (1, 2, 3, 4, 5), own=0)
    )


def _precedents(found: Findings, write: Writer) -> str:
    figures = found.precedents
    names = [("bar_first", figures.first, None), ("bar_five", figures.five, figures.blindly)]
    if figures.outcome_n:
        names.append(("bar_outcome", figures.outcome_five, figures.outcome_blindly))
    if figures.redress_n:
        names.append(("bar_redress", figures.redress_five, None))
    bars = [
        Bars(write.plain("bar_found"), [value for _, value, _ in names]),
        Bars(write.plain("bar_blindly"), [blindly for _, _, blindly in names]),
    ]
    described = write.plain("precedents_desc", five=percent(figures.five), blindly=percent(figures.blindly))
    chart = bar_chart(
        write.plain("precedents_title"),
        described,
        [write.plain(key) for key, _, _ in names],
        bars,
        percent=True,
    )
    outcome = {"outcome_n": "precedents.outcome_n", "redress_n": "precedents.redress_n"}
    return (
        f"<h2>{write.text('precedents')}</h2>"
        + write.say("precedents_text", {"n": "precedents.n"})
        + figure(write.plain("precedents_title"), described, chart)
        + (write.say("outcome_text", outcome) if figures.outcome_n else "")
    )


def _escalations(found: Findings, write: Writer) -> str:
    figures = found.escalations
    kinds = sorted(figures.by_kind.items(), key=lambda pair: -pair[1])
    names = [write.plain(f"kind_{kind}") for kind, _ in kinds]
    described = write.plain("escalations_desc", top=names[0] if figures.by_words else "–")
    bars = [Bars("", [float(count) for _, count in kinds])]
    chart = bar_chart(write.plain("escalations_title"), described, names, bars, percent=False)
    told = ("said", "by_file", "first_turn", "later_turn", "never", "false_alarms")
    rows = [
        (one.row, one.id or "–", one.received,
         write.plain("joiner").join(write.plain(f"kind_{kind}") for kind in one.kinds),
         one.by_file, one.escalated, write.plain(one.warned), one.days_ahead)
        for one in figures.listed
    ]  # fmt: skip
    heads = ("row", "id", "received", "threats", "by_file", "escalated_on", "warned", "days_ahead")
    paths = {"dated": "escalations.dated", "median_days_ahead": "escalations.median_days_ahead"}
    return (
        f"<h2>{write.text('escalations')}</h2>"
        + write.say("escalations_text", {"n": "escalations.n", "by_words": "escalations.by_words"})
        + figure(write.plain("escalations_title"), described, chart)
        + (
            write.say("file_text", {name: f"escalations.{name}" for name in told})
            if figures.said
            else f"<p>{write.text('no_file_text')}</p>"
        )
        + (write.say("ahead_text", paths) if figures.dated else "")
        + (write.table(heads, rows, (0, 7)) if rows else "")
        + write.more(len(rows), figures.worth)
    )


def _labels(found: Findings, write: Writer) -> str:
    figures = found.labels
    rows = [
        (one.row, one.id or "–", write.category(one.given), write.category(one.suggested),
         percent(one.probability), one.excerpt)
        for one in figures.doubts
    ]  # fmt: skip
    heads = ("row", "id", "given", "suggested", "sure", "excerpt")
    checked = (
        write.say("labels_text", {"doubted": "labels.doubted", "checked": "labels.checked"})
        if figures.checked
        else f"<p>{write.text('labels_unchecked')}</p>"
    )
    listed = write.table(heads, rows, (0, 4)) if rows else f'<p class="none">{write.text("labels_none")}</p>'
    joiner = write.plain("joiner")
    torn = [
        (joiner.join(map(str, one.rows)), joiner.join(map(write.category, one.categories)))
        for one in figures.contradicting
    ]
    alike = ("alike_rows", "alike_groups", "contradictions")
    return (
        f"<h2>{write.text('labels')}</h2>{checked}{listed}"
        + write.more(len(rows), figures.doubted)
        + f"<h3>{write.text('alike')}</h3>"
        + write.say("alike_text", {name: f"labels.{name}" for name in alike})
        + (write.table(("rows_alike", "categories_alike"), torn, ()) if torn else "")
        + write.more(len(torn), figures.contradictions)
    )


def _left_out(found: Findings, write: Writer) -> str:
    lost = [problem for problem in found.problems if problem.lost]
    items = "".join(f"<li>{escape(str(problem))}</li>" for problem in lost[:LISTED_ROWS])
    listed = f"<ul>{items}</ul>" if lost else f'<p class="none">{write.text("left_out_none")}</p>'
    return f"<h2>{write.text('left_out')}</h2>{listed}" + write.more(min(len(lost), LISTED_ROWS), len(lost))


def _mind(_found: Findings, write: Writer) -> str:
    items = "".join(f"<li>{write.text(f'mind_{n}')}</li>" for n in range(1, 5))
    return f"<h2>{write.text('mind')}</h2><ul>{items}</ul>"
