// Draws the figures for a light or a dark reader, on paper always for a light one, and sorts tables by a column.
"use strict";

const figures = JSON.parse(document.getElementById("figures").textContent);
const dark = window.matchMedia("(prefers-color-scheme: dark)");
const paper = window.matchMedia("print");

function draw(theme) {
  for (const root of document.querySelectorAll("[data-chart]")) {
    const { data, layout } = figures[root.dataset.chart][theme];
    window.Plotly.react(root, data, { ...layout, autosize: true }, { responsive: true, displaylogo: false, typesetMath: false });
  }
}

function drawAgain() {
  draw(dark.matches && !paper.matches ? "dark" : "light");
}

function sort(heading) {
  const table = heading.closest("table");
  const place = heading.cellIndex;
  const descending = heading.ariaSort === "ascending" || (!heading.ariaSort && heading.classList.contains("number"));
  const keyOf = (row) => {
    const cell = row.cells[place];
    return "order" in cell.dataset ? cell.dataset.order : cell.textContent;
  };
  const numeric = heading.classList.contains("number");
  const rows = [...table.tBodies[0].rows].map((row) => [keyOf(row), row]);
  rows.sort(([one], [other]) => {
    if (one === "" || other === "") return (one === "") - (other === ""); // what is absent comes last either way
    const order = numeric ? Number(one) - Number(other) : one.localeCompare(other);
    return descending ? -order : order;
  });
  table.tBodies[0].append(...rows.map(([, row]) => row));
  for (const other of heading.parentElement.cells) other.ariaSort = null;
  heading.ariaSort = descending ? "descending" : "ascending";
}

for (const heading of document.querySelectorAll("th")) {
  heading.querySelector("button").addEventListener("click", () => sort(heading));
}
dark.addEventListener("change", drawAgain);
paper.addEventListener("change", drawAgain);
drawAgain();
