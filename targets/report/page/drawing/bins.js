// Bins with a value each, and how they are drawn. What is called "at" is where: x and y turn GeV and events into
// pixels, top and bottom are the ends of the panel, base is where areas begin: at 0, or at the lower end of a
// logarithmic axis.

const ROUNDING = 1e-9; // of a bin: edges are sums of floats

class Bins {
  /** @param histogram {start_gev, width_gev, edges_gev}; values: one for each bin; errors: likewise, where counts are
   * weighted: else they have Poisson's. */
  constructor(histogram, values = histogram.counts, errors = histogram.errors) {
    Object.assign(this, { values, errors: errors ?? null, grid: gridOf({ ...histogram, counts: values }) });
    this.length = values.length;
  }

  low(bin) {
    return this.grid.low(bin);
  }

  middle(bin) {
    return (this.low(bin) + this.low(bin + 1)) / 2;
  }

  width(bin) {
    return this.low(bin + 1) - this.low(bin);
  }

  get end() {
    return this.low(this.length);
  }

  /** The low edge of the first bin that holds anything. */
  firstFilled() {
    return this.low(Math.max(this.values.findIndex((value) => value !== 0), 0));
  }

  /** The bin that a mass lies in, or nothing. */
  at(mass) {
    const bin = Math.floor(this.grid.place(mass) + ROUNDING);
    return bin >= 0 && bin < this.length ? bin : null;
  }

  /** Number the bins in view: the first, and the first after the last. */
  inView({ low, high }) {
    const first = Math.min(Math.max(Math.floor(this.grid.place(low) + ROUNDING), 0), this.length);
    return [first, Math.max(first, Math.min(Math.ceil(this.grid.place(high) - ROUNDING), this.length))];
  }

  /** The lowest and the highest point in view, with the error bars if asked. */
  reach(view, withErrors = true) {
    const reach = [0, 0];
    const [first, last] = this.inView(view);
    for (let bin = first; bin < last; bin += 1) {
      const ends = withErrors ? this.interval(bin) ?? [0] : [this.values[bin]];
      reach[0] = Math.min(reach[0], ...ends);
      reach[1] = Math.max(reach[1], ...ends);
    }
    return reach;
  }

  /** The smallest value above 0 in view; Infinity where there is none. */
  lowestAboveZero(view) {
    return Math.min(...this.values.slice(...this.inView(view)).filter((value) => value > 0));
  }

  /** The ends of a bin's error bar; nothing for an empty bin. */
  interval(bin) {
    const value = this.values[bin];
    if (this.errors) return this.errors[bin] ? [value - this.errors[bin], value + this.errors[bin]] : null;
    return value ? poissonInterval(value) : null;
  }

  /** The same bins with other values, each times a factor; without an error bar where the factor is null. */
  scaled(factorOf) {
    const factors = this.values.map((_, bin) => factorOf(bin));
    const values = this.values.map((value, bin) => value * factors[bin]);
    const scaledInterval = (bin) => this.interval(bin)?.map((end) => end * factors[bin]) ?? null;
    const interval = (bin) => (factors[bin] === null ? null : scaledInterval(bin));
    return Object.assign(Object.create(Bins.prototype), this, { values, interval });
  }
}

/** Outline bins from one to before another, closed at the base. */
function stairs(at, bins, first, last) {
  return `M${at.x(bins.low(first))},${at.base}${steps(at, bins, first, last)}V${at.base}Z`;
}

/** The line along the top of bins. */
function topLine(at, bins, first, last) {
  return `M${at.x(bins.low(first))},${at.y(bins.values[first])}${steps(at, bins, first, last)}`;
}

function steps(at, bins, first, last) {
  let path = "";
  for (let bin = first; bin < last; bin += 1) path += `V${at.y(bins.values[bin])}H${at.x(bins.low(bin + 1))}`;
  return path;
}

/** The area between two values of each bin, there and back. */
function between(at, bins, lower, upper, first, last) {
  let path = `M${at.x(bins.low(first))},${at.y(lower[first])}`;
  for (let bin = first; bin < last; bin += 1) path += `V${at.y(upper[bin])}H${at.x(bins.low(bin + 1))}`;
  for (let bin = last - 1; bin >= first; bin -= 1) path += `V${at.y(lower[bin])}H${at.x(bins.low(bin))}`;
  return `${path}Z`;
}

/** The error bar of each bin that is not empty; a point too, where bins are drawn as points. */
function errorBars(at, bins, style, points = false) {
  const [first, last] = bins.inView(at.view);
  const bars = [];
  for (let bin = first; bin < last; bin += 1) {
    const ends = bins.interval(bin);
    if (!ends) continue;
    const middle = at.x(bins.middle(bin));
    bars.push(shape("line", { class: style, x1: middle, x2: middle, y1: at.y(ends[0]), y2: at.y(ends[1]) }));
    if (points) bars.push(shape("circle", { class: style, cx: middle, cy: at.y(bins.values[bin]), r: 2.2 }));
  }
  return bars;
}

/** Say between which masses a bin lies. */
function saysEdges(bins, bin) {
  return `${number(bins.low(bin), 8)} ≤ m < ${number(bins.low(bin + 1), 8)} GeV`;
}

/** Say what the axis of bins counts. */
function saysPer({ edges_gev: edges, width_gev: width }) {
  return edges ? "Events / bin" : `Events / ${number(width)} GeV`;
}

/** A line of the legend: the key has the style, or the colour, of what it explains. */
function legendEntry(style, text, color = null) {
  const key = element("span", { class: `key ${style}` });
  if (color) Object.assign(key.style, { backgroundColor: color, borderColor: color });
  return element("li", {}, key, ` ${text}`);
}

function sum(values) {
  return values.reduce((one, other) => one + other, 0);
}
