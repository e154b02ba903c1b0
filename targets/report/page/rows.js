// The rows of the histogram browser, and which of them a filter lets through. Nothing here knows the page.

const NAMES = { e: "electrons", m: "muons", j: "jets", g: "photons", t: "taus", b: "b-jets", Z: "Z candidates" };

/** Make the rows: those with a histogram, then those without. */
function makeRows(report) {
  return [...report.histograms.map(rowOf), ...report.without.map(rowWithout)].map(withText);
}

function rowOf(histogram) {
  const { cut, counts, start_gev: low } = histogram;
  return {
    ...named(histogram),
    histogram,
    entries: histogram.entries,
    bins: counts.length,
    low,
    high: gridOf(histogram).low(counts.length),
    turnOn: cut.start_gev ?? low,
    outliers: histogram.outliers_from_gev,
    verdict: histogram.rejection === null ? "accepted" : "rejected",
    says: histogram.rejection === null ? "accepts it" : `drops it: ${histogram.rejection}`,
    ...excessOf(histogram.scan),
  };
}

/** What the scan says: window, significances and p-value; of a histogram that is not ranked, why it is not. */
function excessOf(scan) {
  if (!scan) return { window: null, local: null, globalP: null };
  const where = scan.low_gev === null ? "none" : `${number(scan.low_gev)}–${number(scan.high_gev)}`;
  return {
    window: scan.global_p === null ? `not ranked: ${scan.status}` : where,
    local: scan.global_p === null ? null : scan.local_significance,
    globalP: scan.global_p,
  };
}

function rowWithout(one) {
  const nothing = { histogram: null, entries: null, bins: null, low: null, high: null, turnOn: null, outliers: null };
  return { ...named(one), ...nothing, ...excessOf(null), verdict: "without", says: `no histogram: ${one.reason}` };
}

function named({ dataset, final_state: state, combination, width_gev, edges_gev: edges }) {
  const width = edges ? null : width_gev;
  return { dataset, state, combination, width, kinds: new Set(combination.match(/[a-zA-Z](?=\d)/g)) };
}

function withText(row) {
  return { ...row, text: `${row.combination} ${row.state} ${row.dataset} ${row.says}`.toLowerCase() };
}

/** Tell whether a row passes: every word of the search, and whatever else is asked. */
function passes(row, wanted) {
  return (
    wanted.words.every((word) => row.text.includes(word)) &&
    wanted.kinds.every((kind) => row.kinds.has(kind)) &&
    (!wanted.state || row.state === wanted.state) &&
    (!wanted.dataset || row.dataset === wanted.dataset) &&
    (!wanted.width || String(row.width) === wanted.width) &&
    (!wanted.verdict || row.verdict === wanted.verdict)
  );
}

/** The different values of a column, sorted. */
function different(rows, key) {
  const found = new Set(rows.map((row) => row[key]).filter((value) => value !== null));
  return [...found].sort((one, other) => compare(one, other, false));
}
