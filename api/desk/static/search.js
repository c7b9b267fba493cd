// Finding a call by keyboard: J and K walk the calls that were found, Enter opens one, / goes back to
// the words. From the queue one comes with #agent: who, then when, then Enter.

import { onKeys } from "./keys.js";
import { byId } from "./page.js";

const rows = [...document.querySelectorAll("a.line-link")];
let at = -1;

const go = (to) => {
  at = Math.max(0, Math.min(rows.length - 1, to));
  rows[at]?.focus();
};

onKeys({
  j: () => go(at + 1),
  k: () => go(at - 1),
  "/": () => document.querySelector("[name=q]").focus(),
});

if (location.hash === "#agent") {
  byId("more").open = true;
  document.querySelector("[name=agent]").focus();
}
