// The histogram browser: filters above, a table, and the drawing of the row that was chosen.

const SEARCH_WAIT_MS = 80; // while somebody types
const COLUMNS_OF_A_NARROW_TABLE = 8; // with more, the table takes room from the drawing, so that no column is cut off

function showBrowser(report) {
  const rows = makeRows(report).sort((one, other) => compare(one.local, other.local, true)); // equal p keep this order
  const scanned = rows.some((row) => row.globalP !== null);
  const columns = histogramColumns().filter(({ key }) => tellsSomething(rows, key));
  const drawing = new Drawing();
  byId("table").parentElement.classList.toggle("wide", columns.length > COLUMNS_OF_A_NARROW_TABLE);
  const table = new Table(columns, {
    caption: "Histograms by final state and combination",
    sort: scanned ? { key: "globalP", descending: false } : { key: "entries", descending: true },
    pick: (row, clicked) => choice.pick(row, clicked),
  });
  const choice = new Choice(drawing, table);
  byId("back").addEventListener("click", () => (table.chosenLine() ?? table.node).scrollIntoView({ block: "center" }));
  byId("table").append(table.node);
  fillFilters(rows);
  listen(rows, table);
  table.show(rows);
  listenToDownloads(drawing, table);
  listenToLinks(rows, choice);
  if (!choice.follow(rows) && table.rows[0]?.histogram) table.choose(table.rows[0]);
}

/** What is drawn: the histogram that was chosen, and a second one over it where somebody added one. */
class Choice {
  constructor(drawing, table) {
    Object.assign(this, { drawing, table, waiting: false });
    byId("second").addEventListener("click", () => this.press());
  }

  /** Show a row, or add it where a second one is waited for; clicked says whether somebody pointed at it. */
  pick(row, clicked) {
    const { row: first, second } = this.drawing;
    if (!this.waiting || !clicked) this.show(row);
    else this.show(first, row.histogram && row !== first ? row : second);
    if (!clicked) return;
    if (this.drawing.row.histogram) history.replaceState(null, "", fragmentOf(this.drawing.row, this.drawing.second));
    bringIntoView(byId("drawing"));
  }

  show(first, second = null) {
    this.waiting = false;
    this.drawing.show(first, second);
    this.table.mark([first, second]);
    this.tell();
  }

  /** Wait for a second histogram, stop waiting, or take it away again. */
  press() {
    const { row, second } = this.drawing;
    if (second) return this.pick(row, true);
    this.waiting = !this.waiting;
    this.tell();
    byId("readout").textContent = this.waiting ? "Choose the second histogram in the table." : "";
    if (this.waiting) bringIntoView(this.table.chosenLine() ?? this.table.node);
  }

  tell() {
    byId("second").setAttribute("aria-pressed", this.waiting);
    byId("second").textContent = this.drawing.second ? "Remove the second" : "Add a second";
  }

  /** Show what the address of the page names, whatever the filters and the page of the table; gives whether it does. */
  follow(rows) {
    const [first, second] = rowsOfAddress(rows);
    if (!first) return false;
    if (!this.table.rows.includes(first)) {
      byId("filters").reset();
      setTimeout(() => this.follow(rows)); // behind the filters, which let all rows through then
      return true;
    }
    this.table.reveal(first);
    this.table.choose(first);
    if (second) this.show(first, second);
    byId("histograms").scrollIntoView();
    return true;
  }
}

/** Follow links to histograms: also to that which the address names already. */
function listenToLinks(rows, choice) {
  window.addEventListener("hashchange", () => choice.follow(rows));
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href^='#histogram=']");
    if (link?.hash === location.hash) choice.follow(rows);
  });
}

function listenToDownloads(drawing, table) {
  const rows = () => [drawing.row, drawing.second].filter(Boolean);
  byId("csv").addEventListener("click", () => saveText(fileName(rows(), ".csv"), csv(drawing.content.csv())));
  byId("png").addEventListener("click", async () => {
    const { content, svg } = drawing;
    save(fileName(rows(), ".png"), await picture(svg, content.title, [...byId("legend").children]));
  });
  byId("table-csv").addEventListener("click", () => saveText("histograms.csv", tableCsv(table)));
}

/** Tell whether a column says what no other does: with bins of the peak search's width, all start at their turn-on. */
function tellsSomething(rows, key) {
  if (key === "turnOn") return rows.some((row) => Math.abs(row.turnOn - row.low) > ROUNDING * row.width);
  if (["window", "local", "globalP"].includes(key)) return rows.some((row) => row.window !== null);
  return !["dataset", "width"].includes(key) || different(rows, key).length > 1;
}

/** Scroll to a part of the page whose top is out of sight. */
function bringIntoView(part) {
  const { top } = part.getBoundingClientRect();
  if (top < 0 || top > window.innerHeight / 2) part.scrollIntoView();
}

function histogramColumns() {
  const numeric = (key, title, write = (value) => number(value)) => ({ key, title, numeric: true, write });
  return [
    { key: "combination", title: "Combination", explain: (row) => row.combinationWords },
    { key: "state", title: "Final state", explain: (row) => row.stateWords },
    { key: "dataset", title: "Dataset" },
    numeric("width", "Width [GeV]"),
    numeric("entries", "Entries"),
    numeric("bins", "Bins"),
    numeric("low", "From [GeV]"),
    numeric("high", "To [GeV]"),
    numeric("turnOn", "Turn-on [GeV]"),
    numeric("outliers", "Outliers from [GeV]"),
    { key: "window", title: "Largest excess [GeV]" },
    numeric("local", "Local [σ]", (value) => value?.toFixed(1) ?? ""),
    { ...numeric("globalP", "Global p", probability), smallestFirst: true },
    { key: "says", title: "BumpNet's loader", style: (row) => `verdict ${row.verdict}` },
  ];
}

function fillFilters(rows) {
  for (const [id, key] of [["final-state", "state"], ["dataset", "dataset"], ["width", "width"]]) {
    const values = different(rows, key);
    const write = (value) => (key === "width" ? `${number(value)} GeV` : value);
    const options = values.map((value) => element("option", { value }, write(value)));
    byId(id).append(element("option", { value: "" }, "all"), ...options);
    byId(id).closest("label").hidden = key !== "state" && values.length < 2;
  }
  const present = Object.keys(NAMES).filter((kind) => rows.some((row) => row.kinds.has(kind)));
  const boxes = present.map((kind) =>
    element("label", {}, element("input", { type: "checkbox", value: kind }), ` ${NAMES[kind]}`),
  );
  byId("kinds").append(...boxes);
}

/** Read what the filters ask. */
function wanted() {
  return {
    words: comparable(byId("search").value).split(/\s+/).filter(Boolean),
    kinds: [...byId("kinds").querySelectorAll("input:checked")].map((box) => box.value),
    state: byId("final-state").value,
    dataset: byId("dataset").value,
    width: byId("width").value,
    verdict: byId("verdict").value,
  };
}

function listen(rows, table) {
  const apply = () => {
    const asked = wanted();
    table.show(rows.filter((row) => passes(row, asked)));
  };
  let waiting = 0;
  const soon = () => {
    clearTimeout(waiting);
    waiting = setTimeout(apply, SEARCH_WAIT_MS);
  };
  const form = byId("filters");
  byId("search").addEventListener("input", soon);
  form.addEventListener("change", ({ target }) => {
    // The search has listened to every letter. Its change comes with the press of a button elsewhere: a table that is
    // redrawn then loses the line under the pointer, and with it the click.
    if (target.id !== "search") apply();
  });
  form.addEventListener("reset", () => setTimeout(apply)); // the fields are empty only after this event
  form.addEventListener("submit", (event) => event.preventDefault());
}
