/* Datasette's pages by keyboard and screen reader: names for fields that come without a label. */
const names = {
  _filter_column: "Column to filter on",
  _filter_op: "Comparison",
  _filter_value: "Value to compare with",
  _sort: "Column to sort by",
  sql: "SQL query",
};
for (const field of document.querySelectorAll("main select, main input, main textarea")) {
  const name = names[field.name.replace(/_\d+$/, "")];
  if (name && !field.labels.length) field.setAttribute("aria-label", name);
}
/* The SQL editor types into a field of its own, made when the page has loaded. */
addEventListener("load", () => {
  for (const field of document.querySelectorAll(".CodeMirror textarea")) field.setAttribute("aria-label", names.sql);
});
/* What scrolls must be reachable with the keyboard. */
const scrolling = { ".table-wrapper": "Rows", "dl.column-descriptions": "Columns", ".facet-info ul": "Values" };
for (const [selector, name] of Object.entries(scrolling)) {
  for (const box of document.querySelectorAll(selector)) {
    box.tabIndex = 0;
    if (box.tagName === "DIV") box.setAttribute("role", "region");
    box.setAttribute("aria-label", name);
  }
}
