// The drawing of what was chosen, as SVG: frame, axes, the part in view, the mark. What stands in the frame is made by
// a content: Single, Overlay or OverSimulation.

const MARGIN = { left: 68, right: 14, top: 12, bottom: 46 };
const NARROW_PX = 520;
const PANEL_PX = { narrow: 80, wide: 105 };
const PANEL_GAP_PX = 12;
const LOWEST_SHARE = 1e-5; // of the highest bin: what is shown of weighted simulation on a logarithmic axis
const LEAST_BINS = 4; // closer than this there is nothing to see

class Drawing {
  constructor() {
    Object.assign(this, { row: null, second: null, content: null, view: null, log: null, marked: null });
    this.shown = { before: true, simulation: false, area: false };
    this.svg = shape("svg", { tabindex: 0, role: "img", class: "histogram" });
    byId("canvas").append(this.svg);
    byId("scale").addEventListener("click", () => this.turnScale());
    for (const name of Object.keys(this.shown)) byId(name).addEventListener("click", () => this.turn(name));
    new ResizeObserver(() => this.draw()).observe(byId("canvas"));
    new Zoom(this);
  }

  /** Draw the histogram of a row, and that of a second one over it; or say why there is none. */
  show(row, second = null) {
    Object.assign(this, { row, second });
    byId("drawing").hidden = false;
    byId("drawing").classList.toggle("empty", !row.histogram);
    if (row.histogram) byId("link").setAttribute("href", fragmentOf(row, second));
    byId("readout").textContent = row.histogram ? "" : row.says;
    this.fill();
    if (this.content) this.reset();
  }

  /** Make the content anew, and write what stands around it. */
  fill() {
    const { row, second, shown } = this;
    const { before, simulation } = row.histogram ?? {};
    byId("before").hidden = !before || Boolean(second) || (Boolean(simulation) && shown.simulation);
    byId("simulation").hidden = !simulation || Boolean(second);
    byId("area").hidden = !second;
    for (const [name, pressed] of Object.entries(shown)) byId(name).setAttribute("aria-pressed", pressed);
    if (!row.histogram) this.content = null;
    else if (second) this.content = new Overlay([row, second], shown.area);
    else if (simulation && shown.simulation) this.content = new OverSimulation(row);
    else this.content = new Single(row, shown.before);
    byId("drawing-title").textContent = this.content?.title ?? titleOf(row);
    byId("drawing-words").textContent = this.content?.words ?? wordsOf(row);
    byId("legend").replaceChildren(...(this.content?.legend() ?? []));
    const facts = (this.content?.details() ?? []).flatMap(([name, value]) => [
      element("dt", {}, name), element("dd", {}, value),
    ]);
    byId("details").replaceChildren(...facts);
    if (!this.content) this.svg.replaceChildren();
    else this.svg.setAttribute("aria-label", this.content.label);
  }

  /** Show or hide what was removed, simulation, or the second histogram with the area of the first. */
  turn(name) {
    this.shown[name] = !this.shown[name];
    this.fill();
    this.reset();
  }

  reset() {
    this.marked = null;
    this.look(this.content.full.low, this.content.full.high);
  }

  /** Look at a part of the range, in GeV; gives whether that changed anything. */
  look(low, high) {
    const { full, finest } = this.content;
    const whole = full.high - full.low;
    const wide = Math.min(Math.max(high - low, Math.min(LEAST_BINS * finest, whole)), whole);
    const begin = Math.min(Math.max(low, full.low), full.high - wide);
    const changed = !this.view || this.view.low !== begin || this.view.high !== begin + wide;
    this.view = { low: begin, high: begin + wide };
    this.draw();
    return changed;
  }

  /** Whether the axis is logarithmic: as somebody chose it, and until then as the content is seen best. */
  get isLog() {
    return this.log ?? this.content.prefersLog;
  }

  turnScale() {
    this.log = !this.isLog;
    this.draw();
  }

  draw() {
    const width = byId("canvas").clientWidth;
    if (!this.content || !width) return;
    const narrow = width < NARROW_PX;
    const { panel } = this.content;
    const panelHeight = narrow ? PANEL_PX.narrow : PANEL_PX.wide;
    const height = (narrow ? 290 : 400) + (panel ? panelHeight : 0);
    const ends = { left: MARGIN.left, right: width - MARGIN.right };
    const end = height - MARGIN.bottom;
    this.x = linear(this.view.low, this.view.high, ends.left, ends.right);
    const bottom = panel ? end - panelHeight + PANEL_GAP_PX : end;
    this.frame = { ...ends, top: MARGIN.top, bottom: panel ? bottom - PANEL_GAP_PX : end, end };
    const upper = this.upper();
    const lower = panel && this.lower(panel, end - panelHeight + PANEL_GAP_PX, end);
    byId("scale").setAttribute("aria-pressed", this.isLog);
    for (const [name, value] of Object.entries({ width, height, viewBox: `0 0 ${width} ${height}` })) {
      this.svg.setAttribute(name, value);
    }
    this.svg.replaceChildren(hatch(), ...upper, ...(lower ?? []), ...this.axis());
    this.highlight();
  }

  /** The frame of the histogram and what stands in it. */
  upper() {
    const { left, right, top, bottom } = this.frame;
    const [lowest, highest] = this.content.reach(this.view);
    const most = highest || 1;
    const least = 0.5 * Math.max(Math.min(this.content.lowest(this.view), 1), LOWEST_SHARE * most);
    this.range = this.isLog ? [least, most * 2] : [lowest * 1.05, most * 1.06];
    this.y = (this.isLog ? logarithmic : linear)(...this.range, bottom, top);
    const at = { x: this.x, y: this.y, top, bottom, base: this.isLog ? bottom : this.y(0), view: this.view };
    const up = this.isLog ? decades(...this.range) : ticks(...this.range, 6, this.content.whole);
    const line = (value) => this.level(value, "y", this.y(value));
    this.marker = shape("rect", { class: "marker", y: top, height: this.frame.end - top });
    const inside = shape("g", { "clip-path": "url(#clip)" }, ...this.content.shapes(at), ...this.content.lines(at));
    return [
      shape("clipPath", { id: "clip" }, box({ left, right, top, bottom })),
      ...up.map(line),
      this.turned(this.content.perBin, (top + bottom) / 2),
      inside,
      this.marker,
      box({ left, right, top, bottom }, { class: "border" }),
    ];
  }

  /** The panel below it. */
  lower(panel, top, bottom) {
    const { left, right } = this.frame;
    const y = linear(...panel.range, bottom, top);
    const at = { x: this.x, y, top, bottom, view: this.view };
    const line = (value) => this.level(value, "panel", y(value));
    const middle = shape("line", { class: "middle", x1: left, x2: right, y1: y(panel.line), y2: y(panel.line) });
    return [
      shape("clipPath", { id: "clip-panel" }, box({ left, right, top, bottom })),
      ...ticks(...panel.range, 4).map(line),
      this.turned(panel.title, (top + bottom) / 2),
      shape("g", { "clip-path": "url(#clip-panel)" }, ...panel.shapes(at), middle),
      box({ left, right, top, bottom }, { class: "panel-border" }),
    ];
  }

  turned(text, middle) {
    const place = { transform: `translate(14 ${middle}) rotate(-90)`, "text-anchor": "middle" };
    return shape("text", { class: "label", ...place }, text);
  }

  /** The axis of masses, below all panels. */
  axis() {
    const { left, right, top, end } = this.frame;
    const across = ticks(this.view.low, this.view.high, Math.max(4, (right - left) / 75));
    const column = (value) =>
      this.tick(value, "x", { x: this.x(value), y: end + 17 }, [this.x(value), end], [0, end - top]);
    const place = { x: right, y: end + 38, "text-anchor": "end" };
    return [...across.map(column), shape("text", { class: "label", ...place }, "Invariant mass [GeV]")];
  }

  /** A tick at the left of a panel, and its line. */
  level(value, axis, y) {
    const { left, right } = this.frame;
    return this.tick(value, axis, { x: left - 7, y: y + 4 }, [left, y], [right - left, 0]);
  }

  tick(value, axis, place, [x, y], [across, up]) {
    const text = shape("text", { ...place, "text-anchor": axis === "x" ? "middle" : "end" }, number(value, 8));
    const line = shape("line", { class: "grid", x1: x, y1: y, x2: x + across, y2: y - up });
    return shape("g", { class: `tick ${axis}`, "data-at": axis === "x" ? x : y }, line, text);
  }

  /** Mark a bin and say what is in it. */
  mark(bin) {
    this.marked = bin === null ? null : Math.min(Math.max(bin, 0), this.content.marks.length - 1);
    this.highlight();
    byId("readout").textContent = this.marked === null ? "" : this.content.says(this.marked);
  }

  highlight() {
    const hidden = this.marked === null;
    this.marker.setAttribute("visibility", hidden ? "hidden" : "visible");
    if (hidden) return;
    const { marks } = this.content;
    const ends = [this.x(marks.low(this.marked)), this.x(marks.low(this.marked + 1))];
    const [from, to] = ends.map((place) => Math.min(Math.max(place, this.frame.left), this.frame.right));
    this.marker.setAttribute("x", from);
    this.marker.setAttribute("width", Math.max(1, to - from));
  }
}

function box({ left, right, top, bottom }, attributes = {}) {
  return shape("rect", { x: left, y: top, width: right - left, height: bottom - top, ...attributes });
}

/** The pattern of bands. */
function hatch() {
  const line = shape("line", { class: "hatching", x1: 0, y1: 6, x2: 6, y2: 0 });
  return shape("pattern", { id: "hatch", width: 6, height: 6, patternUnits: "userSpaceOnUse" }, line);
}
