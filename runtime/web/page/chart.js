// A line over the last two minutes: the mean of each half second, with a band up to the longest.

const SPAN_S = 120;
const GAP_S = 2.5; // without points for longer, the line is broken
const EDGE = { left: 44, right: 10, top: 12, bottom: 24 };

function make(name, attributes, text) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (text !== undefined) element.textContent = text;
  return element;
}

// The least of 1, 2, 5, 10, ... of which so many make up the highest value.
function niceStep(highest, count) {
  const rough = Math.max(highest, 1e-3) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  return [1, 2, 5, 10].map((one) => one * power).find((step) => step >= rough * 0.999);
}

export function format(milliseconds) {
  if (milliseconds < 10) return milliseconds.toFixed(2);
  return milliseconds < 100 ? milliseconds.toFixed(1) : milliseconds.toFixed(0);
}

export class Chart {
  constructor(plot, readout, name, mean, longest) {
    Object.assign(this, { plot, readout, name, mean, longest });
    this.points = [];
    this.nowS = 0;
    this.chosen = null; // the point under the pointer, by its time
    this.svg = make("svg", { "aria-hidden": "true" });
    plot.append(this.svg);
    const choose = (event) => this.choose(event.clientX);
    plot.addEventListener("pointermove", choose);
    plot.addEventListener("pointerdown", choose);
    plot.addEventListener("pointerleave", (event) => {
      if (event.pointerType === "mouse") this.choose(null); // a finger is lifted to read
    });
    plot.addEventListener("blur", () => this.choose(null));
    plot.addEventListener("keydown", (event) => this.step(event));
    new ResizeObserver(() => this.draw()).observe(plot);
  }

  update(points, nowS) {
    this.points = points.filter((one) => one.at_s >= nowS - SPAN_S);
    this.nowS = nowS;
    this.draw();
  }

  choose(clientX) {
    this.chosen = null;
    if (clientX !== null && this.points.length) {
      const x = clientX - this.plot.getBoundingClientRect().left;
      const away = (one) => Math.abs(this.x(one.at_s) - x);
      this.chosen = this.points.reduce((a, b) => (away(b) < away(a) ? b : a)).at_s;
    }
    this.draw();
  }

  step(event) {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!by || !this.points.length) return;
    event.preventDefault();
    const last = this.points.length - 1;
    const at = this.points.findIndex((one) => one.at_s === this.chosen);
    const next = at < 0 ? last : Math.min(last, Math.max(0, at + by));
    this.chosen = this.points[next].at_s;
    this.draw();
  }

  x(atS) {
    const part = 1 - (this.nowS - atS) / SPAN_S;
    return EDGE.left + part * (this.width - EDGE.left - EDGE.right);
  }

  y(value) {
    const part = Math.min(value / this.top, 1);
    return this.height - EDGE.bottom - part * (this.height - EDGE.top - EDGE.bottom);
  }

  draw() {
    this.width = this.plot.clientWidth;
    this.height = this.plot.clientHeight;
    if (!this.width) return;
    const usual = this.usual() * 1.15;
    const step = niceStep(usual, 4);
    this.top = step * Math.max(1, Math.ceil(usual / step));
    this.svg.setAttribute("viewBox", `0 0 ${this.width} ${this.height}`);
    this.svg.replaceChildren(...this.axes(step), ...this.lines(), ...this.marks(), ...this.marker());
    this.tell();
  }

  // What all but a few don't exceed: a hiccup now and then shall not flatten two minutes.
  usual() {
    const below = (name, part) => {
      const values = this.points.map((one) => one[name]).sort((a, b) => a - b);
      return values[Math.floor((values.length - 1) * part)] ?? 0;
    };
    return Math.max(below(this.longest, 0.9), below(this.mean, 0.99));
  }

  axes(step) {
    const drawn = [];
    const digits = step < 1 ? Math.ceil(-Math.log10(step)) : 0;
    for (let value = 0; value <= this.top + step / 2; value += step) {
      const y = this.y(value);
      const right = this.width - EDGE.right;
      drawn.push(make("line", { class: "grid", x1: EDGE.left, x2: right, y1: y, y2: y }));
      const place = { x: EDGE.left - 9, y: y + 4, "text-anchor": "end" };
      const unit = value + step > this.top + step / 2 ? " ms" : "";
      drawn.push(make("text", place, value.toFixed(digits) + unit));
    }
    for (const ago of [120, 90, 60, 30, 0]) {
      const anchor = ago === 120 ? "start" : ago ? "middle" : "end";
      const place = { x: this.x(this.nowS - ago), y: this.height - 6, "text-anchor": anchor };
      drawn.push(make("text", place, ago ? `−${ago} s` : "now"));
    }
    return drawn;
  }

  // Runs of points without a gap, each with its band.
  lines() {
    const runs = [];
    this.points.forEach((one, place) => {
      const before = this.points[place - 1];
      if (!before || one.at_s - before.at_s > GAP_S) runs.push([]);
      runs.at(-1).push(one);
    });
    return runs.flatMap((run) => {
      const path = (name, points) =>
        points.map((one) => `${this.x(one.at_s).toFixed(1)},${this.y(one[name]).toFixed(1)}`);
      const there = path(this.mean, run);
      const back = path(this.longest, [...run].reverse());
      return [
        make("polygon", { class: "band", points: [...there, ...back].join(" ") }),
        make("polyline", { class: "line", points: there.join(" ") }),
      ];
    });
  }

  // Where the longest is beyond the scale.
  marks() {
    const beyond = this.points.filter((one) => one[this.longest] > this.top);
    return beyond.map((one) => {
      const x = this.x(one.at_s);
      const y = EDGE.top - 3;
      return make("path", { class: "mark", d: `M${x - 3.5} ${y}h7l-3.5 -6z` });
    });
  }

  get shown() {
    return this.points.find((one) => one.at_s === this.chosen) ?? null;
  }

  marker() {
    const point = this.shown;
    if (!point) return [];
    const x = this.x(point.at_s);
    const bottom = this.height - EDGE.bottom;
    return [
      make("line", { class: "hair", x1: x, x2: x, y1: EDGE.top, y2: bottom }),
      make("circle", { class: "dot", cx: x, cy: this.y(point[this.mean]), r: 4.5 }),
    ];
  }

  tell() {
    const point = this.shown ?? this.points.at(-1);
    if (!point) {
      this.plot.setAttribute("aria-label", `${this.name}: nothing yet`);
      return;
    }
    const ago = this.shown ? `${Math.round(this.nowS - point.at_s)} s ago: ` : "";
    const words = `mean ${format(point[this.mean])} ms, longest ${format(point[this.longest])} ms`;
    this.readout.textContent = ago + words;
    this.plot.setAttribute("aria-label", `${this.name}, last two minutes. ${ago}${words}`);
  }
}
