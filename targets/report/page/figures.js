// The figures: small side by side, wide when chosen.

function showFigures(report) {
  if (!report.figures.length) note("figures", "No figure was made.");
  byId("figures").append(element("div", { class: "figures" }, ...report.figures.map(figure)));
}

function figure({ title, png }) {
  const image = element("img", { alt: title, loading: "lazy", decoding: "async", src: `data:image/png;base64,${png}` });
  const says = { "aria-expanded": "false", "aria-label": `${title}: enlarge` };
  const button = element("button", { type: "button", ...says }, image);
  const made = element("figure", {}, button, element("figcaption", {}, title));
  button.addEventListener("click", () => {
    const wide = made.classList.toggle("wide");
    button.setAttribute("aria-expanded", wide);
  });
  return made;
}
