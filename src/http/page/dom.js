// Elements and words. Texts become text nodes and nothing else: they come from articles, which nobody vouches for.

const SVG = "http://www.w3.org/2000/svg";

// attributes: `class`, any attribute by its name, and functions for `on...` events. Children: nodes and texts.
export function el(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

export function svg(tag, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on") && typeof value === "function") {
      element.addEventListener(name.slice(2), value);
    } else if (value === true) {
      element.setAttribute(name, "");
    } else if (value !== false && value !== null && value !== undefined) {
      element.setAttribute(name, String(value));
    }
  }
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
  return element;
}

export const find = (id) => document.getElementById(id);

export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

// Says something to screen readers, once.
export function announce(text) {
  setText(find("announce"), text);
}

export function hidden(text) {
  return el("span", { class: "hidden" }, text);
}

const short = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });
const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const clock = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });

export function count(value) {
  return value < 10_000 ? whole.format(value) : short.format(value);
}

export function rate(value) {
  if (value >= 100) return count(value);
  return value >= 10 ? value.toFixed(1) : value.toFixed(2).replace(/\.00$/, "");
}

export function duration(seconds) {
  if (seconds === null || seconds === undefined) return "–";
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 100) return `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86_400)} days`;
}

export function ago(seconds) {
  if (seconds < 5) return "just now";
  return seconds < 100 ? `${Math.round(seconds)} s ago` : `${duration(seconds)} ago`;
}

export function moment(at) {
  return clock.format(new Date(at * 1000));
}

export function plural(number, one, many = `${one}s`) {
  return `${count(number)} ${number === 1 ? one : many}`;
}

// A minus as wide as the plus.
export function signed(value) {
  const size = Math.abs(value).toFixed(2);
  if (size === "0.00") return "0.00";
  return (value > 0 ? "+" : "−") + size;
}

export const SIGN = { positive: "+", neutral: "·", negative: "−" };
