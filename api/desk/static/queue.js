// The queue by keyboard: J and K move, Enter opens, N takes the next, / goes to the filters.

const rows = [...document.querySelectorAll("a.open")];
let at = -1;

const go = (to) => {
  at = Math.max(0, Math.min(rows.length - 1, to));
  rows[at]?.focus();
};

addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.matches("input, select, textarea")) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  if (event.key === "j") go(at + 1);
  else if (event.key === "k") go(at - 1);
  else if (event.key === "n") document.getElementById("next").click();
  else if (event.key === "/") {
    event.preventDefault();
    document.querySelector("#filters select").focus();
  }
});
