// The page, section by section.

async function start() {
  const report = await unpack();
  const sections = [showSummary, showBrowser, showFigures, showCutflow, showStages, showRun, showFiles, showSources];
  for (const section of sections) section(report);
  document.documentElement.dataset.state = "ready";
}

start().catch(complain);
