// The table of actors, and the evidence for one of them.

import { shares, verdictsOverTime } from "./charts.js";
import { SIGN, ago, announce, count, el, find, moment, plural, setText, signed } from "./dom.js";
import { Refused, ask } from "./server.js";

const ORDERS = {
  articles: (one, other) => other.articles - one.articles,
  positive: (one, other) => other.verdicts.mean - one.verdicts.mean,
  negative: (one, other) => one.verdicts.mean - other.verdicts.mean,
  name: (one, other) => one.name.localeCompare(other.name),
};

const FEW_ROWS = 30;
const FEWEST_SLOTS = 20;

// By key: the row with its parts, so that what has the focus stays where it is.
const rows = new Map();
let latest = null;
let chosen = null;
let shownEvidence = "";
let showsAll = false;
let choose = () => {};

// `onChoose` is told the key of an actor that was clicked, or null.
export function startActors(onChoose) {
  choose = onChoose;
  find("find").addEventListener("input", () => latest && showActors(latest, true));
  find("order").addEventListener("change", () => latest && showActors(latest, true));
  find("more").addEventListener("click", showAll);
  find("evidence-close").addEventListener("click", closeEvidence);
  find("evidence").addEventListener("keydown", (event) => event.key === "Escape" && closeEvidence());
}

export function showActors(recent, isAsked = false) {
  latest = recent;
  const kept = recent.actors_kept > recent.actors.length ? ` of ${count(recent.actors_kept)}` : "";
  setText(find("actors-about"), `${count(recent.actors.length)}${kept} in ${plural(recent.articles, "article")} of the last ${recent.minutes} min`);
  const words = find("find").value.trim().toLowerCase();
  const shown = recent.actors.filter(({ name }) => name.toLowerCase().includes(words));
  shown.sort(ORDERS[find("order").value] ?? ORDERS.articles);
  const few = showsAll || words ? shown : shown.slice(0, FEW_ROWS);
  setText(find("time-head"), `Last ${plural(minutes(), "minute")}`);
  arrange(inPlace(few, isAsked), span());
  find("more").hidden = few.length === shown.length;
  setText(find("more"), `Show ${count(shown.length - few.length)} more`);
  const empty = find("actors-empty");
  empty.hidden = shown.length > 0;
  setText(empty, words && recent.actors.length > 0 ? "No actor of that name." : "No actors yet. They appear as soon as articles are committed.");
}

function showAll() {
  showsAll = true;
  const next = find("actor-rows").children.length;
  showActors(latest, true);
  find("actor-rows").children[next]?.querySelector("button").focus();
}

// The stretches that are shown: those since the first article, which soon are all of them.
function span() {
  const slots = latest?.buckets ?? FEWEST_SLOTS;
  const oldest = Math.min(...(latest?.articles_over_time ?? []).map(([slot]) => slot));
  return { first: Math.max(0, Math.min(oldest, slots - FEWEST_SLOTS)), slots };
}

function minutes() {
  const { first, slots } = span();
  return Math.max(1, Math.round(((slots - first) * latest.bucket_seconds) / 60));
}

// Rows must not jump away under a pointer or from the focus: while either is in the table, known rows keep their order.
function inPlace(actors, isAsked) {
  const body = find("actor-rows");
  const isHeld = !isAsked && (body.matches(":hover") || body.contains(document.activeElement));
  if (!isHeld) return actors;
  const place = new Map([...body.children].map((row, index) => [row.dataset.key, index]));
  const position = ({ key }) => place.get(key) ?? Infinity;
  return [...actors].sort((one, other) => (position(one) === position(other) ? 0 : position(one) - position(other)));
}

function arrange(actors, stretch) {
  const body = find("actor-rows");
  const wanted = new Set(actors.map(({ key }) => key));
  for (const [key, row] of rows) {
    if (!wanted.has(key)) {
      row.element.remove();
      rows.delete(key);
    }
  }
  actors.forEach((actor, index) => {
    const row = rows.get(actor.key) ?? newRow(actor);
    updateRow(row, actor, stretch);
    if (body.children[index] !== row.element) body.insertBefore(row.element, body.children[index] ?? null);
  });
}

function newRow({ key, name, kind }) {
  const button = el("button", { type: "button", class: "name", "aria-controls": "evidence", onclick: () => choose(key === chosen ? null : key) }, name);
  const articles = el("td", { class: "number wide-only" });
  const narrow = el("span", { class: "narrow-only" });
  const mean = el("span", { class: "mean" });
  const bar = el("div", { class: "bar-cell" });
  const time = el("td", { class: "time" });
  const element = el("tr", { "data-key": key },
    el("th", { scope: "row" }, button, " ", el("span", { class: "small" }, kind, narrow)),
    articles,
    el("td", { class: "sentiment" }, el("div", { class: "verdicts" }, mean, bar)),
    time);
  const row = { element, button, articles, narrow, mean, bar, time, shown: "" };
  rows.set(key, row);
  return row;
}

function updateRow(row, actor, stretch) {
  row.button.setAttribute("aria-expanded", String(actor.key === chosen));
  row.element.classList.toggle("chosen", actor.key === chosen);
  const state = JSON.stringify([actor.verdicts, actor.over_time, stretch]);
  if (state === row.shown) return;
  row.shown = state;
  setText(row.articles, count(actor.articles));
  setText(row.narrow, ` · ${plural(actor.articles, "article")}`);
  setText(row.mean, signed(actor.verdicts.mean));
  row.mean.className = `mean ${leaning(actor.verdicts)}`;
  row.bar.replaceChildren(shares(parts(actor.verdicts), verdictWords(actor.verdicts)));
  row.time.replaceChildren(verdictsOverTime(actor.over_time, stretch, `${actor.name}, last ${plural(minutes(), "minute")}: ${verdictWords(actor.verdicts)}`));
}

function parts({ positive, neutral, negative }) {
  return [{ value: negative, kind: "negative" }, { value: neutral, kind: "neutral" }, { value: positive, kind: "positive" }];
}

function verdictWords({ positive, neutral, negative }) {
  return `${count(positive)} positive, ${count(neutral)} neutral, ${count(negative)} negative`;
}

// What most of those verdicts are that take a side.
function leaning({ positive, negative }) {
  if (positive === negative) return "neutral";
  return positive > negative ? "positive" : "negative";
}

// Opens the evidence of an actor, or brings it up to date. Null closes it.
export async function showEvidence(key, now, isNew) {
  const panel = find("evidence");
  mark(key);
  if (key === null) {
    panel.hidden = true;
    shownEvidence = "";
    return;
  }
  let actor = null;
  try {
    actor = await ask(`api/actor/${encodeURIComponent(key)}`);
  } catch (error) {
    if (!(error instanceof Refused && error.status === 404)) throw error;
  }
  if (key !== chosen) return;
  panel.hidden = false;
  if (actor) fillEvidence(actor, now);
  else emptyEvidence(key);
  if (isNew) {
    find("evidence-title").focus({ preventScroll: true });
    panel.scrollIntoView({ block: "nearest" });
    announce(actor ? `Evidence for ${actor.name}: ${plural(actor.evidence.length, "sentence")}` : "No evidence is kept any more");
  }
}

function mark(key) {
  chosen = key;
  for (const [own, row] of rows) {
    row.button.setAttribute("aria-expanded", String(own === key));
    row.element.classList.toggle("chosen", own === key);
  }
}

function closeEvidence() {
  const button = rows.get(chosen)?.button;
  choose(null);
  button?.focus();
}

function fillEvidence(actor, now) {
  setText(find("evidence-title"), actor.name);
  setText(find("evidence-about"), `${actor.kind} · ${verdictWords(actor.verdicts)}`);
  find("evidence-chart").replaceChildren(
    verdictsOverTime(actor.over_time, span(), `Verdicts over time: ${verdictWords(actor.verdicts)}`, 64),
    el("div", { class: "axis small", "aria-hidden": "true" },
      el("span", {}, `${minutes()} min ago`), el("span", {}, "+ above, − below"), el("span", {}, "now")));
  const state = JSON.stringify(actor.evidence);
  if (state === shownEvidence) {
    for (const time of find("sentences").querySelectorAll("time")) setText(time, ago(now - Number(time.dataset.at)));
    return;
  }
  shownEvidence = state;
  keepFocus(find("sentences"), () => find("sentences").replaceChildren(...actor.evidence.map((evidence) => sentence(evidence, now))));
}

function emptyEvidence(key) {
  shownEvidence = "";
  setText(find("evidence-title"), rows.get(key)?.element.querySelector(".name").textContent ?? "An actor");
  setText(find("evidence-about"), "not named in the last minutes, or by too few articles to be kept");
  find("evidence-chart").replaceChildren();
  find("sentences").replaceChildren();
}

function sentence({ text: [before, mention, after], polarity, confidence, holder, article, article_is_kept: isKept, title, source, at }, now) {
  const heading = title?.trim() || "Untitled article";
  const voice = holder === null ? "the article itself" : holder;
  return el("li", { class: polarity },
    el("p", { class: "verdict" },
      el("span", { class: `sign ${polarity}`, "aria-hidden": "true" }, SIGN[polarity]),
      el("span", { class: polarity }, polarity), ` ${Math.round(confidence * 100)} %`,
      el("span", { class: "voice" }, holder === null ? "voice: " : "voice: “", el("b", {}, voice), holder === null ? "" : "”")),
    el("blockquote", {}, before, el("mark", { class: `mention ${polarity}` }, mention), after),
    el("p", { class: "small" },
      isKept
        ? el("a", { href: `#article=${article}`, "data-focus": `article-${article}` }, heading)
        : el("span", { title: "its text is no longer kept" }, heading),
      source ? ` · ${source}` : "", " · ", el("time", { title: moment(at), "data-at": at }, ago(now - at))));
}

// What has the focus is made anew under the same name, and gets it back.
function keepFocus(container, change) {
  const name = container.contains(document.activeElement) ? document.activeElement.dataset.focus : null;
  change();
  if (name) container.querySelector(`[data-focus="${CSS.escape(name)}"]`)?.focus();
}

export { keepFocus };
