// A link to what is drawn: the histograms' names stand in the fragment of the page's address.

/** Name a row, and the one that is drawn over it; the names of histograms differ only within a dataset. */
function fragmentOf(row, second = null) {
  const name = ({ dataset, name: histogram }) => `${encodeURIComponent(dataset)}/${encodeURIComponent(histogram)}`;
  return `#histogram=${name(row)}${second ? `&with=${name(second)}` : ""}`;
}

/** The rows that the address of the page names: none, one or two. */
function rowsOfAddress(rows) {
  const [first, second] = location.hash.split("&with=");
  const named = (fragment) => rows.find((row) => row.histogram && fragmentOf(row) === fragment);
  const row = named(first);
  return [row, row && second && named(`#histogram=${second}`)].filter(Boolean);
}
