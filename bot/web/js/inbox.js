/* The newest complaints, and a box for a new one. */

import { ask, newOnce } from "./api.js";
import { $, el } from "./dom.js";
import { ago, codes, say, word } from "./words.js";

const LOOK_EVERY = 20000; // ms, while the page is visible

export class Inbox {
  /* `access()` gives the key, `open(id)` shows a complaint, `seen(list)` hears every fresh list,
     `trouble(problem)` shows that something failed. */
  constructor({ access, open, seen, trouble }) {
    Object.assign(this, { access, open, seen, trouble });
    this.list = null;
    this.once = newOnce();
    $("new-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#send();
    });
    $("new-form").addEventListener("input", () => { this.once = newOnce(); }); // other words are another complaint
    document.addEventListener("visibilitychange", () => this.#tick());
  }

  /* Looks now and goes on looking. */
  async look() {
    const key = this.access();
    if (!key) return;
    try {
      const answer = await ask(key, "v1/complaints?limit=30");
      if (key !== this.access()) return;
      this.list = answer.complaints;
      this.show();
      this.seen(this.list);
    } catch (problem) {
      if (!this.list || problem.status === 401) this.trouble(problem);
    }
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.#tick(), LOOK_EVERY);
  }

  #tick() {
    if (document.visibilityState === "visible" && this.list) this.look();
  }

  clear() {
    this.list = null;
    clearTimeout(this.timer);
    $("inbox").replaceChildren();
    $("new-form").reset();
  }

  /* Says everything in the language that is spoken now. */
  translate() {
    for (const [id, group] of [["new-kind", "kind"], ["new-sector", "sector"]]) {
      const chosen = $(id).value;
      const none = group === "sector" ? [el("option", { value: "" }, say("new.sector.none"))] : [];
      $(id).replaceChildren(...none, ...codes(group).map((code) => el("option", { value: code }, word(group, code))));
      if (chosen) $(id).value = chosen;
    }
    this.show();
  }

  show() {
    if (!this.list) return;
    const focused = document.activeElement?.dataset?.complaint;
    $("inbox").replaceChildren(
      ...(this.list.length ? this.list.map((one) => this.#item(one)) : [el("li", { class: "muted" }, say("inbox.empty"))]),
    );
    if (focused) $("inbox").querySelector(`[data-complaint="${CSS.escape(focused)}"]`)?.focus();
  }

  #item(one) {
    const category = one.category ? word("category", one.category) : say(one.suggested ? "inbox.undecided" : "inbox.working");
    const facts = [word("channel", one.channel), say("inbox.turns", one.turns), ago(one.received_at)];
    return el(
      "li",
      {},
      el(
        "button",
        { type: "button", "data-complaint": one.id, onclick: () => this.open(one.id) },
        one.urgency ? el("span", { class: `urgency ${one.urgency}` }, word("urgency", one.urgency)) : el("span", { class: "urgency" }, "…"),
        el("span", { class: "about" }, el("span", {}, category), el("small", {}, facts.join(" · "))),
        el("small", { class: "tail" }, one.id.slice(-4)),
      ),
    );
  }

  async #send() {
    const text = $("new-text").value;
    if (!text.trim()) return;
    const reference = $("new-customer").value.trim();
    const body = { text, channel: "sidebar" };
    if (reference) body.customer = { kind: $("new-kind").value, value: reference, verified: $("new-verified").checked };
    if ($("new-sector").value) body.sector = $("new-sector").value;
    const button = $("new-form").querySelector("button[type=submit]");
    button.disabled = true;
    try {
      const received = await ask(this.access(), "v1/complaints", { method: "POST", body, once: this.once });
      $("new-form").reset();
      $("new-more").open = false;
      this.once = newOnce();
      this.open(received.id);
      this.look();
    } catch (problem) {
      this.trouble(problem);
    } finally {
      button.disabled = false;
    }
  }
}
