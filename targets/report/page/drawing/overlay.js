// Two histograms over each other.

class Overlay {
  /** @param rows both rows; sameArea: whether the second is drawn with as many entries as the first. */
  constructor(rows, sameArea) {
    Object.assign(this, { rows, panel: null, prefersLog: false });
    this.counts = rows.map((row) => new Bins(row.histogram));
    this.marks = this.counts[0];
    this.finest = Math.min(...rows.map((row) => row.histogram.width_gev));
    const [first, second] = rows.map(titleOf);
    this.title = `${first} and ${second}`;
    this.words = [...new Set(rows.map(wordsOf).filter(Boolean))].join(" – ");
    this.label = `Invariant mass of ${first}, and of ${second}`;
    const sameWidth = rows.every(({ histogram }) => !histogram.edges_gev && histogram.width_gev === this.finest);
    this.perBin = sameWidth ? saysPer(rows[0].histogram) : "Events / GeV";
    this.whole = sameWidth && !sameArea;
    this.factor = sameArea ? sum(this.counts[0].values) / sum(this.counts[1].values) : 1;
    this.drawn = this.counts.map((bins, place) =>
      bins.scaled((bin) => (place ? this.factor : 1) / (sameWidth ? 1 : bins.width(bin))),
    );
    const low = Math.min(...this.counts.map((bins) => bins.low(0)));
    const high = Math.max(...this.counts.map((bins) => bins.end));
    const edge = 0.03 * (high - low);
    this.full = { low: Math.max(0, low - edge), high: high + edge };
  }

  reach(view) {
    const all = this.drawn.map((bins) => bins.reach(view));
    return [Math.min(...all.map(([low]) => low)), Math.max(...all.map(([, high]) => high))];
  }

  lowest(view) {
    return Math.min(...this.drawn.map((bins) => bins.lowestAboveZero(view)));
  }

  shapes(at) {
    return this.drawn.flatMap((bins, place) => {
      const style = place ? "second" : "first";
      const [first, last] = bins.inView(at.view);
      const path = last > first ? [shape("path", { class: style, d: stairs(at, bins, first, last) })] : [];
      return [...path, ...errorBars(at, bins, `error of-${style}`)];
    });
  }

  lines() {
    return [];
  }

  /** Say what both have where a bin of the first is; the second may have other bins. */
  says(mark) {
    const [first, second] = this.counts;
    const there = second.at(first.middle(mark));
    const name = (place) => `${this.rows[place].combination} in ${this.rows[place].state}`;
    const counted = (bins, bin) => (bin === null ? "no bin" : `${number(bins.values[bin])} events`);
    const other = there !== null && saysEdges(second, there) !== saysEdges(first, mark);
    const where = other ? ` (${saysEdges(second, there)})` : "";
    const texts = [`${name(0)} ${counted(first, mark)}`, `${name(1)} ${counted(second, there)}`];
    return `${saysEdges(first, mark)}: ${texts.join("; ")}${where}`;
  }

  legend() {
    return this.rows.map((row, place) => {
      const times = place && this.factor !== 1 ? ` × ${number(this.factor, 3)}` : "";
      const words = wordsOf(row);
      const text = `${titleOf(row)}: ${number(row.entries)} entries${times}${words && ` (${words})`}`;
      return legendEntry(place ? "second" : "first", text);
    });
  }

  details() {
    return this.rows.map((row) => {
      const width = row.histogram.edges_gev ? "by resolution" : `of ${number(row.width)} GeV`;
      return [titleOf(row), `${number(row.bins)} bins ${width}, ${number(row.low)} to ${number(row.high)} GeV`];
    });
  }

  csv() {
    const lines = this.counts.flatMap((bins, place) => {
      const { dataset, name } = this.rows[place];
      return bins.values.map((count, bin) => [dataset, name, ...edgesOf(bins, bin), count]);
    });
    return [["dataset", "histogram", "low_gev", "high_gev", "entries"], ...lines];
  }
}
