// Single keys for who wants them: never in a field, never with Ctrl, Alt or Meta, and not where they are off.
const dialog = document.getElementById("shortcuts");
const FIELDS = "input:not([type=checkbox], [type=radio]), select, textarea, [contenteditable]";

function row(step) {
  const rows = [...document.querySelectorAll("[data-key]")];
  const now = rows.findIndex((one) => one.contains(document.activeElement));
  const next = now < 0 ? (step > 0 ? 0 : rows.length - 1) : Math.min(Math.max(now + step, 0), rows.length - 1);
  rows[next]?.querySelector("a")?.focus();
}

/** Opens what is decided about the row that has the focus, or about the page's one person. */
function decide(kind) {
  const around = document.activeElement.closest("[data-key]") ?? document.querySelector("#standing");
  around?.querySelector(`a[href$="soort=${kind}"]`)?.click();
}

function search() {
  const field = document.querySelector("main input[type=search]");
  if (field) field.focus();
  else location.assign("/opdrachten#q");
}

const KEYS = {
  "/": search,
  n: () => location.assign("/opdrachten/nieuw"),
  j: () => row(1),
  k: () => row(-1),
  d: () => decide("nominated"),
  a: () => decide("rejected"),
  v: () => document.querySelector("#people button[type=submit]")?.click(),
  "?": () => dialog.showModal(),
};

document.querySelector("[data-shows=shortcuts]").addEventListener("click", () => dialog.showModal());
document.addEventListener("keydown", (event) => {
  const off = document.body.dataset.shortcuts === "off" || dialog.open;
  if (off || event.ctrlKey || event.altKey || event.metaKey || event.isComposing || event.target.closest?.(FIELDS)) return;
  if (!Object.hasOwn(KEYS, event.key)) return;
  event.preventDefault();
  KEYS[event.key]();
});
