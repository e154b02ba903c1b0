// What is drawn as CSV and as PNG, and the table as CSV: all made here, nothing is asked of the network.

const PNG_SCALE = 2; // pixels of the picture for each of the screen
const LINE_PX = 19;
const DRAWN_STYLE = ["fill", "fill-opacity", "stroke", "stroke-opacity", "stroke-width", "stroke-dasharray",
  "font-size", "font-family", "visibility"];

/** Name a file after rows, without what file systems do not take. */
function fileName(rows, suffix) {
  const names = rows.map((row) => `${row.dataset}_${row.name}`);
  return names.join("_and_").replace(/[^\w.+-]+/g, "_") + suffix;
}

/** Write a table as CSV: what holds a comma, a quote or a new line stands in quotes. */
function csv(lines) {
  const field = (value) => {
    const text = words(value);
    return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return lines.map((line) => `${line.map(field).join(",")}\n`).join("");
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

/** Draw an SVG as it stands on the page into a PNG with a title and the legend; gives a promise of the picture. */
async function picture(svg, title, legend) {
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
  const above = LINE_PX * (1 + legend.length) + 8;
  const canvas = element("canvas", { width: width * PNG_SCALE, height: (height + above) * PNG_SCALE });
  const context = canvas.getContext("2d");
  const page = getComputedStyle(document.body);
  context.scale(PNG_SCALE, PNG_SCALE);
  context.fillStyle = page.backgroundColor;
  context.fillRect(0, 0, width, height + above);
  context.fillStyle = page.color;
  context.font = `13px ${page.fontFamily}`;
  context.fillText(title, 8, LINE_PX - 2, width - 16);
  legend.forEach((line, place) => drawKey(context, line, LINE_PX * (place + 2) - 2, width));
  context.drawImage(image, 0, above, width, height);
  return new Promise((done) => canvas.toBlob(done, "image/png"));
}

/** Draw a line of the legend: its key as it looks on the page, and its text. */
function drawKey(context, line, bottom, width) {
  const key = line.querySelector(".key");
  const ink = context.fillStyle;
  if (key) drawBox(context, getComputedStyle(key), key.clientHeight > 0, bottom);
  context.fillStyle = ink;
  context.fillText(line.textContent.trim(), 32, bottom, width - 40);
}

/** Draw the box, the dot or the line of a key. */
function drawBox(context, style, isHigh, bottom) {
  context.fillStyle = style.backgroundColor;
  context.beginPath();
  if (style.borderRadius === "50%") context.arc(16, bottom - 5, 3.5, 0, 2 * Math.PI);
  else if (isHigh) context.rect(8, bottom - 10, 16, 10);
  else [8, 24].forEach((x) => context.lineTo(x, bottom - 5));
  context.fill();
  Object.assign(context, { strokeStyle: style.borderTopColor, lineWidth: parseFloat(style.borderTopWidth) });
  context.setLineDash({ dashed: [5, 3], dotted: [2, 2] }[style.borderTopStyle] ?? []);
  context.stroke();
}
