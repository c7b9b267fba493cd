// The draft tried on past calls: begin, watch, stop; the page comes again with the result.

import { ask, byId, root, say, why } from "./page.js";

const LOOK_MS = 700;
const form = byId("trial");
const bar = byId("progress");

async function follow(number) {
  bar.hidden = false;
  byId("stop").hidden = false;
  form.querySelector("button.main").disabled = true;
  form.dataset.running = number;
  // What stands there is of a trial before.
  byId("trial-found").hidden = true;
  try {
    const one = await ask("GET", `${root}/desk/api/rules/trials/${number}`);
    bar.max = Math.max(1, one.whole);
    bar.value = one.done;
    byId("told").textContent = say("progress", { done: one.done.toLocaleString(), whole: one.whole.toLocaleString() });
    if (one.state === "running") setTimeout(() => follow(number), LOOK_MS);
    else location.reload();
  } catch (error) {
    byId("told").textContent = why(error);
    setTimeout(() => follow(number), 4 * LOOK_MS);
  }
}

form?.addEventListener("submit", async (event) => {
  event.preventDefault();
  byId("told").textContent = say("begins");
  try {
    const said = Number(new FormData(form).get("said"));
    const begun = await ask("POST", `${root}/desk/api/rules/trials`, { said });
    follow(begun.trial);
  } catch (error) {
    byId("told").textContent = why(error);
  }
});

byId("stop")?.addEventListener("click", () => {
  ask("POST", `${root}/desk/api/rules/trials/${form.dataset.running}/stop`).catch(() => {});
});

if (form?.dataset.running) follow(form.dataset.running);
