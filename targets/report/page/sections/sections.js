// Luminosity and warnings, what was run, its files and sources, the cutflow, failures and stages.

/** Put a table into a section. */
function addTable(section, caption, columns, rows, fixed = false) {
  const table = new Table(columns, { caption, fixed });
  table.show(rows);
  byId(section).append(table.node);
}

function note(section, text) {
  byId(section).append(element("p", {}, text));
}

function showSummary(report) {
  const warnings = report.headlines.flatMap((dataset) => dataset.warnings).length;
  const accepted = report.histograms.filter((one) => one.rejection === null).length;
  const tiles = [
    [report.histograms.length, "histogram", "histograms"],
    [accepted, "of them BumpNet's loader accepts", "of them BumpNet's loader accepts"],
    [report.without.length, "combination without one", "combinations without one"],
    [report.files.length, "input file", "input files"],
    [report.failures.length, "file given up", "files given up", report.failures.length ? "bad" : ""],
    [warnings, "warning", "warnings", warnings ? "bad" : ""],
  ];
  const made = tiles.map(([value, one, several, style]) =>
    element("li", { class: style || null }, element("strong", {}, number(value)), ` ${value === 1 ? one : several}`),
  );
  byId("summary").append(...made);
}

/** Which events count, luminosity and warnings, by dataset. */
function showHeadlines(report) {
  const said = report.headlines.filter(({ facts, warnings }) => facts.length + warnings.length);
  if (!said.length) note("headlines", "Nothing was recorded of which events count.");
  for (const { dataset, facts, warnings } of said) {
    const list = warnings.map((warning) => element("li", {}, warning));
    byId("headlines").append(
      element("h3", {}, dataset),
      ...facts.map((fact) => element("p", {}, fact)),
      list.length ? element("ul", { class: "warnings" }, ...list) : element("p", { class: "hint" }, "No warnings."),
    );
  }
}

function showRun(report) {
  const pairs = (mapping) => Object.entries(mapping).map(([name, value]) => ({ name, value: words(value) }));
  const columns = (title) => [{ key: "name", title }, { key: "value", title: "Value" }];
  addTable("run", "Parameters", columns("Parameter"), pairs(report.run), true);
  addTable("run", "Versions", columns("Software"), pairs(report.versions), true);
}

/** Write a number that may not be there. */
function known(write, absent = "not recorded") {
  return (value) => (value === null || value === undefined ? absent : write(value));
}

function showFiles(report) {
  const columns = [
    { key: "uri", title: "File" },
    { key: "dataset", title: "Dataset" },
    { key: "size", title: "Size", numeric: true, write: size },
    { key: "checksum", title: "Checksum", write: (value) => value ?? "not given" },
    { key: "schema", title: "Schema", write: (value, row) => value ?? (row.events === 0 ? "no tree" : "not recorded") },
    { key: "events", title: "Events read", numeric: true, write: known(number) },
    { key: "bytes_read", title: "Bytes read", numeric: true, write: known(size) },
  ];
  addTable("files", "Input files", columns, report.files);
}

function showSources(report) {
  if (!report.sources.length) note("sources", "No source was recorded.");
  const made = report.sources.map((source) =>
    element("li", {}, element("strong", {}, source.name), ...link(source.doi), element("p", {}, source.citation)),
  );
  byId("sources").append(element("ul", { class: "sources" }, ...made));
}

/** A link to a DOI; what does not look like one stays text. */
function link(doi) {
  if (!doi) return [];
  if (!/^10\.\d{4,9}\/[\w.;()/:-]+$/.test(doi)) return [` ${doi}`];
  return [" ", element("a", { href: `https://doi.org/${doi}`, rel: "noreferrer" }, `doi:${doi}`)];
}

function showCutflow(report) {
  const columns = [
    { key: "cut", title: "Cut" },
    { key: "objects", title: "Left", numeric: true, write: (value) => number(value) },
    { key: "removed", title: "Removed", numeric: true, write: (value) => number(value) },
    { key: "asks", title: "Asks", write: (value) => value ?? "" },
    { key: "reason", title: "Not applied where", write: (value, row) => value ?? (row.applied ? "" : "not applied") },
  ];
  const cutflows = Object.entries(report.cutflow);
  if (!cutflows.length) note("cutflow", "No cutflow was recorded.");
  const grid = element("div", { class: "cutflows" });
  for (const [dataset, kinds] of cutflows) {
    for (const [kind, rows] of Object.entries(kinds)) {
      const table = new Table(columns, { caption: `${dataset}: ${NAMES[kind] ?? kind}`, fixed: true });
      table.show(rows);
      grid.append(table.node);
    }
  }
  byId("cutflow").append(grid);
  showFailures(report);
}

function showFailures(report) {
  if (!report.failures.length) return note("cutflow", "No file was given up.");
  const columns = [{ key: "uri", title: "File" }, { key: "reason", title: "Reason" }];
  addTable("cutflow", "Files given up", columns, report.failures);
}

function showStages(report) {
  const numeric = (key, title, write = (value) => number(value, 4)) => ({ key, title, numeric: true, write });
  const counted = (write) => known(write, "–"); // not every stage has events, masses or input files
  const columns = [
    { key: "stage", title: "Stage" },
    numeric("branches", "Branches"),
    numeric("seconds", "Time [s]"),
    numeric("events", "Events", counted(number)),
    numeric("rate", "Events/s", counted((value) => number(Math.round(value)))),
    numeric("masses", "Masses", counted(number)),
    numeric("bytes_read", "Input read", counted(size)),
    numeric("bytes_written", "Written", counted(size)),
    numeric("peak_memory_mb", "Peak memory [MB]", counted(number)),
    numeric("failures", "Files given up"),
  ];
  const rate = (stage) => (stage.events !== null && stage.seconds > 0 ? stage.events / stage.seconds : null);
  const rows = report.stages.map((stage) => ({ ...stage, rate: rate(stage) }));
  addTable("stages", "Statistics by stage", columns, rows, true);
}
