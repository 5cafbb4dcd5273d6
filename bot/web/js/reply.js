/* The draft: it grows while it is written, then it is the agent's to edit, copy and account for. */

import { ask, newOnce } from "./api.js";
import { $, el } from "./dom.js";
import { codes, money, remaining, say, word } from "./words.js";

export class Reply {
  /* `access()` gives the key, `tell(text)` reads a message out, `trouble(problem)` shows that something failed,
     `go(id)` brings a passage into view. */
  constructor({ access, tell, trouble, go }) {
    Object.assign(this, { access, tell, trouble, go });
    this.box = $("draft");
    this.box.addEventListener("input", () => this.#verdict());
    $("copy").addEventListener("click", () => this.#copy());
    $("sent").addEventListener("click", () => this.#record(this.edited ? { action: "edited", text: this.box.value } : { action: "sent" }));
    $("discard").addEventListener("click", () => this.#record({ action: "discarded" }));
    $("restore").addEventListener("click", () => this.#put(this.draft.text));
    $("correct").addEventListener("change", () => this.#buttons());
    $("correct-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#record({ action: "corrected", category: $("correct").value });
    });
    this.clear();
  }

  /* Forgets the complaint before. */
  clear() {
    this.suggestion = null; // id of the finished suggestion that outcomes belong to
    this.draft = null;
    this.halted = false;
    this.newer = null; // a draft that came while the agent was editing
    this.judged = null; // what the checks said of the text as edited
    this.passages = [];
    this.category = null;
    this.recorded = null;
    this.keys = new Map();
    this.#put("");
    this.box.readOnly = true;
    this.show();
  }

  get edited() {
    return this.draft !== null && this.box.value !== this.draft.text;
  }

  /* What the checks said: of the text as it stands, where they have read it. */
  get checks() {
    if (this.judged?.text === this.box.value) return this.judged.checks;
    return this.edited ? [] : (this.draft?.checks ?? []);
  }

  judge(text, checks) {
    this.judged = { text, checks };
    this.#verdict();
  }

  /* Another wording of the same reply: the agent may undo it like an edit. */
  reword(text, checks) {
    this.#put(text);
    this.judge(text, checks);
  }

  /* A new telling begins. What the agent is editing stays. */
  restart() {
    this.halted = false;
    if (this.edited) return;
    this.draft = null;
    this.#put("");
    this.box.readOnly = true;
    this.show();
  }

  /* No draft will come from this telling. */
  halt() {
    this.halted = true;
    this.show();
  }

  grow(text) {
    if (!this.draft) this.#put(this.box.value + text);
  }

  finish(draft) {
    if (this.edited && draft.text !== this.draft.text) {
      this.newer = draft;
    } else {
      const kept = this.edited ? this.box.value : draft.text;
      this.draft = draft;
      this.newer = null;
      this.#put(kept);
      this.box.readOnly = false;
      this.tell(say("reply.ready"));
    }
    this.show();
  }

  /* The suggestion is stored under `id`: now outcomes can be recorded. */
  settle(id, category) {
    if (this.suggestion !== id) this.recorded = null;
    this.suggestion = id;
    this.category = category;
    this.show();
  }

  show() {
    const draft = this.draft;
    this.box.lang = draft?.language ?? "";
    $("reply-state").replaceChildren(...(draft ? source(draft) : [el("p", { class: "muted" }, say(this.halted ? "reply.none" : "reply.writing"))]));
    $("newer").hidden = !this.newer;
    $("newer").replaceChildren(
      ...(this.newer ? [say("reply.newer"), " ", el("button", { type: "button", onclick: () => this.#take() }, say("reply.take"))] : []),
    );
    $("reply-body").replaceChildren(...(draft ? [this.#citations(draft), commitments(draft), precedent(draft)].flat().filter(Boolean) : []));
    this.#corrections();
    this.#report();
    this.#verdict();
  }

  #verdict() {
    const { checks } = this;
    $("reply-faults").replaceChildren(...faults(checks));
    $("reply-passed").replaceChildren(...passed(checks));
    this.#buttons();
  }

  #put(text) {
    this.box.value = text;
    this.box.style.height = "auto";
    this.box.style.height = `${Math.min(this.box.scrollHeight + 4, 760)}px`;
    this.#verdict();
  }

  #take() {
    this.draft = this.newer;
    this.newer = null;
    this.#put(this.draft.text);
    this.box.focus();
    this.show();
  }

  #buttons() {
    const ready = this.draft !== null && !this.box.readOnly;
    const over = this.recorded !== null && this.recorded.action !== "corrected";
    $("copy").disabled = !ready;
    $("sent").disabled = !ready || !this.suggestion || over || this.box.value.trim() === "";
    $("sent").textContent = say(this.edited ? "reply.edited" : "reply.sent");
    $("discard").disabled = !ready || !this.suggestion || over;
    $("restore").hidden = !this.edited;
    $("correct").disabled = !this.suggestion;
    $("correct-save").disabled = !this.suggestion || !$("correct").value;
  }

  #corrections() {
    const chosen = $("correct").value;
    const options = codes("category").filter((code) => code !== this.category).map((code) => el("option", { value: code }, word("category", code)));
    $("correct").replaceChildren(el("option", { value: "" }, say("correct.choose")), ...options);
    if (chosen !== this.category) $("correct").value = chosen;
  }

  #report() {
    const done = this.recorded;
    $("recorded").hidden = !done;
    $("recorded").textContent = done ? [say(`recorded.${done.action}`), done.category && word("category", done.category)].filter(Boolean).join(" ") : "";
  }

  async #copy() {
    let copied = true;
    try {
      await navigator.clipboard.writeText(this.box.value);
    } catch { // a frame without leave to use the clipboard
      this.box.focus();
      this.box.select();
      copied = document.execCommand("copy");
    }
    this.tell(say(copied ? "reply.copied" : "reply.copy.failed"));
    if (!copied) return;
    $("copy").textContent = say("reply.copied");
    setTimeout(() => { $("copy").textContent = say("reply.copy"); }, 1600);
  }

  async #record(outcome) {
    const id = this.suggestion;
    const body = JSON.stringify(outcome);
    if (!this.keys.has(body)) this.keys.set(body, newOnce()); // the same click twice is one outcome
    for (const button of ["sent", "discard", "correct-save"]) $(button).disabled = true;
    try {
      await ask(this.access(), `v1/suggestions/${encodeURIComponent(id)}/outcome`, { method: "POST", body: outcome, once: this.keys.get(body) });
      if (this.suggestion !== id) return;
      this.recorded = outcome;
      if (outcome.action === "corrected") $("correct").value = "";
      this.#report();
      this.tell($("recorded").textContent);
    } catch (problem) {
      this.trouble(problem);
    } finally {
      this.#buttons();
    }
  }

  #citations(draft) {
    if (draft.citations.length === 0) return null;
    const passage = (id) => this.passages.some((one) => one.id === id);
    const name = ({ id, title }) => (passage(id) ? el("button", { type: "button", class: "link", onclick: () => this.go(id) }, title) : el("span", {}, title || id));
    return [
      el("h4", {}, say("reply.citations")),
      el(
        "ul",
        { class: "citations" },
        draft.citations.map((one) => el("li", {}, name(one), el("q", { class: "muted small" }, one.quote))),
      ),
    ];
  }
}

function source(draft) {
  return [
    el("span", { class: "badge" }, say(`reply.source.${draft.source}`)),
    draft.fallback_reason && el("span", { class: "muted small" }, say("reply.fallback", draft.fallback_reason)),
  ].filter(Boolean);
}

function commitments(draft) {
  if (draft.commitments.length === 0) return null;
  return [
    el("h4", {}, say("reply.commitments")),
    el(
      "ul",
      { class: "promises" },
      draft.commitments.map((one) =>
        el(
          "li",
          {},
          one.text,
          el("small", {}, [one.amount !== null && money(one.amount, one.currency ?? "CNY"), one.deadline && remaining(one.deadline), one.source].filter(Boolean).join(" · ")),
        ),
      ),
    ),
  ];
}

/* What comparable cases got. */
function precedent({ precedent: found }) {
  if (!found || found.comparable === 0) return null;
  const band = ({ kind, currency, low, median, high, cases }) =>
    el("li", {}, word("redress", kind), el("small", {}, say("precedent.band", money(low, currency), money(high, currency), money(median, currency), cases)));
  return [
    el("h4", {}, say("precedent.title", found.comparable)),
    el("ul", { class: "promises" }, found.bands.map(band)),
    found.advisory.length > 0 && el("p", { class: "muted small" }, say("precedent.advisory", found.advisory.length)),
  ];
}

const line = (check) => el("li", {}, el("b", { title: check.id }, word("check", check.id)), check.detail && ` · ${check.detail}`);

/* The checks that failed: seen before the draft is copied. */
function faults(checks) {
  const failed = checks.filter((check) => !check.passed);
  return failed.length ? [el("div", { class: "failed" }, el("p", {}, say("reply.failed", failed.length)), el("ul", {}, failed.map(line)))] : [];
}

/* The checks that passed are a number to open. */
function passed(checks) {
  const good = checks.filter((check) => check.passed);
  if (good.length === 0) return [];
  const all = good.length === checks.length;
  return [el("details", { class: "passed" }, el("summary", {}, say(all ? "reply.passed" : "reply.passed.some", good.length)), el("ul", {}, good.map(line)))];
}
