/* The sidebar: a key, a list, a complaint. Nothing here sends a reply to a customer. */

import { Desk } from "./desk.js";
import { $, el } from "./dom.js";
import { Inbox } from "./inbox.js";
import { forget, keep, key, takeFragment } from "./key.js";
import { Reply } from "./reply.js";
import { chosen, say, setLanguage, spoken } from "./words.js";

const JUMPS = ["glance", "words", "reply", "customer", "cases", "passages"];

const tell = (text) => { $("say").textContent = text; };
const access = () => key();
const reply = new Reply({ access, tell, trouble, go: goToPassage });
const desk = new Desk(reply, { access, tell, trouble, calm });
const inbox = new Inbox({ access, open: openComplaint, seen: (list) => desk.heed(list), trouble });

/* Says what went wrong, a Problem or a sentence, with a button that does something about it. */
function trouble(problem, again, label = say("trouble.retry")) {
  if (problem.status === 401) return leave(say("key.refused"));
  const known = { 0: "trouble.offline", 403: "trouble.forbidden", 404: "trouble.missing" }[problem.status];
  const words = typeof problem === "string" ? problem : [say(known ?? "trouble.failed"), known ? "" : problem.detail || problem.title].filter(Boolean).join(" ");
  const act = () => { calm(); again(); };
  $("trouble").replaceChildren(
    el("span", {}, words),
    ...(again ? [el("button", { type: "button", onclick: act }, label)] : []),
    el("button", { type: "button", class: "quiet icon", "aria-label": say("trouble.close"), onclick: calm }, "×"),
  );
  $("trouble").hidden = false;
}

function calm() {
  $("trouble").hidden = true;
  $("trouble").replaceChildren();
}

function show(view) {
  for (const one of ["key", "inbox", "desk"]) $(`${one}-view`).hidden = one !== view;
  $("back").hidden = view !== "desk";
  $("leave").hidden = view === "key";
}

function enter(given, complaint) {
  if (given) {
    desk.clear();
    inbox.clear();
    keep(given);
  }
  if (!key()) return leave("");
  if (complaint) openComplaint(complaint);
  else openInbox();
  inbox.look();
}

/* Forgets the key and asks for another; `why` says what was wrong with it. */
function leave(why) {
  desk.clear();
  inbox.clear();
  forget();
  show("key");
  calm();
  if (why) trouble(why);
  $("key").value = "";
  $("key").focus();
}

function openComplaint(id) {
  show("desk");
  desk.open(id);
  $("desk-title").focus();
  scrollTo(0, 0);
}

function openInbox() {
  const from = desk.id;
  desk.close();
  calm();
  show("inbox");
  inbox.show();
  (document.querySelector(`[data-complaint="${CSS.escape(from)}"]`) ?? $("inbox-title")).focus();
}

function goToPassage(id) {
  const passage = $(`passage-${id}`);
  passage?.scrollIntoView({ block: "center" });
  passage?.focus();
}

function speak(language) {
  setLanguage(language);
  document.documentElement.lang = language === "zh" ? "zh-Hans" : "en";
  for (const node of document.querySelectorAll("[data-word]")) node.textContent = say(node.dataset.word);
  for (const node of document.querySelectorAll("[data-label]")) node.setAttribute("aria-label", say(node.dataset.label));
  for (const node of document.querySelectorAll("[data-placeholder]")) node.placeholder = say(node.dataset.placeholder);
  $("language").textContent = say("nav.language.short");
  $("jumps").replaceChildren(
    ...JUMPS.map((id) => el("button", { type: "button", class: "quiet", onclick: () => $(id).scrollIntoView() }, say(`jump.${id}`))),
  );
  inbox.translate();
  desk.translate();
}

$("key-form").addEventListener("submit", (event) => {
  event.preventDefault();
  if ($("key").value.trim()) {
    calm();
    enter($("key").value, "");
    $("key").value = "";
  }
});
$("back").addEventListener("click", openInbox);
$("leave").addEventListener("click", () => leave(""));
$("language").addEventListener("click", () => {
  speak(spoken() === "zh" ? "en" : "zh");
  const address = new URL(location.href);
  address.searchParams.set("lang", spoken());
  history.replaceState(history.state, "", address);
});
addEventListener("hashchange", () => {
  const said = takeFragment();
  if (said.key || said.complaint) enter(said.key, said.complaint);
});

const said = takeFragment();
speak(chosen(location.search, navigator.language));
enter(said.key, said.complaint);
