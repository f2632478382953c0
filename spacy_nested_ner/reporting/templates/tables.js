"use strict";
// Sorts tables by a click on a heading, and opens what is folded for print.
(() => {
  const value = (row, column) => {
    const text = row.cells[column].textContent.replace(/,/g, "").trim();
    const number = parseFloat(text.replace("+", "").replace("−", "-"));
    return Number.isNaN(number) ? text : number;
  };

  // "–" and other words come last
  const compare = (a, b) => {
    if (typeof a === "number" && typeof b === "number") return a - b;
    if (typeof a === typeof b) return a.localeCompare(b, "en", { numeric: true });
    return typeof a === "number" ? -1 : 1;
  };

  const sort = (table, column) => {
    const heading = table.tHead.rows[0].cells[column];
    // names begin with a, numbers with the highest
    const isName = heading.classList.contains("name");
    const before = heading.getAttribute("aria-sort");
    const down = before ? before === "ascending" : !isName;
    for (const cell of table.tHead.rows[0].cells) cell.removeAttribute("aria-sort");
    heading.setAttribute("aria-sort", down ? "descending" : "ascending");
    const body = table.tBodies[0];
    const rows = Array.from(body.rows, (row) => [value(row, column), row]);
    rows.sort(([a], [b]) => (typeof a === typeof b && down ? compare(b, a) : compare(a, b)));
    body.append(...rows.map(([, row]) => row));
  };

  for (const table of document.querySelectorAll("table")) {
    if (table.tBodies[0].rows.length < 2) continue;
    Array.from(table.tHead.rows[0].cells, (cell, column) => {
      if (!cell.textContent) return;
      const button = document.createElement("button");
      button.type = "button";
      button.append(...cell.childNodes);
      cell.append(button);
      button.addEventListener("click", () => sort(table, column));
    });
  }

  let closed = [];
  window.addEventListener("beforeprint", () => {
    closed = Array.from(document.querySelectorAll("details:not([open])"));
    for (const one of closed) one.open = true;
  });
  window.addEventListener("afterprint", () => {
    for (const one of closed) one.open = false;
  });
})();
