// What takes points, and the places that a person marked as missed, as the server reckons them.

import { ask, byId, clock, root, say, why } from "./page.js";

const element = (tag, className, content = "") => {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = content;
  return made;
};

/** A button that plays from a moment, with a lead-in. */
function play(ms) {
  const button = element("button", "time", clock(ms));
  button.type = "button";
  button.dataset.play = ms;
  button.dataset.lead = 1000;
  return button;
}

export function lossLine({ text, points, at_ms: atMs, stands, reason }) {
  const line = element("li", stands ? "" : "undone");
  line.append(element("span", "", text));
  if (atMs !== null) line.append(" ", play(atMs));
  if (reason) line.append(" ", element("span", "soft effect", reason));
  line.append(element("span", "lost", `−${points}`));
  return line;
}

/** What a finding takes follows its verdict: struck out where it was judged wrong. */
export function showCost(finding, { points, undone, reason }) {
  const tags = finding.querySelector(".tags");
  for (const old of tags.querySelectorAll(".effect, .lost")) old.remove();
  if (reason) tags.append(element("span", "tag effect", reason));
  if (points) tags.append(element("span", undone ? "lost undone" : "lost", `−${points}`));
}

/** The list of 漏检 of this draft, each with its way back. */
export function showMarks(draft, marks) {
  byId("marks").hidden = !marks.length;
  byId("marks-list").replaceChildren(...marks.map((mark) => markLine(draft, mark)));
}

function markLine(draft, mark) {
  const line = element("li", "obligation");
  const head = element("p", "obligation-head");
  const undo = element("button", "plain", say("undo_mark"));
  undo.type = "button";
  undo.setAttribute("aria-label", `${say("undo_mark")} ${mark.title}`);
  undo.addEventListener("click", async () => {
    const { rule, utterance, begin, end } = mark;
    try {
      draft.show(await ask("DELETE", `${root}/desk/api/reviews/${draft.review.id}/missed`, { rule, utterance, begin, end }));
    } catch (error) {
      undo.textContent = why(error);
    }
  });
  head.append(element("span", "item-title", mark.title), play(mark.begin_ms), undo);
  line.append(head, element("p", "said", `“${mark.words}”`));
  return line;
}
