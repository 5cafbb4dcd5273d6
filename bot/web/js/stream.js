/* Server-sent events by fetch: an EventSource cannot send the key. */

import { open, Problem } from "./api.js";

const FIRST_WAIT = 1000;
const LONGEST_WAIT = 30000;
const QUIET_FOR = 45000; // ms; the service sends a comment every 15 s, so a longer silence is a dead connection

/* Takes chunks of text, calls `tell(name, data)` for each whole event; `data` is the parsed JSON. */
export function reader(tell) {
  let rest = "";
  let name = "";
  let data = [];
  const line = (text) => {
    if (text === "") {
      if (data.length) tell(name || "message", JSON.parse(data.join("\n")));
      name = "";
      data = [];
    } else if (text.startsWith("event:")) {
      name = text.slice(6).trim();
    } else if (text.startsWith("data:")) {
      data.push(text.slice(text[5] === " " ? 6 : 5));
    }
  };
  return (chunk) => {
    rest += chunk;
    const ends = /\r\n|\n|\r(?!$)/g;
    let from = 0;
    for (let end = ends.exec(rest); end; end = ends.exec(rest)) {
      line(rest.slice(from, end.index));
      from = ends.lastIndex;
    }
    rest = rest.slice(from);
  };
}

/* Watches a complaint until its suggestion is done. `on.restart()` comes before the events of each connection,
   `on.event(name, data)` with each, `on.waiting(seconds)` before another attempt. Resolves after `done`;
   throws a Problem for `error` and for a refusal that another attempt would not change. Aborting `signal` ends it. */
export async function watch(key, complaint, on, signal) {
  for (let wait = FIRST_WAIT; ; wait = Math.min(wait * 2, LONGEST_WAIT)) {
    let heard = false;
    try {
      if (await once(key, complaint, on, signal, () => { heard = true; })) return;
    } catch (problem) {
      if (signal.aborted) return;
      if (!(problem instanceof Problem) || problem.final || (problem.status >= 400 && problem.status < 500 && problem.status !== 429)) throw problem;
    }
    if (signal.aborted) return;
    if (heard) wait = FIRST_WAIT;
    const delay = wait * (0.75 + Math.random() / 2);
    on.waiting(Math.ceil(delay / 1000));
    await pause(delay, signal);
    if (signal.aborted) return;
  }
}

/* One connection; true when the suggestion is done, false when the connection ended before. */
async function once(key, complaint, on, signal, heard) {
  const quiet = new AbortController();
  const either = AbortSignal.any([signal, quiet.signal]);
  let alarm = setTimeout(() => quiet.abort(), QUIET_FOR);
  let done = false;
  let failed = null;
  try {
    const response = await open(key, `v1/complaints/${encodeURIComponent(complaint)}/events`, { accept: "text/event-stream", signal: either });
    on.restart();
    const read = reader((name, data) => {
      if (signal.aborted || done || failed) return;
      heard();
      if (name === "error") failed = Object.assign(Problem.of(data), { final: true });
      else on.event(name, data);
      done ||= name === "done";
    });
    const chunks = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let chunk = await chunks.read(); !chunk.done; chunk = await chunks.read()) {
      clearTimeout(alarm);
      alarm = setTimeout(() => quiet.abort(), QUIET_FOR);
      read(chunk.value);
      if (done || failed) {
        chunks.cancel().catch(() => {});
        break;
      }
    }
  } catch (error) {
    if (signal.aborted || error instanceof Problem) throw error;
    return done; // the connection broke: try again
  } finally {
    clearTimeout(alarm);
  }
  if (failed) throw failed;
  return done;
}

function pause(milliseconds, signal) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", () => { clearTimeout(timer); resolve(); }, { once: true });
  });
}
