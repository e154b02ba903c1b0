// A histogram as a link, as CSV and as PNG, and the table as CSV: all made here, nothing is asked of the network.

const PNG_SCALE = 2; // pixels of the picture for each of the screen
const DRAWN_STYLE = ["fill", "fill-opacity", "stroke", "stroke-opacity", "stroke-width", "stroke-dasharray",
  "font-size", "font-family", "visibility"];

/** Name a row in the address of the page; the names of histograms differ only within a dataset. */
function fragmentOf(row) {
  return `#histogram=${encodeURIComponent(row.dataset)}/${encodeURIComponent(row.name)}`;
}

/** The row that the address of the page names, or nothing. */
function rowOfAddress(rows) {
  return rows.find((row) => row.histogram && fragmentOf(row) === location.hash);
}

/** Name a file after a row, without what file systems do not take. */
function fileName(row, suffix) {
  return `${row.dataset}_${row.name}`.replace(/[^\w.+-]+/g, "_") + suffix;
}

/** Write a table as CSV: what holds a comma, a quote or a new line stands in quotes. */
function csv(lines) {
  const field = (value) => {
    const text = words(value);
    return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return lines.map((line) => `${line.map(field).join(",")}\n`).join("");
}

function histogramCsv(row) {
  const { low } = gridOf(row.histogram);
  const edge = (bin) => Number(low(bin).toPrecision(12)); // edges are sums of floats
  const bins = row.histogram.counts.map((count, bin) => [edge(bin), edge(bin + 1), count]);
  return csv([["low_gev", "high_gev", "entries"], ...bins]);
}

/** Write the rows that the table shows, in its order, on all its pages. */
function tableCsv(table) {
  const keys = table.columns.map(({ key }) => key);
  const titles = table.columns.map(({ title }) => title);
  return csv([["Histogram", ...titles], ...table.rows.map((row) => [row.name ?? "", ...keys.map((key) => row[key])])]);
}

/** Give a file to the reader. */
function save(name, blob) {
  const address = URL.createObjectURL(blob);
  element("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

const saveText = (name, text) => save(name, new Blob([text], { type: "text/csv" }));

/** Draw an SVG as it stands on the page into a PNG with a title; gives a promise of the picture. */
async function picture(svg, title) {
  const copy = svg.cloneNode(true);
  const copies = copy.querySelectorAll("*");
  [...svg.querySelectorAll("*")].forEach((part, place) => {
    const style = getComputedStyle(part);
    for (const name of DRAWN_STYLE) copies[place].style.setProperty(name, style.getPropertyValue(name));
  });
  const [width, height] = [svg.clientWidth, svg.clientHeight];
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(new XMLSerializer().serializeToString(copy))}`;
  await image.decode();
  const canvas = element("canvas", { width: width * PNG_SCALE, height: (height + 26) * PNG_SCALE });
  const context = canvas.getContext("2d");
  const page = getComputedStyle(document.body);
  context.scale(PNG_SCALE, PNG_SCALE);
  context.fillStyle = page.backgroundColor;
  context.fillRect(0, 0, width, height + 26);
  context.fillStyle = page.color;
  context.font = `13px ${page.fontFamily}`;
  context.fillText(title, 8, 18, width - 16);
  context.drawImage(image, 0, 26, width, height);
  return new Promise((done) => canvas.toBlob(done, "image/png"));
}
