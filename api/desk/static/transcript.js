// The transcript in step with the sound.

import { byId } from "./page.js";

/** Highlight the line that is spoken now; scroll to it while following and not reading elsewhere. */
export function followSound(player) {
  const lines = [...document.querySelectorAll("#transcript [data-begin]")].map((element) => ({
    element,
    begin: Number(element.dataset.begin),
    end: Number(element.dataset.end),
  }));
  let current = null;
  player.onTime((now) => {
    const line = lines.findLast((one) => one.begin <= now && now < one.end + 400);
    if (!line || line.element === current) return;
    current?.classList.remove("current");
    current = line.element;
    current.classList.add("current");
    if (byId("follow").checked && !player.audio.paused) intoView(current);
  });
}

/** Scroll the transcript's own box, never the page. */
export function intoView(element) {
  const box = byId("transcript");
  const top = element.getBoundingClientRect().top - box.getBoundingClientRect().top;
  box.scrollTop += top - box.clientHeight / 3;
}
