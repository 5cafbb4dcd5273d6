/* What a person decided, as the reply has to convey it: a form that asks only what its stage needs. */

import { ask } from "./api.js";
import { $, el } from "./dom.js";
import { codes, say, word } from "./words.js";

const MONEY = ["refund", "compensation", "service_credit", "fee_waiver"];
const REMEDIES = [...MONEY, "repair", "replacement", "correction", "apology", "explanation"];
const CURRENCIES = ["CNY", "GBP", "EUR", "USD", "HKD"];
const REMEDIED = ["upheld", "partly", "goodwill"];
const DECIDED = [...REMEDIED, "rejected"];
const MOST = 4;

let fields = 0;

/* A control under its label. */
function labelled(text, control) {
  control.id ||= `decide-field-${(fields += 1)}`;
  return [el("label", { for: control.id }, text), control];
}

const chooser = (group, list, name, chosen) =>
  el("select", { name }, list.map((code) => el("option", { value: code, selected: code === chosen }, word(group, code))));

export class Decide {
  /* `complaint()` gives the id of the complaint on the desk, `done(suggestion)` takes the new draft. */
  constructor({ access, trouble, complaint, done }) {
    Object.assign(this, { access, trouble, complaint, done });
    this.form = $("decide-form");
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#draft();
    });
    this.clear();
  }

  clear() {
    $("decide").open = false;
    this.show("upheld");
  }

  /* The form of a stage, empty. */
  show(stage = this.stage) {
    this.stage = stage;
    const chosen = el("select", { id: "decide-stage", onchange: (event) => this.show(event.target.value) });
    chosen.append(...codes("decided").map((code) => el("option", { value: code, selected: code === stage }, word("decided", code))));
    this.remedies = el("div", { class: "remedies" });
    if (REMEDIED.includes(stage)) this.#remedy();
    const check = (name, text) => el("label", { class: "check" }, el("input", { type: "checkbox", name }), " ", text);
    this.form.replaceChildren(
      ...labelled(say("decide.stage"), chosen),
      ...(stage === "progress" ? labelled(say("decide.cause"), chooser("cause", codes("cause"), "cause")) : []),
      ...(stage === "ask"
        ? [el("fieldset", {}, el("legend", {}, say("decide.ask")), codes("asked").map((code) => check(`ask-${code}`, word("asked", code))))]
        : labelled(say("decide.findings"), el("textarea", { name: "findings", rows: 2 }))),
      ...(DECIDED.includes(stage) ? labelled(say("decide.reason"), el("input", { name: "reason", type: "text", maxlength: 240, autocomplete: "off" })) : []),
      ...(REMEDIED.includes(stage)
        ? [
          this.remedies,
          el("button", { type: "button", class: "quiet", id: "decide-more", onclick: () => this.#remedy() }, say("decide.more")),
          ...labelled(say("decide.approved"), chooser("role", codes("role"), "approved_by")),
          ...labelled(say("decide.approval"), el("input", { name: "approval", type: "text", maxlength: 120, autocomplete: "off" })),
        ]
        : []),
      ...(DECIDED.includes(stage) ? [check("fault_confirmed", say("decide.fault"))] : []),
      check("danger_over", say("decide.danger")),
      el("button", { type: "submit", id: "decide-draft", class: "main" }, say("decide.draft")),
    );
  }

  #remedy() {
    if (this.remedies.children.length >= MOST) return;
    const kind = chooser("redress", REMEDIES, "kind");
    kind.prepend(el("option", { value: "" }, say("decide.none")));
    kind.value = this.stage === "goodwill" ? "service_credit" : "refund";
    const box = el("fieldset", { class: "remedy" }, el("legend", {}, say("decide.remedy")));
    const currency = el("select", { name: "currency" }, CURRENCIES.map((code) => el("option", { value: code }, code)));
    const money = el("div", {}, labelled(say("decide.amount"), el("input", { name: "amount", inputmode: "decimal", autocomplete: "off" })), labelled(say("decide.currency"), currency));
    const what = el("div", {}, labelled(say("decide.what"), el("input", { name: "what", type: "text", maxlength: 80, autocomplete: "off" })));
    const by = el("div", {}, labelled(say("decide.by"), el("input", { name: "by", type: "date" })), labelled(say("decide.owner"), el("input", { name: "owner", type: "text", maxlength: 60, autocomplete: "off" })));
    const fit = () => {
      money.hidden = !MONEY.includes(kind.value);
      what.hidden = !kind.value || MONEY.slice(0, 3).includes(kind.value);
      by.hidden = !kind.value;
    };
    kind.addEventListener("change", fit);
    box.append(...labelled(say("decide.kind"), kind), money, what, by);
    fit();
    this.remedies.append(box);
  }

  /* The decision as the service takes it; what is left empty is left out. */
  get decision() {
    const value = (name, from = this.form) => from.querySelector(`[name="${name}"]`)?.value.trim() ?? "";
    const ticked = (name) => this.form.querySelector(`[name="${name}"]`)?.checked ?? false;
    const remedies = [...this.remedies.children].filter((box) => value("kind", box)).map((box) => {
      const kind = value("kind", box);
      const amount = MONEY.includes(kind) ? value("amount", box).replaceAll(",", "") : "";
      return {
        kind, ...(amount && { amount, currency: value("currency", box) }), ...(value("by", box) && { by: value("by", box) }),
        ...(value("owner", box) && { owner: value("owner", box) }), ...(value("what", box) && { what: value("what", box) }),
      };
    });
    const asked = codes("asked").filter((code) => ticked(`ask-${code}`));
    return {
      stage: this.stage,
      findings: value("findings").split("\n").map((line) => line.trim()).filter(Boolean),
      reason: value("reason"),
      remedies,
      ask: asked,
      ...(value("cause") && { cause: value("cause") }),
      fault_confirmed: ticked("fault_confirmed"),
      ...(value("approved_by") && { approved_by: value("approved_by") }),
      approval: value("approval"),
      danger_over: ticked("danger_over"),
    };
  }

  async #draft() {
    const id = this.complaint();
    $("decide-draft").disabled = true;
    try {
      const suggestion = await ask(this.access(), `v1/complaints/${encodeURIComponent(id)}/drafts`, { method: "POST", body: { decision: this.decision } });
      if (this.complaint() === id) this.done(suggestion);
    } catch (problem) {
      this.trouble(problem);
    } finally {
      $("decide-draft").disabled = false;
    }
  }
}
