// What every page gains where scripts run. Each page works without this file.
(() => {
  "use strict";
  const live = () => document.getElementById("live");

  // Say a short text to those who listen instead of looking.
  const announce = (text) => {
    const region = live();
    if (region && text) region.textContent = text;
  };

  // One press, one submission: the second press of an impatient finger is dropped until the page changes or comes back.
  // A download leaves the page as it is, so its form (data-download) stays open.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method === "get" || "download" in form.dataset) return;
    if (form.dataset.sent) return event.preventDefault();
    form.dataset.sent = "1";
    form.setAttribute("aria-busy", "true");
  });
  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) {
      delete form.dataset.sent;
      form.removeAttribute("aria-busy");
    }
  });

  // What a document tells is drawn anew while somebody types on: what they wrote there meanwhile is carried over.
  let typed = [];
  document.addEventListener("htmx:beforeSwap", (event) => {
    const part = event.detail.target;
    typed = part.matches(".told") ? [...part.querySelectorAll("input")].map(({ id, value, checked }) => ({ id, value, checked })) : [];
  });
  document.addEventListener("htmx:afterSwap", () => {
    for (const { id, ...was } of typed) {
      const now = document.getElementById(id);
      if (now) Object.assign(now, was);
    }
    typed = [];
  });

  // After a fragment is swapped in, the eye and the ear follow: the error summary first, else the new heading.
  document.addEventListener("htmx:afterSettle", (event) => {
    const part = event.detail.elt;
    const errors = part.querySelector("#errors");
    const heading = part.querySelector("[data-focus]");
    const target = errors || heading;
    if (target) {
      target.tabIndex = -1;
      target.focus();
    }
    const spoken = part.matches("[data-announce]") ? part : part.querySelector("[data-announce]");
    announce(spoken && spoken.dataset.announce);
  });
  for (const name of ["htmx:sendError", "htmx:timeout"]) {
    document.addEventListener(name, () => showOffline(true));
  }

  const showOffline = (away) => {
    const note = document.getElementById("offline");
    if (note) note.hidden = !away;
  };
  window.addEventListener("offline", () => showOffline(true));
  window.addEventListener("online", () => showOffline(false));

  // How many days a trip has, first and last included, while its two days are chosen.
  document.addEventListener("input", (event) => {
    const trip = event.target.closest("[data-trip]");
    const count = trip && trip.querySelector("[data-days]");
    if (!count || !event.target.dataset.day) return;
    const [from, until] = ["start", "end"].map((name) => Date.parse(trip.querySelector(`[data-day="${name}"]`).value));
    count.textContent = until >= from ? Math.round((until - from) / 864e5) + 1 : "0";
  });

  // Buttons that only scripts can serve show themselves where scripts run.
  const wake = () => {
    for (const button of document.querySelectorAll("[data-copy-from]")) button.hidden = !navigator.clipboard;
  };
  document.addEventListener("DOMContentLoaded", wake);
  document.addEventListener("htmx:afterSettle", wake);

  // A reference is copied without the gaps it is drawn with.
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy], [data-copy-from]");
    if (!button || !navigator.clipboard) return;
    const from = document.getElementById(button.dataset.copyFrom);
    await navigator.clipboard.writeText(from ? from.value : button.dataset.copy);
    announce(button.dataset.copied);
  });
})();
