// The page, section by section.

async function start() {
  const report = await unpack();
  const tables = [showCutflow, showStages, showRun, showFiles, showSources];
  const first = [showSummary, showHeadlines, showExcesses, showBrowser, showFigures];
  for (const section of [...first, ...tables]) section(report);
  if (NARROW) ["cutflow", "stages", "run", "files"].forEach(fold);
  document.documentElement.dataset.state = "ready";
}

/** Fold what stands in a section below its heading: on a phone the reader opens what is wanted. */
function fold(id) {
  const [, ...content] = byId(id).children;
  byId(id).append(element("details", {}, element("summary", {}, "Show"), ...content));
}

start().catch(complain);
