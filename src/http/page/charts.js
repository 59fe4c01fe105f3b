// Small pictures. Each says in words what it shows; polarity is told by direction, not by colour alone.

import { svg } from "./dom.js";

const WIDTH = 240;

// Lines over time. `lines`: [{ values, kind }], null where nothing is known. `slots`: values that fit; the newest stands at
// the right. The scale begins at 0.
export function sparkline(lines, slots, label, height = 44) {
  const known = lines.flatMap(({ values }) => values).filter((value) => value !== null);
  const top = Math.max(...known, 1e-9);
  const x = (index, length) => WIDTH - ((length - 1 - index) / Math.max(slots - 1, 1)) * WIDTH;
  const y = (value) => height - 2 - (value / top) * (height - 6);
  const picture = frame(height, label);
  picture.append(svg("line", { class: "base", x1: 0, x2: WIDTH, y1: height - 1.5, y2: height - 1.5 }));
  for (const { values, kind } of lines) {
    const runs = stretches(values);
    for (const run of runs) {
      const points = run.map(({ index, value }) => `${x(index, values.length).toFixed(1)},${y(value).toFixed(1)}`);
      if (kind === "main") {
        const [from, to] = [points[0].split(",")[0], points.at(-1).split(",")[0]];
        picture.append(svg("polygon", { class: "area", points: `${from},${height - 1.5} ${points.join(" ")} ${to},${height - 1.5}` }));
      }
      picture.append(svg("polyline", { class: `line ${kind}`, points: points.join(" ") }));
    }
    const last = values.at(-1);
    if (last !== null && last !== undefined) {
      picture.append(svg("circle", { class: `end ${kind}`, cx: WIDTH - 2.5, cy: y(last), r: 2.5 }));
    }
  }
  return picture;
}

// The parts of a line without a gap.
function stretches(values) {
  const runs = [];
  values.forEach((value, index) => {
    if (value === null) return;
    if (index === 0 || values[index - 1] === null) runs.push([]);
    runs.at(-1).push({ index, value });
  });
  return runs;
}

// Verdicts over time: positive above the line, negative below it, neutral as a bar across it. `first`: the slot at the
// left edge, of so many slots.
export function verdictsOverTime(points, { first, slots }, label, height = 30) {
  const picture = frame(height, label);
  const middle = height / 2;
  const most = Math.max(1, ...points.map(([, positive, , negative]) => Math.max(positive, negative)));
  const step = WIDTH / (slots - first);
  const size = (number) => (number === 0 ? 0 : Math.max(2.5, (number / most) * (middle - 3)));
  picture.append(svg("line", { class: "base", x1: 0, x2: WIDTH, y1: middle, y2: middle }));
  for (const [slot, positive, neutral, negative] of points) {
    const [x, width] = [((slot - first) * step + step * 0.08).toFixed(2), (step * 0.84).toFixed(2)];
    const bar = (kind, y, tall) => picture.append(svg("rect", { class: kind, x, width, y, height: tall, rx: 0.8 }));
    if (neutral > 0) bar("neutral", middle - 1.5, 3);
    if (positive > 0) bar("positive", middle - 1.5 - size(positive), size(positive));
    if (negative > 0) bar("negative", middle + 1.5, size(negative));
  }
  return picture;
}

// Shares in one bar, in the order that they are given.
export function shares(parts, label, height = 8) {
  const all = parts.reduce((sum, { value }) => sum + value, 0);
  const picture = frame(height, label);
  picture.classList.add("shares");
  let x = 0;
  for (const { value, kind } of parts) {
    const width = all > 0 ? (value / all) * WIDTH : 0;
    if (width > 0) picture.append(svg("rect", { class: kind, x: x.toFixed(2), width: Math.max(width - 1.5, 1).toFixed(2), y: 0, height, rx: 1 }));
    x += width;
  }
  return picture;
}

function frame(height, label) {
  return svg("svg", { class: "picture", viewBox: `0 0 ${WIDTH} ${height}`, preserveAspectRatio: "none", role: "img", "aria-label": label });
}
