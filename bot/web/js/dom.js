/* Elements without HTML strings: every text becomes a text node, so nothing a customer wrote is ever markup. */

export const $ = (id) => document.getElementById(id);

/* An element. `traits` are attributes; a function under `on…` listens to that event, and a trait that is false,
   null or undefined is left out. Children are nodes or texts; the empty ones are left out too. */
export function el(tag, traits = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(traits)) {
    if (value === false || value === null || value === undefined) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else made.setAttribute(name, value === true ? "" : String(value));
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false && child !== ""));
  return made;
}

/* A measure from 0 to 1, drawn as a bar and read out as `label`. */
export function bar(value, label) {
  const share = Math.min(1, Math.max(0, value));
  const fill = el("span", { class: "fill" });
  fill.style.width = `${share * 100}%`;
  return el(
    "span",
    { class: "bar", role: "meter", "aria-valuemin": 0, "aria-valuemax": 1, "aria-valuenow": share.toFixed(2), "aria-label": label },
    fill,
  );
}

/* Shows `nodes` in a section's body and says that it is there. */
export function fill(id, ...nodes) {
  const body = $(id);
  body.replaceChildren(...nodes.flat().filter(Boolean));
  body.setAttribute("aria-busy", "false");
}

/* Shows that a section's body is on its way. */
export function pending(id, lines) {
  const body = $(id);
  body.replaceChildren(...Array.from({ length: lines }, () => el("span", { class: "skeleton", "aria-hidden": "true" })));
  body.setAttribute("aria-busy", "true");
}
