// The figures: small side by side, wide when chosen; those of the largest excesses stand on top of the page.

const EXCESSES_ON_TOP = 5; // of each dataset

/** The place of an excess that a figure shows, from 1 on; nothing for other figures. */
function placeOf({ name }) {
  return Number(/^excess_(\d+)$/.exec(name ?? "")?.[1] ?? NaN);
}

function isOnTop(figure) {
  return placeOf(figure) <= EXCESSES_ON_TOP;
}

function showExcesses(report) {
  const largest = report.figures.filter(isOnTop);
  if (!largest.length) return;
  byId("headlines").append(
    element("h3", {}, "Largest excesses"),
    element("div", { class: "figures excesses" }, ...largest.map(figure)),
  );
}

function showFigures(report) {
  if (!report.figures.length) note("figures", "No figure was made.");
  const others = report.figures.filter((made) => !isOnTop(made));
  byId("figures").append(element("div", { class: "figures" }, ...others.map(figure)));
}

function figure({ title, png, dataset, histogram }) {
  const image = element("img", { alt: title, loading: "lazy", decoding: "async", src: `data:image/png;base64,${png}` });
  const says = { "aria-expanded": "false", "aria-label": `${title}: enlarge` };
  const button = element("button", { type: "button", ...says }, image);
  const made = element("figure", {}, button, element("figcaption", {}, ...breakable(title)));
  const link = histogram && fragmentOf({ dataset, name: histogram });
  if (link) made.append(element("a", { href: link }, "Show this histogram below"));
  button.addEventListener("click", () => {
    const wide = made.classList.toggle("wide");
    button.setAttribute("aria-expanded", wide);
  });
  return made;
}
