// Ten seconds to take a submission back, on whatever page comes after it.

import { ask, byId, root, say, why } from "./page.js";

const KEY = "qa-undo";
const OFFERED_MS = 10_000;

/** Remember what was just submitted, for the next page. */
export function submitted(review) {
  sessionStorage.setItem(KEY, JSON.stringify({ review, until: Date.now() + OFFERED_MS }));
}

/** Show the offer while it lasts; Z takes it too. Returns what the key should do. */
export function offerUndo() {
  const kept = JSON.parse(sessionStorage.getItem(KEY) ?? "null");
  if (!kept || kept.until <= Date.now()) return () => {};
  const bar = document.createElement("div");
  bar.id = "undo";
  bar.className = "toast";
  bar.setAttribute("role", "status");
  const text = document.createElement("span");
  const button = document.createElement("button");
  button.textContent = say("undo");
  bar.append(text, button);
  byId("main").append(bar);
  const done = () => {
    clearInterval(timer);
    sessionStorage.removeItem(KEY);
    bar.remove();
  };
  const tell = () => {
    const left = Math.ceil((kept.until - Date.now()) / 1000);
    if (left <= 0) done();
    // Told once to those who listen; the seconds are for the eyes.
    else if (!text.textContent) text.textContent = say("submitted", { n: left });
    else text.firstChild.data = say("submitted", { n: left });
  };
  const timer = setInterval(tell, 1000);
  tell();
  const undo = async () => {
    if (!bar.isConnected) return;
    try {
      const { task } = await ask("POST", `${root}/desk/api/reviews/${kept.review}/withdraw`);
      done();
      if (task) location.assign(`${root}/desk/tasks/${task}`);
      else location.reload();
    } catch (error) {
      text.textContent = why(error);
      button.remove();
      clearInterval(timer);
    }
  };
  button.addEventListener("click", undo);
  return undo;
}
