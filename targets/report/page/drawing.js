// One histogram, drawn as SVG when it is asked for.

const MARGIN = { left: 68, right: 14, top: 12, bottom: 46 };
const NARROW_PX = 520;
const LEAST_BINS = 4; // closer than this there is nothing to see
const ROUNDING = 1e-9; // of a bin: edges are sums of floats

class Drawing {
  constructor() {
    Object.assign(this, { histogram: null, view: null, log: false, marked: null });
    this.svg = shape("svg", { tabindex: 0, role: "img", class: "histogram" });
    byId("canvas").append(this.svg);
    byId("scale").addEventListener("click", () => this.turnScale());
    new ResizeObserver(() => this.draw()).observe(byId("canvas"));
    new Zoom(this);
  }

  /** Draw the histogram of a row, or say why there is none. */
  show(row) {
    Object.assign(this, { row, histogram: row.histogram });
    if (row.histogram) byId("link").setAttribute("href", fragmentOf(row));
    byId("drawing").hidden = false;
    byId("drawing").classList.toggle("empty", !row.histogram);
    byId("drawing-title").textContent = `${row.combination} in ${row.state}, ${row.dataset}`;
    byId("drawing-words").textContent = wordsOf(row);
    byId("readout").textContent = row.histogram ? "" : row.says;
    byId("legend").replaceChildren();
    byId("details").replaceChildren();
    if (!row.histogram) return this.svg.replaceChildren();
    this.prepare(row);
  }

  prepare(row) {
    const { start_gev: start, counts, outliers_from_gev: split } = row.histogram;
    this.grid = gridOf(row.histogram);
    const bins = split === null ? counts.length : Math.ceil(this.grid.place(split) - ROUNDING);
    this.main = Math.min(Math.max(bins, 0), counts.length);
    this.end = this.low(counts.length);
    this.turnOn = row.turnOn;
    const low = Math.min(start, this.turnOn);
    const edge = 0.03 * (this.end - low);
    this.full = { low: Math.max(0, low - edge), high: this.end + edge };
    this.svg.setAttribute("aria-label", `Invariant mass of ${row.combination}, ${number(row.entries)} entries`);
    this.describe(row);
    this.reset();
  }

  reset() {
    this.marked = null;
    this.look(this.full.low, this.full.high);
  }

  /** Look at a part of the range, in GeV; gives whether that changed anything. */
  look(low, high) {
    const whole = this.full.high - this.full.low;
    const wide = Math.min(Math.max(high - low, Math.min(LEAST_BINS * this.histogram.width_gev, whole)), whole);
    const begin = Math.min(Math.max(low, this.full.low), this.full.high - wide);
    const changed = !this.view || this.view.low !== begin || this.view.high !== begin + wide;
    this.view = { low: begin, high: begin + wide };
    this.draw();
    return changed;
  }

  turnScale() {
    this.log = !this.log;
    byId("scale").setAttribute("aria-pressed", this.log);
    this.draw();
  }

  /** Number the bins in view: the first, and the first after the last. */
  inView() {
    const { counts } = this.histogram;
    const { place } = this.grid;
    const first = Math.min(Math.max(Math.floor(place(this.view.low) + ROUNDING), 0), counts.length);
    return [first, Math.max(first, Math.min(Math.ceil(place(this.view.high) - ROUNDING), counts.length))];
  }

  low(bin) {
    return this.grid.low(bin);
  }

  draw() {
    const width = byId("canvas").clientWidth;
    if (!this.histogram || !width) return;
    const height = width < NARROW_PX ? 290 : 400;
    this.frame = { left: MARGIN.left, right: width - MARGIN.right, top: MARGIN.top, bottom: height - MARGIN.bottom };
    const [first, last] = this.inView();
    const most = this.histogram.counts.slice(first, last).reduce((one, other) => Math.max(one, other), 1);
    const [, upper] = poissonInterval(most);
    const { left, right, top, bottom } = this.frame;
    this.x = linear(this.view.low, this.view.high, left, right);
    this.range = this.log ? [0.5, Math.max(most * 2, upper)] : [0, Math.max(most * 1.08, upper * 1.02)];
    this.y = (this.log ? logarithmic : linear)(...this.range, bottom, top);
    for (const [name, value] of Object.entries({ width, height, viewBox: `0 0 ${width} ${height}` })) {
      this.svg.setAttribute(name, value);
    }
    this.svg.replaceChildren(this.clip(), ...this.axes(), this.inside(first, last), this.border());
    this.highlight();
  }

  clip() {
    return shape("clipPath", { id: "clip" }, this.box({}));
  }

  border() {
    return this.box({ class: "border" });
  }

  box(attributes) {
    const { left, right, top, bottom } = this.frame;
    return shape("rect", { x: left, y: top, width: right - left, height: bottom - top, ...attributes });
  }

  inside(first, last) {
    const split = Math.min(Math.max(this.main, first), last);
    const group = shape("g", { "clip-path": "url(#clip)" }, ...this.gaps());
    if (split > first) group.append(shape("path", { class: "main", d: this.stairs(first, split) }));
    if (last > split) group.append(shape("path", { class: "outliers", d: this.stairs(split, last) }));
    group.append(...this.errors(first, last));
    this.marker = shape("rect", { class: "marker", y: this.frame.top, height: this.frame.bottom - this.frame.top });
    group.append(this.marker, this.upright(this.turnOn, "turn-on"));
    const split_gev = this.histogram.outliers_from_gev;
    if (split_gev !== null) group.append(this.upright(split_gev, "split"));
    return group;
  }

  stairs(first, last) {
    let path = `M${this.x(this.low(first))},${this.frame.bottom}`;
    for (let bin = first; bin < last; bin += 1) {
      path += `V${this.y(this.histogram.counts[bin])}H${this.x(this.low(bin + 1))}`;
    }
    return `${path}V${this.frame.bottom}Z`;
  }

  /** The error bar of each bin that is not empty. */
  errors(first, last) {
    const bars = [];
    for (let bin = first; bin < last; bin += 1) {
      const count = this.histogram.counts[bin];
      if (!count) continue;
      const [low, high] = poissonInterval(count);
      const middle = this.x((this.low(bin) + this.low(bin + 1)) / 2);
      bars.push(shape("line", { class: "error", x1: middle, x2: middle, y1: this.y(low), y2: this.y(high) }));
    }
    return bars;
  }

  upright(mass, style) {
    const place = this.x(mass);
    return shape("line", { class: style, x1: place, x2: place, y1: this.frame.top, y2: this.frame.bottom });
  }

  gaps() {
    return (this.histogram.cut.vetoed_gev ?? []).map(([low, high]) => {
      const [from, to] = [this.x(low), this.x(high)];
      return this.box({ class: "gap", x: from, width: to - from });
    });
  }

  axes() {
    const { left, right, top, bottom } = this.frame;
    const across = ticks(this.view.low, this.view.high, Math.max(3, (right - left) / 75));
    const up = this.log ? decades(...this.range) : ticks(...this.range, 6, true);
    const column = (value) => this.tick(value, "x", { x: this.x(value), y: bottom + 17 }, [0, bottom - top]);
    const row = (value) => this.tick(value, "y", { x: left - 7, y: this.y(value) + 4 }, [right - left, 0]);
    const middle = (top + bottom) / 2;
    const label = this.histogram.edges_gev ? "Events / bin" : `Events / ${number(this.histogram.width_gev)} GeV`;
    const turned = { class: "label", transform: `translate(14 ${middle}) rotate(-90)`, "text-anchor": "middle" };
    return [
      ...across.map(column),
      ...up.map(row),
      shape("text", { class: "label", x: right, y: bottom + 38, "text-anchor": "end" }, "Invariant mass [GeV]"),
      shape("text", turned, label),
    ];
  }

  tick(value, axis, place, [across, up]) {
    const text = shape("text", { ...place, "text-anchor": axis === "x" ? "middle" : "end" }, number(value, 8));
    const at = axis === "x" ? [this.x(value), this.frame.bottom] : [this.frame.left, this.y(value)];
    const line = shape("line", { class: "grid", x1: at[0], y1: at[1], x2: at[0] + across, y2: at[1] - up });
    return shape("g", { class: `tick ${axis}`, "data-at": axis === "x" ? at[0] : at[1] }, line, text);
  }

  /** Mark a bin and say what is in it. */
  mark(bin) {
    const { counts } = this.histogram;
    this.marked = bin === null ? null : Math.min(Math.max(bin, 0), counts.length - 1);
    this.highlight();
    byId("readout").textContent = this.marked === null ? "" : this.says(this.marked);
  }

  says(bin) {
    const edges = `${number(this.low(bin), 8)} ≤ m < ${number(this.low(bin + 1), 8)} GeV`;
    return `${edges}: ${number(this.histogram.counts[bin])} events, ${bin < this.main ? "main" : "outliers"}`;
  }

  highlight() {
    const hidden = this.marked === null;
    this.marker.setAttribute("visibility", hidden ? "hidden" : "visible");
    if (hidden) return;
    const [from, to] = [this.x(this.low(this.marked)), this.x(this.low(this.marked + 1))];
    this.marker.setAttribute("x", from);
    this.marker.setAttribute("width", Math.max(1, to - from));
  }

  describe(row) {
    const { cut, width_gev: width, edges_gev: edges, rejection } = row.histogram;
    const bins = edges ? `by resolution, the first of ${number(width)} GeV` : `of ${number(width)} GeV`;
    const entry = (style, text) => element("li", {}, element("span", { class: `key ${style}` }), ` ${text}`);
    const turnOn = entry("turn-on", `turn-on: ${number(this.turnOn)} GeV`);
    const legend = [entry("main", `main: ${number(cut.main)}`), turnOn];
    if (row.outliers !== null) {
      legend.push(entry("outliers", `outliers: ${number(cut.outliers)}`));
      legend.push(entry("split", `outliers start: ${number(row.outliers)} GeV`));
    }
    for (const [low, high] of cut.vetoed_gev ?? []) {
      legend.push(entry("gap", `vetoed: ${number(low)} to ${number(high)} GeV`));
    }
    byId("legend").replaceChildren(...legend);
    const facts = [
      ["Entries", number(row.entries)],
      ["Bins", `${number(row.bins)} ${bins}`],
      ["Range", `${number(row.low)} to ${number(row.high)} GeV`],
      ["Removed below the turn-on", number(cut.below)],
      ["Removed in windows of known resonances", number(cut.window)],
      ["Removed above the largest mass", number(cut.above)],
      ["BumpNet's loader", rejection === null ? "accepts it" : `drops it: ${rejection}`],
    ];
    const made = facts.flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, value)]);
    byId("details").replaceChildren(...made);
  }
}
