// Where the time goes: shares by kind of layer, after Figure 2 of the ShuffleNet V2 paper, and
// each layer.

const KINDS = ["convolution", "depthwise", "shuffle", "element-wise", "data", "other"];

function percent(share) {
  return `${((share ?? 0) * 100).toFixed(1)} %`;
}

function count(number) {
  if (number === null || number === undefined) return "unknown";
  if (number >= 1e6) return `${(number / 1e6).toFixed(2)} M`;
  return number >= 1e4 ? `${(number / 1e3).toFixed(1)} k` : String(number);
}

function part(name, className, text) {
  const element = document.createElement(name);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
}

function swatch(kind) {
  const made = part("span", "swatch");
  made.dataset.kind = kind;
  return made;
}

function kindRow(kind, total) {
  const row = document.createElement("tr");
  const name = part("td");
  name.append(swatch(kind), kind);
  row.append(
    name,
    part("td", "", (total?.us ?? 0).toFixed(0)),
    part("td", "", percent(total?.share)),
    part("td", "extra", count(total ? total.macs : 0)),
    part("td", "extra", count(total ? total.bytes : 0)),
  );
  return row;
}

function layerRow(layer, largest) {
  const row = document.createElement("tr");
  const name = part("td");
  name.title = `${layer.name}: ${layer.operator}, ${layer.kind}`;
  name.append(swatch(layer.kind), layer.name);
  const share = part("td");
  const meter = part("span", "meter");
  meter.dataset.kind = layer.kind;
  meter.append(part("i"));
  meter.firstChild.style.transform = `scaleX(${largest ? (layer.share ?? 0) / largest : 0})`;
  share.append(meter, percent(layer.share));
  row.append(
    name,
    part("td", "extra word", layer.kind),
    part("td", "", (layer.median_us ?? 0).toFixed(1)),
    share,
    part("td", "", count(layer.macs)),
    part("td", "", count(layer.bytes)),
  );
  return row;
}

export class Layers {
  constructor(byId) {
    this.byId = byId;
    this.profile = null;
    this.segments = KINDS.map((kind) => {
      const made = part("i");
      made.dataset.kind = kind;
      return made;
    });
    byId("shares").append(...this.segments);
    byId("kinds").append(...KINDS.map((kind) => kindRow(kind, null)));
    byId("as-network").addEventListener("click", () => this.order(false));
    byId("heaviest").addEventListener("click", () => this.order(true));
    this.heaviest = false;
  }

  order(heaviest) {
    this.heaviest = heaviest;
    this.byId("as-network").setAttribute("aria-pressed", String(!heaviest));
    this.byId("heaviest").setAttribute("aria-pressed", String(heaviest));
    if (this.profile) this.draw();
  }

  update(profile) {
    this.profile = profile;
    this.draw();
  }

  draw() {
    const { frame, kinds, layers } = this.profile;
    const totals = new Map(kinds.map((one) => [one.kind, one]));
    KINDS.forEach((kind, place) => {
      const share = totals.get(kind)?.share ?? 0;
      this.segments[place].hidden = !share;
      this.segments[place].style.flexGrow = share;
    });
    const said = kinds.map((one) => `${one.kind} ${percent(one.share)}`).join(", ");
    this.byId("shares").setAttribute("aria-label", `Shares of the time: ${said}`);
    this.byId("kinds").replaceChildren(...KINDS.map((kind) => kindRow(kind, totals.get(kind))));
    const shares = layers.map((one) => one.share ?? 0);
    const largest = Math.max(...shares, 0);
    const order = this.heaviest
      ? [...layers].sort((a, b) => (b.share ?? 0) - (a.share ?? 0))
      : layers;
    this.byId("layers").replaceChildren(...order.map((one) => layerRow(one, largest)));
    const whole = kinds.reduce((sum, one) => sum + one.us, 0);
    this.byId("profiled").textContent =
      `Frame ${frame}, ${(whole / 1e3).toFixed(2)} ms with the profiler, which disturbs`;
  }
}
