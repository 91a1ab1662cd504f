"use strict";
document.documentElement.classList.add("js");

// Tables: a button in every head sorts by its column, first the way a reader expects, then the other way.
function keyOf(row, column) {
  const cell = row.cells[column];
  return cell.classList.contains("number") ? Number(cell.dataset.key) : cell.textContent;
}
function compare(a, b) {
  return typeof a === typeof b ? (a > b) - (a < b) : typeof a === "number" ? -1 : 1;
}
function sort(table, column) {
  const head = table.tHead.rows[0].cells, up = head[column].getAttribute("aria-sort") !== "ascending";
  for (const one of head) one.removeAttribute("aria-sort");
  head[column].setAttribute("aria-sort", up ? "ascending" : "descending");
  const rows = [...table.tBodies[0].rows].map(row => [keyOf(row, column), row]);
  rows.sort((a, b) => (up ? 1 : -1) * compare(a[0], b[0]));
  table.tBodies[0].append(...rows.map(([, row]) => row));
}
for (const table of document.querySelectorAll("table.sortable")) {
  [...table.tHead.rows[0].cells].forEach((cell, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = cell.textContent;
    button.addEventListener("click", () => sort(table, column));
    cell.replaceChildren(button);
  });
}

// On a phone a row is a card: every value with the head of its column, so that none lies outside the screen.
for (const table of document.querySelectorAll("table.sortable")) {
  const heads = [...table.tHead.rows[0].cells].map(cell => cell.textContent);
  for (const row of table.tBodies[0].rows) heads.forEach((head, column) => { row.cells[column].dataset.head = head; });
}

// Claims: those whose words contain what is typed, of the verdict that is chosen.
for (const form of document.querySelectorAll("form.filter")) {
  const claims = [...document.querySelectorAll("details.claim[data-verdict]")], { text, verdict } = form.elements;
  for (const one of new Set(claims.map(claim => claim.dataset.verdict))) verdict.append(new Option(one));
  const words = claims.map(claim => `${claim.id} ${claim.firstElementChild.textContent}`.toLowerCase());
  const filter = () => {
    const typed = text.value.toLowerCase().split(/\s+/);
    claims.forEach((claim, place) => {
      claim.hidden = !typed.every(word => words[place].includes(word)) || !["", claim.dataset.verdict].includes(verdict.value);
    });
    for (const group of document.querySelectorAll(".group")) group.hidden = !group.querySelector("details.claim:not([hidden])");
    form.querySelector("output").textContent = `${claims.filter(one => !one.hidden).length} of ${claims.length} claims`;
  };
  form.addEventListener("input", filter);
  form.addEventListener("submit", event => event.preventDefault());
  filter();
}

// Anchors: what a link points to is opened, with all that it lies in.
function reveal() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!target) return;
  for (let one = target; one; one = one.parentElement) if (one.tagName === "DETAILS") { one.hidden = false; one.open = true; }
  target.scrollIntoView();
}
addEventListener("hashchange", reveal);
document.addEventListener("click", event => {
  const link = event.target.closest('a[href^="#"]');
  if (link && link.getAttribute("href") === location.hash) reveal();
});

// Code stands in the page once; where it is shown a second time, it is copied when asked for.
for (const copy of document.querySelectorAll("details.copy")) {
  copy.addEventListener("toggle", () => {
    const place = document.getElementById(copy.dataset.code);
    const code = (place?.tagName === "PRE" ? place : place?.querySelector("pre"))?.cloneNode(true);
    if (!code || !copy.open || copy.querySelector("pre")) return;
    code.removeAttribute("id");
    copy.lastElementChild.replaceWith(code);
  });
}
reveal();

// Whoever has no mouse scrolls a wide drawing by its arrow keys: it takes the focus where it is wider than the page.
function reach() {
  for (const box of document.querySelectorAll("figure")) {
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  }
}
addEventListener("load", reach);
addEventListener("resize", reach);
