// The document: deflated JSON in base64.

/** Unpack the document that the report holds. */
async function unpack() {
  if (typeof DecompressionStream === "undefined") {
    throw new Error("this browser is too old to unpack the report (it has no DecompressionStream)");
  }
  const packed = Uint8Array.from(atob(byId("data").textContent), (letter) => letter.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
  return JSON.parse(await new Response(stream).text());
}

/** Say what went wrong where everybody sees it. */
function complain(error) {
  byId("problem").textContent = `The report cannot be shown: ${error.message}`;
  byId("problem").hidden = false;
  document.documentElement.dataset.state = "failed";
}
