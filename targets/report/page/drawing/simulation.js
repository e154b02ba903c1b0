// Data over simulation, before any removal: samples stacked, a band of their statistical error, the ratio below.

class OverSimulation {
  constructor(row) {
    const { simulation } = row.histogram;
    const histogram = { start_gev: 0, edges_gev: null, ...simulation };
    Object.assign(this, { row, simulation, histogram, finest: simulation.width_gev });
    this.data = new Bins(histogram, simulation.counts, null);
    const tops = [];
    for (const { contents } of simulation.layers) {
      const below = tops.at(-1) ?? contents.map(() => 0);
      tops.push(contents.map((value, bin) => below[bin] + value));
    }
    this.tops = tops;
    this.total = new Bins(histogram, tops.at(-1), simulation.errors);
    this.marks = this.data;
    this.panel = new RatioPanel(this.data, this.total, simulation.errors);
    this.title = titleOf(row);
    this.words = wordsOf(row);
    this.label = `Invariant mass of ${row.combination}, data and simulation`;
    this.perBin = saysPer(histogram);
    this.whole = false;
    const low = Math.min(this.data.firstFilled(), this.total.firstFilled());
    const edge = 0.03 * (this.data.end - low);
    this.full = { low: Math.max(0, low - edge), high: this.data.end + edge };
    this.prefersLog = true; // as in the figures
  }

  reach(view) {
    const all = [this.data.reach(view), this.total.reach(view)];
    return [Math.min(...all.map(([low]) => low)), Math.max(...all.map(([, high]) => high))];
  }

  lowest(view) {
    return Math.min(this.data.lowestAboveZero(view), this.total.lowestAboveZero(view));
  }

  shapes(at) {
    const [first, last] = this.data.inView(at.view);
    if (last <= first) return [];
    const zero = this.total.values.map(() => 0);
    const layers = this.simulation.layers.map(({ color }, place) => {
      const d = between(at, this.data, this.tops[place - 1] ?? zero, this.tops[place], first, last);
      return shape("path", { class: "layer", fill: color, d });
    });
    const { errors } = this.simulation;
    const [lower, upper] = [-1, 1].map((sign) => this.total.values.map((value, bin) => value + sign * errors[bin]));
    return [
      ...layers,
      shape("path", { class: "total", d: topLine(at, this.total, first, last) }),
      shape("path", { class: "band", d: between(at, this.data, lower, upper, first, last) }),
      ...errorBars(at, this.data, "point", true),
    ];
  }

  lines() {
    return [];
  }

  says(mark) {
    const errors = this.simulation.errors[mark];
    const simulated = `${number(this.total.values[mark], 4)} ± ${number(errors, 2)} simulated`;
    const ratio = this.panel.ratios[mark];
    const data = `${number(this.data.values[mark])} events of data`;
    return `${saysEdges(this.data, mark)}: ${data}, ${simulated}${ratio === null ? "" : `, ratio ${number(ratio, 3)}`}`;
  }

  legend() {
    const { layers, normalised_to: luminosity } = this.simulation;
    return [
      legendEntry("point", `data: ${number(sum(this.data.values))}`),
      ...[...layers].reverse().map(({ name, events, color }) => legendEntry("layer", `${name}: ${events}`, color)),
      legendEntry("band", "statistical error of simulation"),
      ...(luminosity ? [element("li", {}, `simulation normalised to ${luminosity}`)] : []),
    ];
  }

  details() {
    const shown = "all masses, before peaks are removed";
    return [["What is shown", shown], ["Bins", `${number(this.data.length)} of ${number(this.finest)} GeV`]];
  }

  csv() {
    const { errors } = this.simulation;
    const bins = this.data.values.map((count, bin) => [
      ...edgesOf(this.data, bin), count, Number(this.total.values[bin].toPrecision(6)), errors[bin],
    ]);
    return [["low_gev", "high_gev", "data", "simulation", "simulation_error"], ...bins];
  }
}
