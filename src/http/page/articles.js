// The newest articles, and one article with its mentions.

import { keepFocus } from "./actors.js";
import { SIGN, ago, announce, el, find, hidden, moment, plural, setText, signed } from "./dom.js";
import { Refused, ask } from "./server.js";

const STATUS = {
  no_text: "no text",
  unsupported_language: "a language that the model does not read",
  truncated: "read in part",
};

// Characters of a line that a wire has broken.
const WRAPPED = [45, 100];

let shownNewest = "";
let shownArticle = null;
// A click that closes the article is told by this; the address of the page changes with it.
let close = () => {};

export function startArticles(onClose) {
  close = onClose;
  const dialog = find("article");
  find("article-close").addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  dialog.addEventListener("close", () => {
    shownArticle = null;
    close();
  });
  find("legend").append(
    legend("positive", "positive toward whom it names: solid line, +"),
    legend("negative", "negative: wavy line, −"),
    legend("neutral", "neutral: dotted line"),
    el("li", {}, el("span", { class: "said", "aria-hidden": "true" }, "❝ Name"), " in the words or by the report of Name; without: the article's own voice"));
}

function legend(polarity, words) {
  return el("li", {}, el("mark", { class: `mention ${polarity}`, "aria-hidden": "true" }, "name", tag(polarity, null)), ` ${words}`);
}

export function showNewest(recent, now) {
  setText(find("newest-about"), recent.newest.length > 0 ? `${plural(recent.newest.length, "article")}, the latest first` : "");
  const empty = find("newest-empty");
  empty.hidden = recent.newest.length > 0;
  setText(empty, recent.articles > 0 ? "No text is kept: http.recent_text_bytes leaves no room." : "No articles yet.");
  const list = find("newest");
  const state = recent.newest.map(({ number }) => number).join();
  if (state === shownNewest) {
    for (const time of list.querySelectorAll("time")) setText(time, ago(now - Number(time.dataset.at)));
    return;
  }
  if (list.matches(":hover") && shownNewest !== "") return;
  shownNewest = state;
  keepFocus(list, () => list.replaceChildren(...recent.newest.map((article) => row(article, now))));
}

function row({ number, title, beginning, source, at, actors, more_actors: more }, now) {
  const heading = title?.trim() || beginning?.trim() || "An article without text";
  return el("li", {},
    el("a", { href: `#article=${number}`, "data-focus": `newest-${number}` }, heading),
    el("p", { class: "small" }, source ? `${source} · ` : "", el("time", { title: moment(at), "data-at": at }, ago(now - at))),
    actors.length > 0
      ? el("p", { class: "small who" }, ...actors.map(verdictWord), more > 0 ? `and ${more} more` : "")
      : null);
}

function verdictWord({ name, polarity }) {
  return el("span", { class: `who-${polarity}` },
    el("span", { class: `sign ${polarity}`, "aria-hidden": "true" }, SIGN[polarity]), hidden(`${polarity}: `), name);
}

// Opens an article. Null closes it.
export async function showArticle(number) {
  const dialog = find("article");
  if (number === null) {
    if (dialog.open) dialog.close();
    return;
  }
  if (number === shownArticle) return;
  shownArticle = number;
  let article = null;
  try {
    article = await ask(`api/article/${number}`);
  } catch (error) {
    if (!(error instanceof Refused && [400, 404].includes(error.status))) throw error;
  }
  if (shownArticle !== number) return;
  if (article) fill(article);
  else fillGone();
  if (!dialog.open) dialog.showModal();
  dialog.scrollTop = 0;
  find("article-title").focus({ preventScroll: true });
  announce(article ? `Article with ${plural(article.actors.length, "actor")}` : "The article is no longer kept");
}

function fill(article) {
  const facts = [article.source, article.published_at?.replace("T", " ").replace(/(\.\d+)?Z$/, " UTC"), article.language, STATUS[article.status]];
  setText(find("article-about"), facts.filter(Boolean).join(" · "));
  const title = find("article-title");
  if (article.title.length > 0) title.replaceChildren(...pieces(article.title, article.actors));
  else setText(title, "Untitled article");
  find("article-actors").replaceChildren(...article.actors.map(chip));
  find("article-body").replaceChildren(...pieces(article.body, article.actors));
  const end = find("article-end");
  end.replaceChildren(article.is_shortened ? "The page keeps the beginning of long articles only. " : "");
  if (article.url) {
    const link = { href: article.url, target: "_blank", rel: "noopener noreferrer" };
    end.append(el("a", link, "Original", hidden(" (opens in a new tab)")), ` ${host(article.url)}`);
  }
}

function fillGone() {
  setText(find("article-about"), "");
  setText(find("article-title"), "No longer kept");
  find("article-actors").replaceChildren();
  setText(find("article-body"), "Articles are kept for some minutes, and for less where many come.");
  setText(find("article-end"), "");
}

function chip({ key, name, kind, polarity, score }) {
  return el("li", {}, el("a", { class: `chip ${polarity}`, href: `#actor=${encodeURIComponent(key)}`, title: kind },
    el("span", { class: `sign ${polarity}`, "aria-hidden": "true" }, SIGN[polarity]), name, hidden(`, ${polarity}`),
    el("span", { class: "score" }, ` ${signed(score)}`)));
}

function pieces(segments, actors) {
  const texts = rejoined(segments.map(({ text }) => text));
  return segments.map(({ mention }, index) => (mention ? marked(texts[index], mention, actors) : texts[index]));
}

// Texts of wires come in short lines. A single line break after a line of that length, and not at the end of a
// sentence, is shown as a space; every other one as it is.
function rejoined(texts) {
  const characters = [...texts.join("")];
  let length = 0;
  characters.forEach((character, index) => {
    if (character !== "\n") {
      length += 1;
      return;
    }
    const [before, after] = [characters[index - 1], characters[index + 1]];
    const isWrapped = length >= WRAPPED[0] && length <= WRAPPED[1] && after !== "\n" && !/[.!?:"”’)\s]/.test(before);
    if (isWrapped) characters[index] = " ";
    length = 0;
  });
  let start = 0;
  return texts.map((text) => {
    const end = start + [...text].length;
    const piece = characters.slice(start, end).join("");
    start = end;
    return piece;
  });
}

function marked(text, { actor, polarity, confidence, holder }, actors) {
  const toward = actors[actor]?.name ?? "somebody";
  const voice = holder === null ? null : actors[holder]?.name ?? "somebody";
  const words = `${polarity} toward ${toward}, in ${voice === null ? "the article's own voice" : `the voice of ${voice}`}`;
  return el("mark", { class: `mention ${polarity}`, title: `${words}, ${Math.round(confidence * 100)} %` },
    text.replace(/\s+/g, " "), tag(polarity, voice), hidden(` (${words})`));
}

function tag(polarity, voice) {
  if (polarity === "neutral" && voice === null) return null;
  const sign = polarity === "neutral" ? "" : SIGN[polarity];
  const said = voice === null ? "" : el("span", { class: "said" }, `❝ ${voice}`);
  return el("span", { class: "tag", "aria-hidden": "true" }, sign, said);
}

function host(url) {
  try {
    return new URL(url).host;
  } catch {
    return "";
  }
}
