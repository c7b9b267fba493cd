// The queue by keyboard: J and K move, Enter opens, N takes the next, S looks for a call,
// / goes to the filters.

import { onKeys } from "./keys.js";
import { root } from "./page.js";
import { offerUndo } from "./undo.js";

const rows = [...document.querySelectorAll("a.open, button.open")];
let at = -1;

const go = (to) => {
  at = Math.max(0, Math.min(rows.length - 1, to));
  rows[at]?.focus();
};

onKeys({
  j: () => go(at + 1),
  k: () => go(at - 1),
  s: () => location.assign(`${root}/desk/search#agent`),
  n: () => document.getElementById("next").click(),
  z: offerUndo(),
  "/": () => document.querySelector("#filters select").focus(),
});

// A row opens wherever it is clicked; what is selected to be copied, and its own buttons, are let be.
document.querySelector("table.queue")?.addEventListener("click", (event) => {
  if (event.target.closest("a, button, input, label, th") || String(getSelection())) return;
  event.target.closest("tr")?.querySelector(".open")?.click();
});
