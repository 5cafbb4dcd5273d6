/* What is known: the customer, similar cases, policies. */

import { el, fill, pending } from "./dom.js";
import { day, money, percent, say, word } from "./words.js";

/* `customer` is how the complaint names the customer, or null. */
export function showCustomer(profile, customer) {
  if (!profile) return pending("customer-body", 3);
  if (!profile.customer_id) {
    return fill("customer-body", el("p", { class: "muted" }, say(customer ? "customer.unknown" : "customer.none")), ...care(profile));
  }
  const promises = profile.facts.filter((fact) => fact.field === "open_promise");
  const facts = profile.facts.filter((fact) => fact.field !== "open_promise");
  fill(
    "customer-body",
    el(
      "p",
      { class: "lead" },
      el("span", { class: profile.verified ? "badge good" : "badge doubtful" }, say(profile.verified ? "customer.verified" : "customer.unverified")),
      el("span", { class: "muted small" }, profile.customer_id),
    ),
    profile.note && el("p", { class: "note" }, profile.note),
    profile.human_only && el("p", { class: "note" }, say("customer.human_only")),
    ...care(profile),
    !profile.note && facts.length + promises.length + profile.contacts.length === 0 && el("p", { class: "muted" }, say("customer.nothing")),
    promises.length > 0 && el("h4", {}, say("customer.promises")),
    promises.length > 0 && el("ul", { class: "promises" }, promises.map((fact) => el("li", {}, fact.value, origin(fact)))),
    facts.length > 0 && el("dl", { class: "facts" }, facts.map((fact) => el("div", {}, el("dt", {}, word("field", fact.field)), el("dd", {}, fact.value, origin(fact))))),
    profile.contacts.length > 0 && el("h4", {}, say("customer.contacts")),
    profile.contacts.length > 0 && el("ol", { class: "contacts" }, profile.contacts.map(contact)),
    profile.relevant.length > 0 && el("h4", {}, say("customer.relevant")),
    profile.relevant.length > 0 && el("ul", { class: "relevant small" }, profile.relevant.map(noted)),
    profile.history.length > 0 && el("h4", {}, say("customer.history")),
    profile.history.length > 0 && el("ul", { class: "history small" }, profile.history.map((sentence) => el("li", {}, sentence))),
  );
}

/* How this contact is best served: the situation, what to do, what they need without having asked. */
function care(profile) {
  return ["situations", "strategies", "needs", "risks"].flatMap((kind) => {
    const found = profile[kind];
    if (found.length === 0) return [];
    return [el("h4", {}, say(`customer.${kind}`)), el("ul", { class: `care ${kind}` }, found.map(careItem))];
  });
}

function careItem(one) {
  return el("li", {}, one.words, one.reasons.length > 0 && el("small", {}, one.reasons.join(" · ")));
}

function noted(note) {
  return el("li", {}, el("time", { datetime: note.on }, day(note.on)), ` ${note.text}`);
}

function origin(fact) {
  const unsure = fact.confidence < 0.9 ? ` · ${say("customer.unsure", percent(fact.confidence))}` : "";
  return el("small", {}, say("customer.from", word("source", fact.source), day(fact.observed_at)) + unsure);
}

function contact(one) {
  const felt = one.intensity > 0 ? ` · ${word("emotion", one.emotion)} ${word("intensity", one.intensity)}` : "";
  return el(
    "li",
    {},
    el("p", { class: "muted small" }, el("time", { datetime: one.at }, day(one.at)), ` · ${word("channel", one.channel)}${felt}`),
    el("p", {}, one.summary),
    one.promise && el("p", { class: "promise" }, el("b", {}, `${say("customer.promised")} `), one.promise),
  );
}

export function showCases(cases) {
  if (!cases) return pending("cases-body", 4);
  fill(
    "cases-body",
    cases.length === 0 && el("p", { class: "muted" }, say("cases.none")),
    el("ul", { class: "items" }, cases.map(caseItem)),
  );
}

function caseItem(one) {
  return el(
    "li",
    { class: one.superseded ? "superseded" : "" },
    el(
      "p",
      { class: "lead" },
      el("span", { class: `badge ${one.outcome ?? ""}` }, one.outcome ? word("outcome", one.outcome) : say("cases.unknown")),
      el("span", {}, redress(one.redress)),
      el("span", { class: "end muted small" }, say("cases.similarity", one.similarity.toFixed(2))),
    ),
    one.superseded && el("p", { class: "doubt small" }, say("cases.superseded")),
    el("p", { class: "summary" }, one.summary),
    el("details", {}, el("summary", {}, say("cases.resolution")), el("p", {}, one.resolution)),
    foot([one.category && word("category", one.category), one.resolved_at && day(one.resolved_at), why(one)], one.id),
  );
}

/* The rare words it shares with the complaint; a match without any was found by its meaning. */
const why = ({ shared = [] }) => (shared.length > 0 ? say("match.shared", shared.join(" ")) : say("match.meaning"));

const foot = (facts, id) => el("p", { class: "muted small" }, facts.filter(Boolean).map((fact) => `${fact} · `), el("span", { class: "id" }, id));

function redress({ kind, amount, currency }) {
  return amount === null ? word("redress", kind) : `${word("redress", kind)} ${money(amount, currency)}`;
}

/* `cited` are the ids of the passages the draft quotes. */
export function showPassages(passages, cited) {
  if (!passages) return pending("passages-body", 4);
  fill(
    "passages-body",
    passages.length === 0 && el("p", { class: "muted" }, say("passages.none")),
    el("ul", { class: "items" }, passages.map((one) => passageItem(one, cited.has(one.id)))),
  );
}

function passageItem(one, cited) {
  const validity = one.valid_to ? say("passages.until", day(one.valid_to)) : "";
  return el(
    "li",
    { id: `passage-${one.id}`, class: one.superseded ? "superseded" : "", tabindex: -1 },
    el(
      "p",
      { class: "lead" },
      el("strong", {}, one.title),
      cited && el("span", { class: "badge good" }, say("passages.cited")),
      one.superseded && el("span", { class: "badge doubtful" }, say("passages.superseded")),
    ),
    el("blockquote", { class: "quote" }, one.text),
    foot([say("passages.version", one.version), validity, why(one)], one.id),
  );
}
