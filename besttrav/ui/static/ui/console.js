// Keys of the staff console. They only follow links and focus fields that are on the page, and never act while one types.
(() => {
  "use strict";
  const typing = (element) => element.closest("input, select, textarea, [contenteditable]");

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    if (event.key === "j" || event.key === "k") return step(event, event.key === "j" ? 1 : -1);
    const target = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
    if (!target) return;
    event.preventDefault();
    if (target.matches("a, button")) target.click();
    else target.focus();
  });

  // j and k walk the first link of each row of the table that has the focus, or of the first table.
  const step = (event, by) => {
    const rows = [...document.querySelectorAll("table tbody tr")].map((row) => row.querySelector("th a, td a")).filter(Boolean);
    if (!rows.length) return;
    event.preventDefault();
    const here = rows.findIndex((link) => link.closest("tr").contains(document.activeElement));
    rows[Math.max(0, Math.min(rows.length - 1, here + by))].focus();
  };
})();
