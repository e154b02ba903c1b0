// Tables that can be sorted by any column and show one page at a time: ten thousand rows cost no more than fifty.

const NARROW = matchMedia("(max-width: 40rem)").matches; // a phone, where a row of a table is a paragraph
const ROWS_A_PAGE = 50;
const ROWS_ON_A_PHONE = 10;

/** Compare two values of a column; what is not known comes last whatever the order. */
function compare(first, second, descending) {
  const known = (value) => value !== null && value !== undefined && value !== "";
  if (!known(first) || !known(second)) return known(second) - known(first);
  const order = first < second ? -1 : first > second ? 1 : 0;
  return descending ? -order : order;
}

class Table {
  /**
   * @param columns {key, title, numeric, smallestFirst, write, style, header, explain}; write turns a value into
   *   text, explain gives words that stand below it.
   * @param options caption; pick, called with a row that somebody chose; sort, {key, descending} to begin with;
   *   fixed: the order of the rows means something, so that nobody may sort them.
   */
  constructor(columns, { caption, pick = null, sort = null, fixed = false }) {
    Object.assign(this, { columns, pick, sort, fixed, rows: [], first: 0, chosen: null, marked: [] });
    this.rowsAPage = NARROW && !fixed ? ROWS_ON_A_PHONE : ROWS_A_PAGE;
    this.headings = new Map(columns.map((column) => [column.key, this.heading(column)]));
    this.body = element("tbody");
    this.count = element("p", { class: "count", role: "status" });
    this.pager = element("div", { class: "pager" }, ...this.pageButtons());
    const head = element("thead", {}, element("tr", {}, ...this.headings.values()));
    const table = element("table", {}, element("caption", {}, caption), head, this.body);
    this.node = element("div", { class: fixed ? "table fixed" : "table" }, this.count, table, this.pager);
    if (pick) this.body.addEventListener("keydown", (event) => this.walk(event));
  }

  /** Show these rows from the first page on. */
  show(rows) {
    this.rows = rows;
    this.arrange();
  }

  arrange() {
    if (this.sort) {
      const { key, descending } = this.sort;
      this.rows = [...this.rows].sort((one, other) => compare(one[key], other[key], descending));
    }
    this.first = 0;
    this.draw();
  }

  turn(first) {
    const last = Math.max(0, Math.ceil(this.rows.length / this.rowsAPage) - 1) * this.rowsAPage;
    this.first = Math.min(Math.max(first, 0), last);
    this.draw();
  }

  /** Turn to the page that a row is on. */
  reveal(row) {
    this.turn(Math.floor(this.rows.indexOf(row) / this.rowsAPage) * this.rowsAPage);
  }

  draw() {
    const end = Math.min(this.first + this.rowsAPage, this.rows.length);
    this.body.replaceChildren(...this.rows.slice(this.first, end).map((row) => this.line(row)));
    const shown = end < this.rows.length || this.first ? `${number(this.first + 1)} to ${number(end)} of ` : "";
    const all = this.rows.length === 1 ? "1 row" : `${number(this.rows.length)} rows`;
    this.count.textContent = this.rows.length ? `${shown}${all}` : "no rows";
    this.pager.hidden = this.rows.length <= this.rowsAPage;
    for (const button of this.pager.children) {
      button.disabled = button.dataset.forward ? end >= this.rows.length : this.first === 0;
    }
    if (!this.fixed) this.showOrder();
  }

  showOrder() {
    for (const [key, heading] of this.headings) {
      const order = this.sort?.key === key ? (this.sort.descending ? "descending" : "ascending") : "none";
      heading.setAttribute("aria-sort", order);
    }
  }

  line(row) {
    const cells = this.columns.map((column, place) => this.cell(column, row, place === 0));
    const line = element("tr", { "aria-current": this.marked.includes(row) ? "true" : null }, ...cells);
    if (this.pick) line.addEventListener("click", () => this.choose(row, true));
    return line;
  }

  cell(column, row, first) {
    const value = row[column.key];
    const text = column.write ? column.write(value, row) : words(value);
    const style = `${column.numeric ? "number " : ""}${column.style ? column.style(row) : ""}`.trim() || null;
    const content = first && this.pick ? element("button", { type: "button" }, text) : text;
    const attributes = { class: style, "data-title": column.title, "data-words": column.explain?.(row) || null };
    return first ? element("th", { ...attributes, scope: "row" }, content) : element("td", attributes, content);
  }

  /** Choose a row; clicked says whether somebody pointed at it, and did not just pass by with the arrow keys. */
  choose(row, clicked = false) {
    this.chosen = row;
    this.mark([row]);
    this.pick(row, clicked);
  }

  /** Mark the lines of these rows. */
  mark(rows) {
    this.marked = rows;
    [...this.body.children].forEach((line, place) => {
      if (rows.includes(this.rows[this.first + place])) line.setAttribute("aria-current", "true");
      else line.removeAttribute("aria-current");
    });
  }

  /** The line of the row that is chosen, if this page of the table shows it. */
  chosenLine() {
    const place = this.rows.indexOf(this.chosen);
    return place < 0 ? null : this.body.children[place - this.first];
  }

  /** Arrow keys go through the rows and choose them. */
  walk(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const line = event.target.closest("tr");
    if (!step || !line) return;
    const next = step > 0 ? line.nextElementSibling : line.previousElementSibling;
    event.preventDefault();
    if (!next) return;
    next.querySelector("button").focus();
    this.choose(this.rows[this.first + [...this.body.children].indexOf(next)]);
  }

  heading(column) {
    const attributes = { scope: "col", class: column.numeric ? "number" : null };
    if (this.fixed) return element("th", attributes, column.title);
    const button = element("button", { type: "button" }, column.title);
    button.addEventListener("click", () => this.order(column));
    return element("th", attributes, button);
  }

  /** Sort by a column: numbers the largest first (or smallestFirst), words from a to z; then the other way round. */
  order(column) {
    const largestFirst = Boolean(column.numeric && !column.smallestFirst);
    const again = this.sort?.key === column.key;
    this.sort = { key: column.key, descending: again ? !this.sort.descending : largestFirst };
    this.arrange();
  }

  pageButtons() {
    const end = () => this.rows.length;
    const turns = [
      ["First", () => 0, ""],
      ["Previous", () => this.first - this.rowsAPage, ""],
      ["Next", () => this.first + this.rowsAPage, "yes"],
      ["Last", end, "yes"],
    ];
    return turns.map(([title, place, forward]) => {
      const button = element("button", { type: "button", "data-forward": forward || null }, title);
      button.addEventListener("click", () => this.turn(place()));
      return button;
    });
  }
}
