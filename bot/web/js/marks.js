/* The customer's own words, cut where evidence begins and ends.

   The service counts code points; JavaScript counts UTF-16 units, of which an emoji or a rare Chinese character
   has two. So offsets are applied to an array of code points and never to the string. */

/* The text as consecutive pieces, each with the spans that cover it; a span is {start, end, …}. Spans that lie
   outside the text are clipped, empty ones dropped. */
export function segments(text, spans) {
  const points = Array.from(text);
  const inside = spans
    .map((span) => ({ span, start: Math.max(0, span.start), end: Math.min(points.length, span.end) }))
    .filter(({ start, end }) => start < end);
  const cuts = new Set([0, points.length]);
  for (const { start, end } of inside) cuts.add(start).add(end);
  const at = [...cuts].sort((a, b) => a - b);
  return at.slice(0, -1).map((start, n) => ({
    text: points.slice(start, at[n + 1]).join(""),
    spans: inside.filter((one) => one.start <= start && at[n + 1] <= one.end).map((one) => one.span),
  }));
}

/* Every piece of evidence of a triage, with what it shows: emotion, escalation, vulnerability or need. */
export function evidenceOf(triage) {
  const all = [];
  const add = (mark, code, evidence) => {
    for (const span of evidence ?? []) all.push({ mark, code, start: span.start, end: span.end, turn: span.turn ?? 0 });
  };
  add("emotion", triage.emotion.primary, triage.emotion.evidence);
  for (const found of triage.escalations) add("escalation", found.kind, found.evidence);
  for (const found of triage.vulnerability) add("vulnerability", found.kind, found.evidence);
  for (const found of triage.needs) add("need", found.need, found.evidence);
  return all;
}
