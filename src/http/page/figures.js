// The tiles at the top: throughput, lag, latency, outcomes, dead letters.

import { shares, sparkline } from "./charts.js";
import { count, duration, el, find, plural, rate } from "./dom.js";

// Rates of a single step jump; these are over the last fifteen seconds.
const RECENT_STEPS = 5;
const FEWEST_STEPS = 60;

export function showFigures(history) {
  // A young process has a short past, which is shown as wide as a long one.
  const steps = Math.min(history.steps, Math.max(FEWEST_STEPS, history.enriched.length));
  const span = `last ${plural(Math.round((steps * history.step_seconds) / 60), "minute")}`;
  find("tiles").replaceChildren(
    throughput(history, steps, span),
    lag(history, steps, span),
    latency(history, steps, span),
    outcomes(history),
    deadLetters(history, steps, span),
  );
}

function tile(title, value, unit, note, ...pictures) {
  return el("div", { class: "tile card" },
    el("h3", {}, title),
    el("p", { class: "figure" }, el("strong", {}, value), unit ? el("span", { class: "unit" }, ` ${unit}`) : null),
    el("p", { class: "small note" }, note),
    ...pictures);
}

function throughput(history, slots, span) {
  const { enriched } = history;
  const now = mean(enriched.slice(-RECENT_STEPS));
  const most = Math.max(0, ...enriched);
  return tile("Throughput", rate(now), "articles/s", `most ${rate(most)} · ${plural(history.in_flight, "record")} in work`,
    sparkline([{ values: enriched, kind: "main" }], slots, `Throughput, ${span}: now ${rate(now)} articles per second, at most ${rate(most)}`));
}

function lag(history, slots, span) {
  const values = history.lag;
  const [now, oldest] = [values.at(-1) ?? 0, history.oldest_seconds.at(-1) ?? 0];
  const most = Math.max(0, ...values);
  const note = oldest > 0 ? `oldest in work ${duration(oldest)}` : `most ${count(most)}`;
  return tile("Lag", count(now), now === 1 ? "record" : "records", note,
    sparkline([{ values, kind: "main" }], slots, `Lag, ${span}: now ${plural(now, "record")}, at most ${count(most)}`));
}

function latency(history, slots, span) {
  const [p50, p99] = [history.p50.at(-1) ?? null, history.p99.at(-1) ?? null];
  return tile("Latency", duration(p50), p50 === null ? "" : "p50", p50 === null ? "no record in the last minute" : `p99 ${duration(p99)} · input to commit`,
    sparkline([{ values: history.p50, kind: "main" }, { values: history.p99, kind: "second" }], slots,
      `Latency, ${span}: median ${duration(p50)}, 99th percentile ${duration(p99)}`));
}

function outcomes(history) {
  const { enriched, dead_lettered: dead, skipped } = history.since_start;
  const settled = enriched + dead + skipped;
  const share = settled > 0 ? `${((100 * enriched) / settled).toFixed(enriched === settled ? 0 : 1)} %` : "–";
  const parts = [
    { name: "enriched", value: enriched, kind: "good" },
    { name: "dead letters", value: dead, kind: "bad" },
    { name: "skipped", value: skipped, kind: "other" },
  ];
  const words = parts.map(({ name, value }) => `${count(value)} ${name}`).join(", ");
  return tile("Outcomes", share, "enriched", `of ${plural(settled, "record")} since the start`,
    shares(parts, `Outcomes since the start: ${words}`),
    el("ul", { class: "keys" }, ...parts.map(({ name, value, kind }) =>
      el("li", {}, el("span", { class: `key ${kind}`, "aria-hidden": "true" }), `${count(value)} ${name}`))));
}

function deadLetters(history, slots, span) {
  const all = history.since_start.dead_lettered;
  const codes = history.dead_letters;
  const lately = codes.reduce((sum, { over_time: values }) => sum + total(values), 0);
  const rows = codes.slice(0, 4).map(({ stage, code, since_start: number, over_time: values }) =>
    el("tr", {},
      el("th", { scope: "row", title: `stage ${stage}` }, code),
      el("td", { class: "number" }, count(number)),
      el("td", { class: "mini" }, sparkline([{ values, kind: "bad" }], slots, `${code}, ${span}: ${count(total(values))}`, 18))));
  const more = codes.length > 4 ? el("p", { class: "small" }, `and ${plural(codes.length - 4, "other code")}`) : null;
  const table = codes.length > 0
    ? el("table", { class: "codes" }, el("caption", { class: "hidden" }, "Dead letters since the start, by error code"), el("tbody", {}, ...rows))
    : null;
  return tile("Dead letters", count(all), "", all > 0 ? `${count(lately)} in the ${span}` : "none since the start", table, more);
}

function total(values) {
  return values.reduce((sum, value) => sum + value, 0);
}

function mean(values) {
  return values.length > 0 ? total(values) / values.length : 0;
}
