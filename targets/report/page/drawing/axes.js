// Scales and ticks.

/** Map low to high linearly onto from to to, in pixels. */
function linear(low, high, from, to) {
  return (value) => from + ((value - low) / (high - low)) * (to - from);
}

/** The same on a logarithmic scale; what is not above 0 lies at the lower end. */
function logarithmic(low, high, from, to) {
  const inner = linear(Math.log10(low), Math.log10(high), from, to);
  return (value) => inner(Math.log10(value > 0 ? Math.max(value, low) : low));
}

/** Round numbers between low and high, at most about as many as wanted; whole ones if asked. */
function ticks(low, high, most, whole = false) {
  const rough = (high - low) / most;
  const power = 10 ** Math.floor(Math.log10(rough));
  const fitting = [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= rough * 0.999);
  const step = whole ? Math.max(1, Math.round(fitting)) : fitting;
  const found = [];
  for (let place = Math.ceil(low / step - 1e-9); place * step <= high * (1 + 1e-12); place += 1) {
    found.push(Number((place * step).toPrecision(12)));
  }
  return found;
}

/** Powers of ten between low and high. */
function decades(low, high) {
  const found = [];
  for (let power = Math.ceil(Math.log10(low)); 10 ** power <= high; power += 1) found.push(10 ** power);
  return found;
}

/** Where the bins of a histogram are, whether or not all are equally wide: the low edge of each, and the place of a
 * mass among them, as a number of bins from the first. */
function gridOf({ start_gev: start, width_gev: width, edges_gev: edges, counts }) {
  if (!edges) return { low: (bin) => start + width * bin, place: (mass) => (mass - start) / width };
  const place = (mass) => {
    const above = edges.findIndex((edge) => edge > mass);
    const bin = above < 0 ? counts.length - 1 : Math.max(above - 1, 0);
    return bin + (mass - edges[bin]) / (edges[bin + 1] - edges[bin]);
  };
  return { low: (bin) => edges[bin], place };
}

/** The central interval of 68 % of Poisson means for a count above 0, as the figures have it: equations 9 and 12 of
 * N. Gehrels, ApJ 303 (1986) 336. */
function poissonInterval(count) {
  const end = (number, sign) => number * (1 - 1 / (9 * number) + sign / (3 * Math.sqrt(number))) ** 3;
  return [end(count, -1), end(count + 1, 1)];
}
