/* The reply said another way, and checked as it is edited. */

import { ask } from "./api.js";
import { $, el } from "./dom.js";
import { say } from "./words.js";

const WAYS = ["shorten", "expand", "warm", "formalise", "translate"];
const PAUSE = 700; // milliseconds without a key after which an edit is checked

export class Rewriting {
  /* `complaint()` gives the id of the complaint on the desk. */
  constructor(reply, { access, tell, trouble, complaint }) {
    Object.assign(this, { reply, access, tell, trouble, complaint });
    this.busy = false;
    reply.box.addEventListener("input", () => {
      clearTimeout(this.pause);
      this.pause = setTimeout(() => this.#check(), PAUSE);
    });
  }

  show() {
    const { reply } = this;
    const chinese = reply.draft?.language === "zh";
    const label = (way) => say(way === "translate" && !chinese ? "rewrite.translate.back" : `rewrite.${way}`);
    const off = this.busy || !reply.suggestion || reply.box.readOnly;
    $("rewrite").replaceChildren(
      ...WAYS.map((way) => el("button", { type: "button", class: "quiet", "data-way": way, disabled: off, onclick: () => this.#rewrite(way) }, label(way))),
    );
  }

  /* Takes away what was said of the complaint before. */
  clear() {
    clearTimeout(this.pause);
    this.#note("");
  }

  async #check() {
    const text = this.reply.box.value;
    if (!this.reply.edited || !text.trim()) return;
    try {
      const { checks } = await this.#send("check", text);
      if (this.reply.box.value === text) this.reply.judge(text, checks);
    } catch (problem) {
      this.trouble(problem);
    }
  }

  async #rewrite(way) {
    const id = this.complaint();
    const text = this.reply.box.value;
    this.busy = true;
    this.show();
    try {
      const said = await this.#send("rewrite", text, { way });
      if (this.complaint() !== id || this.reply.box.value !== text) return;
      this.reply.reword(said.text, said.checks);
      this.#note(said.source === "agent" ? say("rewrite.kept", said.note) : say("rewrite.done"));
    } catch (problem) {
      this.trouble(problem);
    } finally {
      this.busy = false;
      this.show();
    }
  }

  #send(what, text, more = {}) {
    const body = { complaint_id: this.complaint(), text, suggestion_id: this.reply.suggestion, ...more };
    return ask(this.access(), `v1/drafts/${what}`, { method: "POST", body });
  }

  #note(words) {
    $("rewritten").hidden = !words;
    $("rewritten").textContent = words;
    if (words) this.tell(words);
  }
}
