// Elements and words. Whatever comes from the document gets onto the page as text, never as HTML.

const SVG = "http://www.w3.org/2000/svg";

/** Make an HTML element; children that are strings become text. */
function element(tag, attributes = {}, ...children) {
  return furnish(document.createElement(tag), attributes, children);
}

/** Make an SVG element. */
function shape(tag, attributes = {}, ...children) {
  return furnish(document.createElementNS(SVG, tag), attributes, children);
}

function furnish(made, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== false) made.setAttribute(name, value);
  }
  made.append(...children.map((child) => (child instanceof Node ? child : String(child))));
  return made;
}

const byId = (id) => document.getElementById(id);

/** Let a long name break behind its underscores, and not within a word. */
function breakable(text) {
  return text.split(/(?<=_)/).flatMap((part, place) => (place ? [element("wbr"), part] : [part]));
}

/** Write a number with commas; nothing for what is not known. */
function number(value, digits = 6) {
  if (value === null || value === undefined) return "";
  return Number.isInteger(value)
    ? value.toLocaleString("en")
    : value.toLocaleString("en", { maximumSignificantDigits: digits });
}

/** Write a probability with two digits; nothing for what is not known. */
function probability(value) {
  if (value === null || value === undefined) return "";
  return value < 0.001 ? value.toExponential(1) : value.toPrecision(2);
}

/** Write a size in bytes for people. */
function size(bytes) {
  if (bytes === null || bytes === undefined) return "";
  const units = ["B", "kB", "MB", "GB", "TB", "PB"];
  const power = bytes > 0 ? Math.min(Math.floor(Math.log10(bytes) / 3), units.length - 1) : 0;
  return `${number(bytes / 1000 ** power, 3)} ${units[power]}`;
}

/** Write a parameter's value: lists with commas, objects as JSON. */
function words(value) {
  if (Array.isArray(value)) return value.map(words).join(", ");
  return value !== null && typeof value === "object" ? JSON.stringify(value) : String(value ?? "");
}
