// One histogram: its bins, what was removed in grey behind them, the fit of the scan, and the pulls below.

const MUCH_HIGHER = 10; // times the histogram: what was removed then wants a logarithmic axis

class Single {
  /** @param row the row; showBefore: whether what was removed is drawn. */
  constructor(row, showBefore) {
    const { histogram } = row;
    Object.assign(this, { row, histogram, bins: new Bins(histogram), finest: histogram.width_gev });
    this.title = titleOf(row);
    this.words = wordsOf(row);
    this.label = `Invariant mass of ${row.combination}, ${number(row.entries)} entries`;
    this.perBin = saysPer(histogram);
    this.whole = !histogram.errors;
    const { outliers_from_gev: split, fit } = histogram;
    this.scan = histogram.scan?.global_p === null ? null : histogram.scan; // only what is ranked has a window
    const main = split === null ? this.bins.length : Math.ceil(this.bins.grid.place(split) - ROUNDING);
    this.main = Math.min(Math.max(main, 0), this.bins.length);
    this.fit = fit && new Bins(histogram, fit.expected, fit.expected.map(() => 0));
    this.panel = fit ? new PullPanel(new Bins(histogram, fit.pulls), this.scan) : null;
    this.before = showBefore && histogram.before ? new Bins({ ...histogram, start_gev: 0 }, histogram.before) : null;
    this.removed = this.before ? Math.round(this.bins.low(0) / histogram.width_gev) : 0; // bins before the first
    this.marks = this.before ?? this.bins;
    this.full = this.range();
  }

  range() {
    const low = Math.min(this.bins.low(0), this.row.turnOn, this.before?.firstFilled() ?? Infinity);
    const high = Math.max(this.bins.end, this.before?.end ?? 0);
    const edge = 0.03 * (high - low);
    return { low: Math.max(0, low - edge), high: high + edge };
  }

  /** Whether a linear axis would hide the histogram below what was removed. */
  get prefersLog() {
    const highest = (bins) => bins.reach(this.full, false)[1];
    return this.before !== null && highest(this.before) > MUCH_HIGHER * highest(this.bins);
  }

  reach(view) {
    const all = [this.bins.reach(view), this.before?.reach(view, false), this.fit?.reach(view, false)].filter(Boolean);
    return [Math.min(...all.map(([low]) => low)), Math.max(...all.map(([, high]) => high))];
  }

  lowest(view) {
    return this.bins.lowestAboveZero(view);
  }

  shapes(at) {
    const [first, last] = this.bins.inView(at.view);
    const split = Math.min(Math.max(this.main, first), last);
    const path = (style, d) => shape("path", { class: style, d });
    const made = [...this.gaps(at), ...windowOf(at, this.scan)];
    if (this.before) made.push(path("before", stairs(at, this.before, ...this.before.inView(at.view))));
    if (split > first) made.push(path("main", stairs(at, this.bins, first, split)));
    if (last > split) made.push(path("outliers", stairs(at, this.bins, split, last)));
    made.push(...errorBars(at, this.bins, "error"));
    const [fitFirst, fitLast] = this.fit?.inView(at.view) ?? [0, 0];
    if (fitLast > fitFirst) made.push(path("fit", topLine(at, this.fit, fitFirst, fitLast)));
    return made;
  }

  /** What lies above the mark of a bin. */
  lines(at) {
    const { outliers_from_gev: split } = this.histogram;
    return [upright(at, this.row.turnOn, "turn-on"), ...(split === null ? [] : [upright(at, split, "split")])];
  }

  gaps(at) {
    return (this.histogram.cut.vetoed_gev ?? []).map(([low, high]) => {
      const [x, width] = [at.x(low), at.x(high) - at.x(low)];
      return shape("rect", { class: "gap", x, width, y: at.top, height: at.bottom - at.top });
    });
  }

  says(mark) {
    const bin = mark - this.removed;
    const value = this.bins.values[bin] ?? 0;
    const inside = bin >= 0 && bin < this.bins.length;
    const part = !inside ? "removed" : bin < this.main ? "main" : "outliers";
    const all = this.before?.values[mark] ?? value;
    const before = all === value ? "" : `, ${number(all)} before removal`;
    const error = this.bins.errors && inside ? ` ± ${number(this.bins.errors[bin], 2)}` : "";
    const expected = this.fit && inside && bin < this.fit.length ? `; ${number(this.fit.values[bin], 4)} expected` : "";
    const pull = expected && `, pull ${this.panel.bins.values[bin].toFixed(1)} σ`;
    return `${saysEdges(this.marks, mark)}: ${number(value, 5)}${error} events, ${part}${before}${expected}${pull}`;
  }

  legend() {
    const { cut, fit } = this.histogram;
    const { scan } = this;
    const legend = [
      legendEntry("main", `main: ${number(cut.main)}`),
      legendEntry("turn-on", `turn-on: ${number(this.row.turnOn)} GeV`),
    ];
    if (this.row.outliers !== null) {
      legend.push(legendEntry("outliers", `outliers: ${number(cut.outliers)}`));
      legend.push(legendEntry("split", `outliers start: ${number(this.row.outliers)} GeV`));
    }
    for (const [low, high] of cut.vetoed_gev ?? []) {
      legend.push(legendEntry("gap", `vetoed: ${number(low)} to ${number(high)} GeV`));
    }
    if (this.before) {
      const all = sum(this.before.values);
      const text = this.bins.errors ? `${number(all, 4)} expected events` : number(all);
      legend.push(legendEntry("before", `before removal: ${text}`));
    }
    if (fit) legend.push(legendEntry("fit", `smooth background${fit.pseudo_data ? ", fitted to pseudo-data" : ""}`));
    if (scan && scan.low_gev !== null) {
      const [low, high] = [number(scan.low_gev), number(scan.high_gev)];
      const text = `most significant window: ${low} to ${high} GeV, local ${scan.local_significance.toFixed(1)} σ`;
      legend.push(legendEntry("window", text));
    }
    return legend;
  }

  details() {
    const { cut, width_gev: width, edges_gev: edges, rejection } = this.histogram;
    const bins = edges ? `by resolution, the first of ${number(width)} GeV` : `of ${number(width)} GeV`;
    const trimmed = cut.main + (this.row.outliers === null ? 0 : cut.outliers) - this.row.entries;
    return [
      ["Entries", number(this.row.entries)],
      ["Bins", `${number(this.row.bins)} ${bins}`],
      ["Range", `${number(this.row.low)} to ${number(this.row.high)} GeV`],
      ["Removed below the turn-on", number(cut.below)],
      ...(trimmed > 0 ? [["Between turn-on and first bin", number(trimmed)]] : []),
      ["Removed in windows of known resonances", number(cut.window)],
      ["Removed above the largest mass", number(cut.above)],
      ["BumpNet's loader", rejection === null ? "accepts it" : `drops it: ${rejection}`],
    ];
  }

  csv() {
    const bins = this.bins.values.map((count, bin) => [...edgesOf(this.bins, bin), count]);
    return [["low_gev", "high_gev", "entries"], ...bins];
  }
}

/** The edges of a bin as files have them: sums of floats are rounded. */
function edgesOf(bins, bin) {
  return [bin, bin + 1].map((edge) => Number(bins.low(edge).toPrecision(12)));
}

function upright(at, mass, style) {
  const place = at.x(mass);
  return shape("line", { class: style, x1: place, x2: place, y1: at.top, y2: at.bottom });
}

/** Name a row where people read it. */
function titleOf({ combination, state, dataset }) {
  return `${combination} in ${state}, ${dataset}`;
}
