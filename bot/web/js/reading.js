/* What the complaint says: urgency, category, deadlines, the customer's words and what they show. */

import { $, bar, el, fill, pending } from "./dom.js";
import { evidenceOf, segments } from "./marks.js";
import { day, daysUntil, percent, remaining, say, word } from "./words.js";

const MARKS = ["emotion", "escalation", "vulnerability", "need"];

export function showGlance(triage) {
  $("glance").dataset.urgency = triage?.urgency ?? "";
  if (!triage) return pending("glance-body", 4);
  fill(
    "glance-body",
    el(
      "p",
      { class: "lead" },
      el("span", { class: `urgency ${triage.urgency}` }, word("urgency", triage.urgency)),
      el("span", { class: "muted" }, `${say("glance.queue")} ${word("queue", triage.route.queue)}`),
      !triage.complaint && el("span", { class: "badge" }, say("glance.praise")),
    ),
    category(triage),
    el("h4", {}, say("glance.reasons")),
    el("ul", { class: "reasons" }, triage.reasons.map((reason) => el("li", {}, reason))),
  );
}

function category(triage) {
  const others = triage.alternatives;
  return [
    triage.abstained
      ? el("p", { class: "category abstained" }, say("glance.abstained"))
      : el("p", { class: "category" }, word("category", triage.category)),
    !triage.abstained && confidence(triage.confidence),
    others.length > 0 && el("h4", {}, say(triage.abstained ? "glance.candidates" : "glance.alternatives")),
    others.length > 0 &&
      el(
        "ul",
        { class: "others" },
        others.map(({ category: code, confidence: share }) => {
          const name = word("category", code);
          return el("li", {}, el("span", {}, name), bar(share, name), el("span", { class: "figure" }, percent(share)));
        }),
      ),
  ];
}

function confidence(share) {
  const level = share >= 0.85 ? "high" : share >= 0.65 ? "good" : share >= 0.4 ? "low" : "guess";
  const words = say("glance.confidence", word("confidence", level), percent(share));
  return el("p", { class: "confidence" }, bar(share, words), el("span", { class: "figure" }, words));
}

export function showClocks(clocks) {
  if (!clocks) return pending("clocks-body", 2);
  fill(
    "clocks-body",
    clocks.length === 0 && el("p", { class: "muted" }, say("clocks.none")),
    el(
      "ul",
      { class: "clocks" },
      clocks.map((clock) =>
        el(
          "li",
          {},
          el(
            "details",
            {},
            el(
              "summary",
              { title: say("clocks.how") },
              el("span", { class: "stage" }, word("stage", clock.stage)),
              el("time", { datetime: clock.due }, day(clock.due)),
              left(clock.due),
            ),
            el("p", { class: "muted small" }, clock.trace),
          ),
          !clock.verified && el("p", { class: "doubt small" }, say("clocks.unverified")),
        ),
      ),
    ),
  );
}

function left(due) {
  const days = daysUntil(due);
  const nearness = days < 0 ? "over" : days <= 2 ? "soon" : "later";
  return el("span", { class: `left ${nearness}` }, remaining(due));
}

/* The turns as written, with every piece of evidence marked in them, and below what it all shows. */
export function showWords(complaint, triage) {
  if (!complaint) return pending("words-body", 5);
  const evidence = triage ? evidenceOf(triage) : [];
  const alone = complaint.turns.length === 1;
  fill(
    "words-body",
    el(
      "div",
      { class: "turns" },
      complaint.turns.map((turn, n) =>
        el(
          "div",
          { class: `turn ${turn.speaker}` },
          !alone && el("p", { class: "speaker" }, say(`speaker.${turn.speaker}`)),
          el("blockquote", {}, marked(turn.text, evidence.filter((one) => one.turn === n))),
        ),
      ),
    ),
    evidence.length > 0 && legend(evidence),
    triage && shows(triage),
  );
}

function marked(text, spans) {
  return segments(text, spans).map((piece) => {
    if (piece.spans.length === 0) return piece.text;
    const kinds = MARKS.filter((mark) => piece.spans.some((span) => span.mark === mark));
    const title = piece.spans.map((span) => `${say(`mark.${span.mark}`)}: ${word(span.mark, span.code)}`);
    return el("mark", { class: kinds.join(" "), title: [...new Set(title)].join(" · ") }, piece.text);
  });
}

function legend(evidence) {
  const present = MARKS.filter((mark) => evidence.some((one) => one.mark === mark));
  return el(
    "p",
    { class: "legend small" },
    el("span", { class: "unseen" }, `${say("words.legend")}: `),
    present.map((mark) => el("mark", { class: mark }, say(`mark.${mark}`))),
  );
}

function shows(triage) {
  return el(
    "dl",
    { class: "shows" },
    row(say("words.feeling"), feeling(triage.emotion)),
    triage.escalations.length > 0 &&
      row(say("words.escalations"), tags("escalation", triage.escalations.map((found) => word("escalation", found.kind)))),
    triage.vulnerability.length > 0 &&
      row(say("words.vulnerability"), [
        tags("vulnerability", triage.vulnerability.map((found) => word("vulnerability", found.kind))),
        el("span", { class: "muted small" }, say("words.confirm")),
      ]),
    triage.needs.length > 0 &&
      row(
        say("words.needs"),
        tags(
          "need",
          triage.needs.map(({ need, kind }) =>
            kind === "implicit" ? [word("need", need), el("small", {}, ` · ${say("words.implied")}`)] : word("need", need),
          ),
        ),
      ),
  );
}

const row = (name, value) => el("div", {}, el("dt", {}, name), el("dd", {}, value));

const tags = (kind, names) => el("ul", { class: `tags ${kind}` }, names.map((name) => el("li", {}, name)));

function feeling(emotion) {
  const path = emotion.trajectory && el("span", { class: "muted small" }, moved(emotion.trajectory));
  if (emotion.intensity === 0) return [el("span", { class: "muted" }, say("words.none")), path];
  const words = word("intensity", emotion.intensity);
  const dots = [1, 2, 3, 4].map((n) => el("i", { class: n <= emotion.intensity ? "on" : "" }));
  const others = Object.entries(emotion.scores)
    .filter(([kind, score]) => kind !== emotion.primary && kind !== "neutral" && score >= 0.15)
    .sort((a, b) => b[1] - a[1])
    .map(([kind]) => word("emotion", kind));
  return [
    el("strong", {}, word("emotion", emotion.primary)),
    el("span", { class: "dots", role: "img", "aria-label": say("words.intensity", emotion.intensity) }, dots),
    el("span", {}, words),
    others.length > 0 && el("span", { class: "muted small" }, `${say("words.also")} ${others.join(" · ")}`),
    path,
  ];
}

function moved({ shape, turned_at: turn }) {
  const words = word("path", shape);
  return turn === null ? words : `${words} · ${say("words.turned", turn + 1)}`;
}
