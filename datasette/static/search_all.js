/* Adds the first rows found in each table below its link; without this script the links do. */
const WANTED = 5;
const LONGEST = 200;
const words = document.getElementById("search-all-q").value;

function element(name, text, attributes = {}) {
  const made = Object.assign(document.createElement(name), attributes);
  made.textContent = text;
  return made;
}

function tableOf(rows, name) {
  /* Boundaries and other long texts would push everything else off the screen. */
  const columns = Object.keys(rows[0]).filter((c) => rows.every((r) => String(textOf(r[c])).length <= LONGEST));
  const table = element("table", "", { className: "rows-and-columns" });
  const head = table.createTHead().insertRow();
  for (const column of columns) head.append(element("th", column, { scope: "col" }));
  const body = table.createTBody();
  for (const row of rows) {
    const line = body.insertRow();
    for (const column of columns) line.append(element("td", textOf(row[column])));
  }
  const region = element("div", "", { className: "table-wrapper", tabIndex: 0 });
  region.setAttribute("role", "region");
  region.setAttribute("aria-label", name);
  region.append(table);
  return region;
}

function textOf(cell) {
  const value = cell !== null && typeof cell === "object" ? cell.label : cell;
  return value ?? "";
}

for (const item of document.querySelectorAll("[data-json]")) {
  const query = new URLSearchParams({ _shape: "objects", _labels: "on", _size: WANTED, _search: words });
  fetch(`${item.dataset.json}?${query}`)
    .then((answer) => answer.json())
    .then((found) => {
      item.querySelector("[role=status]").textContent = found.filtered_table_rows_count;
      if (found.rows.length) item.append(tableOf(found.rows, item.dataset.table));
    });
}
