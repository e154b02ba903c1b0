// The rows of the histogram browser, and which of them a filter lets through. Nothing here knows the page.

const NAMES = { e: "electrons", m: "muons", j: "jets", g: "photons", t: "taus", b: "b-jets", Z: "Z candidates" };

// How people type the kinds: e0m0 is found as "emu".
const SPELLINGS = { e: "e", m: "mu", j: "j", g: "gamma", t: "tau", b: "b", Z: "z" };

/** Make the rows: those with a histogram, then those without. */
function makeRows(report) {
  const rows = [...report.histograms.map(rowOf), ...report.without.map(rowWithout)];
  return rows.map((row) => withText(row, new Map(Object.entries(report.words))));
}

function rowOf(histogram) {
  const { cut, counts, start_gev: low } = histogram;
  return {
    ...named(histogram),
    histogram,
    name: histogram.name,
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

/** Add the words of a row, and the text that a search looks through. */
function withText(row, words) {
  const stateWords = words.get(row.state) ?? "";
  const combinationWords = words.get(row.combination) ?? "";
  const kinds = [row.combination.match(/[a-zA-Z](?=\d)/g) ?? [], kindsOfState(row.state)];
  const names = [...new Set(kinds.flat())].map((kind) => NAMES[kind] ?? "");
  const spelt = kinds.map(spell);
  const { name, combination, state, dataset, says, window } = row;
  const all = [combination, state, dataset, says, name ?? "", window ?? "", stateWords, combinationWords];
  return { ...row, stateWords, combinationWords, text: comparable([...all, ...names, ...spelt].join(" ")) };
}

/** Say in words what the masses of a row are. */
function wordsOf({ stateWords, combinationWords }) {
  return stateWords && combinationWords ? `${stateWords}: mass of ${combinationWords}` : stateWords || combinationWords;
}

/** The kinds of a final state, each as often as it is there: 2e_1m_0j_0g gives e, e, m. */
function kindsOfState(state) {
  return [...state.matchAll(/(\d)([a-zA-Z])/g)].flatMap(([, count, kind]) => Array(Number(count)).fill(kind));
}

function spell(kinds) {
  return kinds.map((kind) => SPELLINGS[kind] ?? kind).join("");
}

/** Write text so that it can be searched: in small letters, and the sign of micro as the Greek letter that it is. */
function comparable(text) {
  return text.normalize("NFKC").toLowerCase();
}

/** Tell whether a word of the search is in a row. A number is also a mass in GeV: it finds the window of the largest
 * excess that it lies in, and where there was no scan the range of the histogram. */
function finds(row, word) {
  if (row.text.includes(word)) return true;
  if (!row.histogram || !/^\d+(\.\d+)?$/.test(word)) return false;
  const { scan } = row.histogram;
  const [low, high] = scan ? [scan.low_gev, scan.high_gev] : [row.low, row.high];
  return low !== null && low <= Number(word) && Number(word) <= high;
}

/** Tell whether a row passes: every word of the search, and whatever else is asked. */
function passes(row, wanted) {
  return (
    wanted.words.every((word) => finds(row, word)) &&
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
