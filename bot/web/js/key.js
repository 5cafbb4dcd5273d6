/* The API key: typed once or handed over in the address, kept for this tab only. */

const SHELF = "redress-key";
let held = "";

/* What the address's fragment says (`#key=…&complaint=…`); it leaves the address bar and the history at once. */
export function takeFragment() {
  const said = new URLSearchParams(location.hash.slice(1));
  const found = { key: said.get("key") ?? "", complaint: said.get("complaint") ?? "" };
  if (found.key || found.complaint) history.replaceState(history.state, "", location.pathname + location.search);
  return found;
}

/* The key, if there is one. A frame may be refused storage; then it lasts as long as the page. */
export function key() {
  if (held) return held;
  try {
    held = sessionStorage.getItem(SHELF) ?? "";
  } catch { /* the memory above is enough */ }
  return held;
}

export function keep(given) {
  held = given.trim();
  try {
    sessionStorage.setItem(SHELF, held);
  } catch { /* the memory above is enough */ }
}

export function forget() {
  held = "";
  try {
    sessionStorage.removeItem(SHELF);
  } catch { /* there was nothing kept */ }
}
