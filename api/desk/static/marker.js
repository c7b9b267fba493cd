// Words that the machine missed or heard wrong: chosen by mouse in the transcript, or by keyboard in
// a line of their own, where Shift and the arrows choose and up and down go to another utterance.

import { ask, byId, root, why } from "./page.js";
import { intoView } from "./transcript.js";

const text = (line) =>
  [...line.querySelectorAll("[data-at]")].map((piece) => piece.textContent).join("");

/** Where a selection in the transcript lies: its line, and characters of the original text. */
function selected() {
  const range = getSelection()?.rangeCount ? getSelection().getRangeAt(0) : null;
  const from = range?.startContainer;
  const line = (from?.nodeType === Node.TEXT_NODE ? from.parentElement : from)?.closest("[data-utterance]");
  if (!range || range.collapsed || !line) return null;
  let begin = null;
  let end = null;
  // A click thrice selects a paragraph, which ends at the begin of the next one.
  for (const piece of line.querySelectorAll("[data-at]")) {
    const words = piece.firstChild;
    if (!words || !range.intersectsNode(words)) continue;
    const first = words === range.startContainer ? range.startOffset : 0;
    const last = words === range.endContainer ? range.endOffset : words.length;
    if (last <= first) continue;
    begin ??= Number(piece.dataset.at) + first;
    end = Number(piece.dataset.at) + last;
  }
  return begin === null ? null : { line, begin, end };
}

/** Who speaks in a line: agent or customer. */
const speaker = (line) => (line.closest(".role-agent") ? "agent" : "customer");

/** The rules of the phrasebook that judged the call, narrowed as one types. */
class Rules {
  constructor(call) {
    this.call = call;
    this.all = null;
    this.who = "agent";
    byId("rule-filter").addEventListener("input", () => this.narrow());
    byId("rule-filter").addEventListener("keydown", (event) => {
      if (event.key === "ArrowDown") byId("rule").focus();
    });
  }

  /** `who` speaks in the line: a rule that listens to the other side alone is not offered. */
  async load(who) {
    this.who = who;
    if (this.all) return this.narrow();
    const answer = await fetch(`${root}/desk/api/calls/${encodeURIComponent(this.call)}/rules`);
    this.all = answer.ok ? await answer.json() : [];
    return this.narrow();
  }

  narrow() {
    const wanted = byId("rule-filter").value.trim().toLowerCase();
    const found = (this.all ?? []).filter(
      ([rule, title, who]) =>
        [this.who, "any"].includes(who) && [rule, title].some((name) => name.toLowerCase().includes(wanted)),
    );
    byId("rule").replaceChildren(...found.map(([rule, title]) => new Option(title, rule)));
    if (found.length) byId("rule").selectedIndex = 0;
  }
}

/** Bind the marker; returns what opens it on the line that is spoken, picked or first. */
export function markWords(review, call, show) {
  const box = byId("marker");
  const field = byId("marked");
  const rules = new Rules(call);
  const lines = [...document.querySelectorAll("#transcript [data-utterance]")].filter(text);
  let at = -1;

  function open({ line, begin, end }) {
    at = lines.indexOf(line);
    field.value = text(line);
    box.hidden = false;
    line.closest(".row").after(box);
    if (!forms.some((id) => !byId(id).hidden)) field.focus({ preventScroll: true });
    field.setSelectionRange(begin, end);
    if (!byId("missed-form").hidden) rules.load(speaker(line));
    byId("marker-problem").hidden = true;
  }

  const forms = ["missed-form", "wrong-form"];
  function form(id) {
    for (const one of forms) byId(one).hidden = one !== id;
    byId("mark-missed").setAttribute("aria-expanded", String(id === "missed-form"));
    byId("mark-wrong").setAttribute("aria-expanded", String(id === "wrong-form"));
  }

  function close() {
    form("");
    box.hidden = true;
  }

  function move(by) {
    const line = lines[at + by];
    if (!line) return;
    open({ line, begin: 0, end: text(line).length });
    intoView(line.closest(".row"));
  }

  byId("transcript").addEventListener("pointerup", (event) => {
    if (event.target.closest("#marker")) return;
    setTimeout(() => {
      const found = selected();
      if (found) open(found);
    }, 0);
  });
  // The words are chosen here, not changed.
  field.addEventListener("beforeinput", (event) => event.preventDefault());
  box.addEventListener("keydown", (event) => {
    if (event.key === "Escape") close();
    if (event.target !== field) return;
    if (event.key === "ArrowUp" || event.key === "ArrowDown") {
      event.preventDefault();
      move(event.key === "ArrowUp" ? -1 : 1);
    } else if (event.key === "Enter") byId("mark-missed").click();
  });
  byId("marker-close").addEventListener("click", close);
  byId("mark-missed").addEventListener("click", async () => {
    form("missed-form");
    byId("rule-filter").focus();
    await rules.load(speaker(lines[at]));
  });
  byId("mark-wrong").addEventListener("click", () => {
    form("wrong-form");
    byId("really").value = field.value.slice(field.selectionStart, field.selectionEnd);
    byId("really").focus();
  });

  async function keep(kind, more) {
    const { selectionStart: begin, selectionEnd: end } = field;
    const place = { utterance: Number(lines[at].dataset.utterance), begin, end };
    try {
      const kept = await ask("POST", `${root}/desk/api/reviews/${review.id}/${kind}`, { ...place, ...more });
      if (kind === "missed") show(kept);
      else note(lines[at], `${field.value.slice(begin, end)}→${more.said}`);
      close();
    } catch (error) {
      byId("marker-problem").textContent = why(error);
      byId("marker-problem").hidden = false;
    }
  }

  const keepMissed = () => keep("missed", { rule: byId("rule").value });
  const keepWrong = () => keep("corrections", { said: byId("really").value });
  byId("keep-missed").addEventListener("click", keepMissed);
  byId("keep-wrong").addEventListener("click", keepWrong);
  for (const [id, act] of [["rule", keepMissed], ["rule-filter", keepMissed], ["really", keepWrong]]) {
    byId(id).addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.isComposing) return;
      event.preventDefault();
      act();
    });
  }

  return () => {
    const row = document.querySelector("#transcript .row.current, #transcript .row:has(mark.picked)");
    // What is missed is the agent's: where the customer speaks, the agent's words before that.
    let at = Math.max(0, lines.indexOf(row?.querySelector("[data-utterance]")));
    while (at > 0 && speaker(lines[at]) !== "agent") at -= 1;
    const line = speaker(lines[at]) === "agent" ? lines[at] : (lines.find((one) => speaker(one) === "agent") ?? lines[0]);
    if (line) open({ line, begin: 0, end: text(line).length });
  };
}

/** Show at once what was corrected; the page itself tells it after a reload. */
function note(line, words) {
  const chip = document.createElement("span");
  chip.className = "fixed";
  chip.textContent = ` ${words}`;
  line.append(chip);
}
