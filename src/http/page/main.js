// The loop: asks for the overview every two seconds and hands its parts to those who show them.
//
//   server.js    asking, with the token
//   figures.js   throughput, lag, latency, outcomes, dead letters
//   actors.js    actors, and the evidence for one
//   articles.js  articles, and one with its mentions
//   charts.js    small pictures
//   dom.js       elements and words

import { showActors, showEvidence, startActors } from "./actors.js";
import { showArticle, showNewest, startArticles } from "./articles.js";
import { announce, duration, el, find, setText } from "./dom.js";
import { showFigures } from "./figures.js";
import { Refused, ask, hasToken, setToken } from "./server.js";

const INTERVAL_MS = 2_000;

const WHY_NO_ARTICLES = {
  withheld: "Actors and articles are not shown here: others can reach this address, and http.token_path keeps nobody out. " +
    "Set it, or listen on the loopback interface.",
  not_kept: "Actors and articles are not kept: http.recent_minutes is 0.",
};

const OTHER_NAME = "This address is not one of the machine's own, and without http.token_path articles are shown at localhost only.";
const NO_ANSWER = "The instance does not answer. What you see is from before; the page tries again by itself.";

let isPaused = false;
let timer = null;
// Seconds since 1970 by the clock of the instance.
let now = Date.now() / 1000;
let isAway = false;
let showsArticles = false;

startActors((key) => goTo({ actor: key }));
startArticles(() => goTo({ article: null }));
document.addEventListener("click", followLink);
find("pause").addEventListener("click", togglePause);
find("token-form").addEventListener("submit", enterToken);
document.addEventListener("visibilitychange", () => !document.hidden && refresh());
window.addEventListener("hashchange", () => guarded(follow(true)));
refresh();

// Asks now, and again after a while.
async function refresh() {
  clearTimeout(timer);
  if (!isPaused && !document.hidden) await guarded(update());
  clearTimeout(timer);
  timer = setTimeout(refresh, INTERVAL_MS);
}

async function update() {
  const isFirst = find("content").hidden;
  const overview = await ask("api/overview");
  now = overview.now;
  find("token-form").hidden = true;
  find("content").hidden = false;
  showState(overview);
  showFigures(overview.history);
  showsArticles = overview.articles === "shown";
  find("columns").hidden = !showsArticles;
  find("no-articles").hidden = showsArticles;
  setText(find("no-articles"), WHY_NO_ARTICLES[overview.articles] ?? "");
  if (showsArticles) {
    showActors(overview.recent);
    showNewest(overview.recent, now);
    await follow(isFirst);
  }
}

// What went wrong is told; the next attempt comes by itself.
async function guarded(work) {
  try {
    await work;
    if (isAway) announce("The instance answers again");
    isAway = false;
    find("notice").hidden = true;
    document.body.classList.remove("stale");
  } catch (error) {
    if (error instanceof Refused && error.status === 401) askForToken();
    else if (error instanceof Refused && error.status === 403) tell("refused", OTHER_NAME);
    else tell("no answer", NO_ANSWER);
  }
}

function tell(state, text) {
  find("state").dataset.state = "away";
  setText(find("state-text"), state);
  setText(find("notice"), text);
  find("notice").hidden = false;
  document.body.classList.add("stale");
  if (!isAway) announce(text);
  isAway = true;
}

function askForToken() {
  const form = find("token-form");
  const wasOpen = !form.hidden;
  find("token-wrong").hidden = !hasToken();
  if (hasToken()) announce("That is not the token.");
  setToken("");
  form.hidden = false;
  find("content").hidden = true;
  find("notice").hidden = true;
  find("state").dataset.state = "away";
  setText(find("state-text"), "locked");
  if (!wasOpen) find("token").focus();
}

function enterToken(event) {
  event.preventDefault();
  const field = find("token");
  setToken(field.value.trim());
  field.value = "";
  refresh();
}

function showState({ readiness, version, started }) {
  const unmet = readiness.conditions.filter(({ holds }) => !holds);
  find("state").dataset.state = readiness.ready ? "ready" : "unready";
  const reason = unmet.map(({ reason: text }) => text).join("; ");
  setText(find("state-text"), readiness.ready ? "ready" : `not ready: ${reason}`);
  const facts = [["Version", version.version], ["Model", version.model], ["Up", duration(Math.max(0, now - started))]];
  const list = find("facts");
  const state = JSON.stringify(facts);
  if (list.dataset.shown === state) return;
  list.dataset.shown = state;
  list.replaceChildren(...facts.filter(([, value]) => value).map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value))));
}

function togglePause() {
  isPaused = !isPaused;
  const button = find("pause");
  button.setAttribute("aria-pressed", String(isPaused));
  setText(button, isPaused ? "Paused" : "Pause");
  document.body.classList.toggle("paused", isPaused);
  if (!isPaused) refresh();
}

// The address says what is open, so that "back" and links work: #actor=KEY&article=NUMBER.
function place() {
  const parts = new URLSearchParams(location.hash.slice(1));
  const number = parts.get("article");
  return { actor: parts.get("actor"), article: number !== null && /^\d{1,15}$/.test(number) ? Number(number) : null };
}

// A link to an article leaves the evidence open that it was found in.
function followLink(event) {
  const link = event.target.closest?.('a[href^="#article="]');
  if (!link || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  goTo({ article: Number(link.hash.slice("#article=".length)) });
}

function goTo(change) {
  const { actor, article } = { ...place(), ...change };
  const parts = [];
  if (actor !== null) parts.push(`actor=${encodeURIComponent(actor)}`);
  if (article !== null) parts.push(`article=${article}`);
  const wanted = parts.length > 0 ? `#${parts.join("&")}` : "";
  if (wanted === location.hash) return;
  // An empty fragment would scroll to the top.
  history.pushState(null, "", wanted || location.pathname + location.search);
  guarded(follow(true));
}

let followed = { actor: null, article: null };

async function follow(isChange) {
  if (!showsArticles) return;
  const { actor, article } = place();
  const isNew = isChange && actor !== followed.actor;
  followed = { actor, article };
  await showArticle(article);
  await showEvidence(actor, now, isNew && article === null && actor !== null);
}
