// The page, section by section.

async function start() {
  const report = await unpack();
  const tables = [showCutflow, showStages, showRun, showFiles, showSources];
  for (const section of [showSummary, showHeadlines, showBrowser, showFigures, ...tables]) section(report);
  document.documentElement.dataset.state = "ready";
}

start().catch(complain);
