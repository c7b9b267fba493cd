// One rule: form and text are the same rule, checked as one types, kept on the server, tried on
// sentences; its judged places can be heard.

import { ask, byId, Refused, root, say, why } from "./page.js";

const CHECK_MS = 350;
const KEEP_MS = 700;
const LEAD_IN_MS = 1000;
const LEAD_OUT_MS = 600;
const piece = JSON.parse(byId("piece").textContent);
const text = byId("text");
const form = byId("as-form");
const sentences = byId("sentences");
let asked = 0;
let revision = piece.revision;
let checking = 0;
let keeping = 0;
let busy = null;
/** Which of the form's inputs is not in the text yet; 0: none. */
let ahead = 0;
let inputs = 0;

function fields() {
  return Object.fromEntries(piece.form.map((name) => [name, form.elements[name].value]));
}

function state(key, values) {
  byId("saved").textContent = say(key, values);
  byId("saved").dataset.state = key;
}

/** Check what stands here; the text follows what was typed in the form. */
async function check() {
  const number = ++asked;
  const typed = ahead;
  byId("check-state").textContent = say("checking");
  try {
    const found = await ask("POST", `${root}/desk/api/rules/check`, {
      key: piece.key,
      text: text.value,
      fields: typed ? fields() : null,
      sentences: sentences?.value ?? "",
    });
    if (number !== asked) return;
    if (typed) {
      text.value = found.text;
      // What was typed since then goes into the text with the next check.
      if (ahead === typed) ahead = 0;
    } else if (found.fields && form) fill(found.fields);
    show(found);
  } catch (error) {
    if (number === asked) byId("check-state").textContent = why(error);
  }
}

function fill(values) {
  for (const [name, value] of Object.entries(values)) {
    const input = form.elements[name];
    if (!input || document.activeElement === input) continue;
    input.value = value;
    if (input.tagName === "SELECT" && input.selectedIndex < 0) input.selectedIndex = 0;
  }
}

function show(found) {
  const errors = found.problems.filter((one) => one.level === "error").length;
  byId("check-state").textContent = found.problems.length
    ? say("n_problems", { n: found.problems.length })
    : say("no_problems");
  byId("check-state").dataset.errors = errors;
  byId("problems").replaceChildren(
    ...found.problems.map((one) => {
      const item = document.createElement("li");
      item.className = `level-${one.level}`;
      const place = document.createElement("span");
      place.className = "place";
      place.textContent = [one.code, one.piece, one.line ? say("on_line", { n: one.line }) : ""]
        .filter(Boolean)
        .join(" ");
      item.append(place, ` ${one.message}`);
      return item;
    }),
  );
  byId("recalled").replaceChildren(
    ...found.recalled.map((one) => {
      const item = document.createElement("li");
      const good = one.side === "wrong" ? one.hit === 0 : one.hit === one.said;
      item.className = good ? "level-good" : "level-warning";
      item.textContent = say(`recalled_${one.side}`, { said: one.said, hit: one.hit });
      return item;
    }),
  );
  byId("tried")?.replaceChildren(...found.tried.map(tried));
}

function tried(one) {
  const item = document.createElement("li");
  const said = document.createElement("p");
  said.className = "said";
  let at = 0;
  const marks = one.hits.length ? one.hits.map((hit) => [hit.begin, hit.end]) : one.held_back;
  for (const [begin, end] of marks) {
    const mark = document.createElement("mark");
    mark.textContent = one.text.slice(begin, end);
    said.append(one.text.slice(at, begin), mark);
    at = end;
  }
  said.append(one.text.slice(at));
  const verdict = document.createElement("p");
  // What would be charged speaks for the line.
  const hit = one.hits.find((found) => found.effect === "counted") ?? one.hits[0];
  const [held] = one.held_back;
  const sure = hit?.effect === "counted" || one.steps.length;
  verdict.className = sure ? "verdict yes" : hit?.effect === "waiting" ? "verdict maybe" : "no";
  if (hit) verdict.textContent = say(`hit_${hit.effect}`, { why: hit.why, reason: hit.told });
  else if (one.steps.length) verdict.textContent = say("step_done", { why: one.steps.join("、") });
  else if (held) verdict.textContent = say("held", { why: held[2] });
  else verdict.textContent = say("no_hit", { why: one.missed });
  item.append(said, verdict);
  return item;
}

/** Keep the draft on the server; one request at a time, the newest text wins. */
async function keep() {
  if (piece.fixed) return;
  if (busy) {
    keeping = setTimeout(keep, KEEP_MS);
    return;
  }
  const sent = text.value;
  state("saving");
  busy = ask("PUT", `${root}/desk/api/rules/draft`, { key: piece.key, text: sent, revision });
  try {
    const kept = await busy;
    revision = kept.revision;
    state(kept.changed ? "saved" : "as_in_force");
    byId("to-draft").hidden = !kept.changed;
    byId("undo").disabled = !kept.changed;
  } catch (error) {
    if (error instanceof Refused && error.body.kept !== undefined) conflict(error.body);
    else {
      state("unsaved");
      byId("conflict").hidden = false;
      byId("conflict").textContent = why(error);
    }
  } finally {
    busy = null;
  }
}

/** Another window kept something else meanwhile. */
function conflict(body) {
  state("unsaved");
  const box = byId("conflict");
  const mine = document.createElement("button");
  mine.textContent = say("keep_mine");
  mine.addEventListener("click", () => {
    revision = body.revision;
    box.hidden = true;
    keep();
  });
  const theirs = document.createElement("button");
  theirs.textContent = say("take_theirs");
  theirs.addEventListener("click", () => {
    revision = body.revision;
    text.value = body.kept;
    ahead = 0;
    box.hidden = true;
    state("saved");
    check();
  });
  box.replaceChildren(say("conflict"), " ", mine, " ", theirs);
  box.hidden = false;
}

async function changed(typed) {
  ahead = typed ? ++inputs : 0;
  clearTimeout(checking);
  clearTimeout(keeping);
  state(piece.fixed ? "fixed" : "saving");
  checking = setTimeout(async () => {
    await check();
    keeping = setTimeout(keep, KEEP_MS - CHECK_MS);
  }, CHECK_MS);
}

form?.addEventListener("input", () => changed(true));
form?.addEventListener("submit", (event) => event.preventDefault());
text.addEventListener("input", () => changed(false));
sentences?.addEventListener("input", () => {
  clearTimeout(checking);
  checking = setTimeout(check, CHECK_MS);
});
byId("undo").addEventListener("click", () => {
  text.value = piece.now;
  ahead = 0;
  check();
  keep();
});
byId("remove").addEventListener("click", () => {
  text.value = "";
  ahead = 0;
  check();
  keep();
});

for (const tabs of document.querySelectorAll("[role=tablist]")) {
  const all = [...tabs.querySelectorAll("[role=tab]")];
  for (const tab of all) {
    tab.addEventListener("click", () => {
      for (const other of all) {
        other.setAttribute("aria-selected", String(other === tab));
        byId(other.getAttribute("aria-controls")).hidden = other !== tab;
      }
    });
  }
}

/** What a language model answers to this question, as it stands here, of the newest calls. */
async function askCalls() {
  const button = byId("ask-calls");
  button.disabled = true;
  byId("ask-state").textContent = say("asking");
  byId("asked").replaceChildren();
  try {
    const found = await ask("POST", `${root}/desk/api/rules/asked`, {
      key: piece.key,
      text: text.value,
      fields: ahead ? fields() : null,
    });
    byId("ask-state").textContent = say("asked_of", { n: found.rows.length });
    byId("asked").replaceChildren(...found.rows.map(answered));
  } catch (error) {
    byId("ask-state").textContent = why(error);
  } finally {
    button.disabled = false;
  }
}

function answered(row) {
  const item = document.createElement("li");
  const head = document.createElement("p");
  const link = document.createElement("a");
  link.href = `${root}/desk/calls/${encodeURIComponent(row.call)}`;
  link.textContent = row.call;
  const state = document.createElement("strong");
  state.textContent = say(`answer_${row.state}`);
  head.append(link, " ", state, row.before ? ` ${say("was", { what: say(`answer_${row.before}`) })}` : "");
  const words = row.quotes.map(([, quoted]) => {
    const said = document.createElement("p");
    said.className = "said";
    said.textContent = `“${quoted}”`;
    return said;
  });
  const reason = document.createElement("p");
  reason.className = "soft";
  reason.textContent = row.reason || (row.why ? say(`untold_${row.why}`) : "");
  item.append(head, ...words, reason);
  return item;
}

byId("ask-calls")?.addEventListener("click", askCalls);

const audio = byId("audio");
let until = 0;

function hear(button) {
  const { call, begin, end } = button.dataset;
  const source = `${root}/desk/calls/${encodeURIComponent(call)}/audio`;
  for (const other of document.querySelectorAll(".hear")) other.setAttribute("aria-pressed", "false");
  if (!audio.paused && audio.dataset.button === button.dataset.begin + call) {
    audio.pause();
    return;
  }
  audio.dataset.button = begin + call;
  button.setAttribute("aria-pressed", "true");
  if (!audio.src.endsWith(source)) audio.src = source;
  audio.currentTime = Math.max(0, Number(begin) - LEAD_IN_MS) / 1000;
  until = (Number(end) + LEAD_OUT_MS) / 1000;
  audio.play().catch(() => {
    button.textContent = `✕ ${say("no_sound")}`;
    button.setAttribute("aria-pressed", "false");
  });
}

audio?.addEventListener("timeupdate", () => {
  if (audio.currentTime > until) audio.pause();
});
audio?.addEventListener("pause", () => {
  for (const other of document.querySelectorAll(".hear")) other.setAttribute("aria-pressed", "false");
});
byId("places")?.addEventListener("click", (event) => {
  const button = event.target.closest(".hear");
  if (button) hear(button);
  const example = event.target.closest(".example");
  if (example) {
    const field = form.elements[example.dataset.side === "wrong" ? "miss" : "hit"];
    field.value = `${field.value.trim()}\n${example.dataset.said}`.trim();
    example.disabled = true;
    changed(true);
  }
  const use = event.target.closest(".use");
  if (use) {
    sentences.value = `${sentences.value.trim()}\n${use.dataset.said}`.trim();
    check();
    sentences.scrollIntoView({ block: "center" });
  }
});

check();
