// The transcript in step with the sound, and words a person marks in it.

import { ask, byId, root, why } from "./page.js";

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

/** Where a selection lies: utterance, and characters of its original text. */
function selected() {
  const range = getSelection()?.rangeCount ? getSelection().getRangeAt(0) : null;
  const text = range?.startContainer.parentElement?.closest("[data-utterance]");
  if (!range || range.collapsed || !text || !text.contains(range.endContainer)) return null;
  const at = (node, offset) => {
    const piece = node.parentElement.closest("[data-at]");
    return piece ? Number(piece.dataset.at) + offset : null;
  };
  const begin = at(range.startContainer, range.startOffset);
  const end = at(range.endContainer, range.endOffset);
  if (begin === null || end === null || end <= begin) return null;
  return { utterance: Number(text.dataset.utterance), begin, end, words: String(getSelection()) };
}

/** All rules of the phrasebook that judged the call, to choose from; asked for when first needed. */
async function listRules(call) {
  const list = byId("rules");
  if (list.dataset.all) return;
  list.dataset.all = "1";
  const answer = await fetch(`${root}/desk/api/calls/${encodeURIComponent(call)}/rules`);
  if (!answer.ok) return;
  const options = (await answer.json()).map(([rule, title]) => {
    const option = document.createElement("option");
    option.value = rule;
    option.textContent = title;
    return option;
  });
  list.replaceChildren(...options);
}

/** Let the reader mark words as missed by the machine or as heard wrong. */
export function markWords(review, call) {
  const box = byId("marker");
  let place = null;
  const show = (id, on) => (byId(id).hidden = !on);
  byId("transcript").addEventListener("pointerup", () => setTimeout(open, 0));
  byId("transcript").addEventListener("keyup", (event) => event.shiftKey && open());

  function open() {
    const found = selected();
    if (!found) return;
    place = found;
    byId("marked").textContent = found.words;
    box.hidden = false;
    ["missed-form", "wrong-form"].forEach((id) => show(id, false));
    const line = document.querySelector(`[data-utterance="${found.utterance}"]`).closest(".row");
    line.after(box);
  }

  const close = () => (box.hidden = true);
  byId("marker-close").addEventListener("click", close);
  byId("mark-missed").addEventListener("click", () => {
    show("missed-form", true);
    show("wrong-form", false);
    byId("rule").focus();
    listRules(call);
  });
  byId("mark-wrong").addEventListener("click", () => {
    show("wrong-form", true);
    show("missed-form", false);
    byId("really").value = place.words;
    byId("really").focus();
  });
  const keep = async (kind, more) => {
    const { utterance, begin, end } = place;
    try {
      await ask("POST", `${root}/desk/api/reviews/${review.id}/${kind}`, { utterance, begin, end, ...more });
      note(kind, more);
      close();
    } catch (error) {
      byId("marked").textContent = why(error);
    }
  };
  byId("keep-missed").addEventListener("click", () => keep("missed", { rule: byId("rule").value.trim() || "other" }));
  byId("keep-wrong").addEventListener("click", () => keep("corrections", { said: byId("really").value }));
  byId("really").addEventListener("keydown", (event) => {
    if (event.key === "Enter") keep("corrections", { said: byId("really").value });
  });

  /** Show at once what was kept; the page itself tells it after a reload. */
  function note(kind, more) {
    const line = document.querySelector(`[data-utterance="${place.utterance}"]`);
    const chip = document.createElement("span");
    chip.className = "fixed";
    chip.textContent = kind === "missed" ? ` ⚑ ${place.words}` : ` ${place.words}→${more.said}`;
    line.append(chip);
  }
}
