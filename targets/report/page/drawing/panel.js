// The panel below a histogram: pulls of a fit, or data divided by simulation.

const LEAST_PULL = 3.5;

/** How far each bin lies from the fit, in standard deviations; the values are those of the figures of the scan. */
class PullPanel {
  constructor(bins, scan) {
    Object.assign(this, { bins, scan, title: "Pull [σ]", line: 0 });
    const largest = bins.values.reduce((most, pull) => Math.max(most, Math.abs(pull)), 0);
    const end = Math.max(LEAST_PULL, 1.15 * largest);
    this.range = [-end, end];
  }

  shapes(at) {
    const [first, last] = this.bins.inView(at.view);
    const window = windowOf(at, this.scan);
    if (last <= first) return window;
    const d = stairs({ ...at, base: at.y(0) }, this.bins, first, last);
    return [...window, shape("path", { class: "pull", d })];
  }
}

/** Data divided by simulation, as the figures show it: what lies beyond the axis is an arrow at its end. */
class RatioPanel {
  constructor(data, total, errors) {
    Object.assign(this, { data, total, errors, title: "data / sim.", line: 1 });
    const ratio = (count, expected) => (count > 0 && expected > 0 ? count / expected : null);
    this.ratios = data.values.map((count, bin) => ratio(count, total.values[bin]));
    this.range = [0, ratioEnd(this.ratios.filter((ratio) => ratio !== null))];
  }

  shapes(at) {
    const [first, last] = this.data.inView(at.view);
    const share = this.errors.map((error, bin) => (this.total.values[bin] > 0 ? error / this.total.values[bin] : 0));
    const [lower, upper] = [share.map((error) => 1 - error), share.map((error) => 1 + error)];
    const band = shape("path", { class: "band", d: between(at, this.data, lower, upper, first, last) });
    const divided = this.data.scaled((bin) => (this.ratios[bin] === null ? null : 1 / this.total.values[bin]));
    const arrows = [];
    for (let bin = first; bin < last; bin += 1) {
      if (this.ratios[bin] > this.range[1]) arrows.push(arrow(at.x(this.data.middle(bin)), at.y(this.range[1])));
    }
    return [band, ...errorBars(at, divided, "point", true), ...arrows];
  }
}

/** An arrow upwards: there is more beyond. */
function arrow(x, y) {
  return shape("path", { class: "beyond", d: `M${x},${y + 1}l-4,7h8z` });
}

/** The end of the axis of ratios: 2, unless data and simulation differ by far more than their errors. */
function ratioEnd(ratios) {
  const sorted = [...ratios].sort((one, other) => one - other);
  const half = Math.floor(sorted.length / 2);
  const typical = !sorted.length ? 1 : sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
  if (0.4 <= typical && typical <= 1.6) return 2;
  const scale = 10 ** Math.floor(Math.log10(2 * typical));
  return Math.ceil((2 * typical) / scale) * scale;
}

/** Shade the most significant window of a scan. */
function windowOf(at, scan) {
  if (!scan || scan.low_gev === null) return [];
  const [from, to] = [at.x(scan.low_gev), at.x(scan.high_gev)];
  return [shape("rect", { class: "window", x: from, y: at.top, width: to - from, height: at.bottom - at.top })];
}
