/* One complaint on the desk: its words, and the suggestion as it takes shape. */

import { ask } from "./api.js";
import { Decide } from "./decide.js";
import { $ } from "./dom.js";
import { showCases, showCustomer, showPassages } from "./memory.js";
import { showClocks, showGlance, showWords } from "./reading.js";
import { Rewriting } from "./rewrite.js";
import { watch } from "./stream.js";
import { say } from "./words.js";

export class Desk {
  /* `access()` gives the key, `tell(text)` reads a message out, `trouble(problem, again)` shows what failed,
     `calm()` takes that away. */
  constructor(reply, { access, tell, trouble, calm }) {
    Object.assign(this, { reply, access, tell, trouble, calm });
    const complaint = () => this.id;
    this.rewriting = new Rewriting(reply, { access, tell, trouble, complaint });
    this.decide = new Decide({ access, trouble, complaint, done: (suggestion) => { this.calm(); this.#done(suggestion); } });
    this.id = "";
    this.stop = new AbortController();
    this.#forget();
  }

  /* Shows a complaint; the one before is let go, whatever state its suggestion is in. */
  open(id) {
    this.clear();
    this.id = id;
    this.show();
    this.read();
  }

  /* Leaves nothing of a complaint on the page. */
  clear() {
    this.close();
    this.#forget();
    this.reply.clear();
    this.rewriting.clear();
    this.decide.clear();
    this.#draw();
  }

  close() {
    this.stop.abort();
    this.id = "";
    $("pulse").hidden = true;
  }

  /* Reads the complaint and its suggestion, from the start. What is shown stays until something newer comes. */
  async read() {
    this.stop.abort();
    this.stop = new AbortController();
    const { signal } = this.stop;
    const id = this.id;
    this.stale = false;
    this.calm();
    $("desk-view").classList.remove("halted");
    $("pulse").hidden = false;
    this.tell(say("live.reading"));
    try {
      this.complaint = await ask(this.access(), `v1/complaints/${encodeURIComponent(id)}`, { signal });
      if (signal.aborted) return;
      this.show();
      await watch(this.access(), id, {
        restart: () => { this.calm(); this.reply.restart(); },
        event: (name, data) => this.#take(name, data),
        waiting: (seconds) => this.trouble(say("live.waiting", seconds)),
      }, signal);
    } catch (problem) {
      if (signal.aborted) return;
      $("desk-view").classList.add("halted");
      this.reply.halt();
      this.trouble(problem, () => this.read());
    } finally {
      if (!signal.aborted) $("pulse").hidden = true;
    }
  }

  /* Hears the newest list: the customer may have written again. */
  heed(list) {
    const now = list.find((one) => one.id === this.id);
    if (!now || !this.complaint || this.stale || now.turns <= this.complaint.turns.length) return;
    this.stale = true;
    this.trouble(say("live.more"), () => this.read(), say("live.again"));
  }

  show() {
    if (!this.id) return;
    $("desk-title").textContent = say("desk.title", this.id.slice(-4));
    this.#draw();
    this.reply.show();
    this.rewriting.show();
  }

  /* The interface speaks another language. */
  translate() {
    this.decide.show();
    this.show();
  }

  #draw() {
    $("words-body").lang = this.language === "und" ? "" : this.language;
    showGlance(this.triage);
    showClocks(this.clocks);
    showWords(this.complaint, this.triage);
    showCustomer(this.profile, this.complaint?.customer);
    showCases(this.matches?.cases);
    this.#passages();
  }

  #passages() {
    showPassages(this.matches?.passages, new Set(this.reply.draft?.citations.map((one) => one.id)));
  }

  #take(name, data) {
    if (name === "triage") {
      this.triage = data;
      showGlance(data);
      showWords(this.complaint, data);
    } else if (name === "matches") {
      this.matches = data;
      this.reply.passages = data.passages;
      showCases(data.cases);
      this.#passages();
    } else if (name === "profile") {
      this.profile = data;
      showCustomer(data, this.complaint?.customer);
    } else if (name === "delta") {
      this.reply.grow(data.text);
    } else if (name === "draft") {
      this.reply.finish(data);
      this.#passages();
    } else if (name === "done") {
      this.#done(data);
    }
  }

  #done(suggestion) {
    this.triage = suggestion.triage;
    this.matches = suggestion.matches;
    this.profile = suggestion.profile;
    this.clocks = suggestion.clocks;
    this.language = suggestion.language;
    this.reply.passages = suggestion.matches.passages;
    this.reply.finish(suggestion.draft);
    this.reply.settle(suggestion.id, suggestion.triage.category);
    this.show();
    this.tell(say("live.done"));
  }

  #forget() {
    this.complaint = this.triage = this.matches = this.profile = this.clocks = null;
    this.language = "";
    this.stale = false;
  }
}
