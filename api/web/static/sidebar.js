// The agent's sidebar: one prompt, the steps, the last words.

import { byId, clock, concluded, fragment, keepAddressInLanguageLink, make, onHandover, root, say, showStale, stateText, words } from "./page.js";
import { follow } from "./socket.js";

const LINES = 40;
const WITHDRAWN_MS = 4000;
const readonly = new URLSearchParams(location.search).has("readonly");

let link = null;
let steps;
let prompt;
let muted;
let source;
let at;
let sticking;
let top;
let outcome;
let hearing;
let fading;

/** Nothing of the call before may stay: its clock and its mute would be taken for the next one's. */
function clear(state) {
  link?.stop();
  link = null;
  steps = new Map();
  prompt = null;
  muted = false;
  hearing = "live";
  at = { ms: 0, since: Date.now() };
  sticking = true;
  top = 0;
  outcome = "";
  byId("lines").replaceChildren();
  for (const id of ["model", "roles", "latest"]) byId(id).hidden = true;
  byId("clock").textContent = "";
  showStale(0);
  source = state;
  showSteps();
  showSource(state);
  showPrompt();
}

function start({ call, token }) {
  clear("connecting");
  const path = (seq) => `${root}/v1/calls/${encodeURIComponent(call)}/events?last_seq=${seq}`;
  link = follow(path, token, { message: hear, state: connection, stale: showStale });
}

function connection(state, reason) {
  if (state === "open") return;
  if (state === "over") return;
  showSource(state, state === "refused" ? say("refused", { reason }) : words[state]);
}

function showSource(state, text = words[state]) {
  const changed = source !== state;
  source = state;
  byId("dot").dataset.state = state;
  if (changed && !prompt && byId("prompt").dataset.severity !== "withdrawn") showPrompt();
  if (byId("state").textContent !== text) byId("state").textContent = text;
}

const handlers = {
  opened: (m) => {
    hearing = m.hearing ?? "live";
    showSource("live", stateText("live", 0, hearing));
    byId("model").hidden = !m.synthetic_model;
    byId("roles").hidden = m.roles_known !== false;
    for (const step of m.steps) steps.set(step.id, { ...step, state: step.due ? "pending" : "not_applicable" });
    showSteps();
  },
  utterance: (m) => showLine(m.utterance),
  step: (m) => {
    const unheard = m.unheard && m.state === "missed";
    steps.set(m.step, { ...steps.get(m.step), title: m.title, state: m.state, deadline: m.deadline_ms, unheard });
    showSteps();
  },
  prompt: (m) => {
    const ours = prompt?.prompt_id === m.prompt_id;
    if (source === "ended") return;
    if (m.state === "shown" || m.state === "confirmed") prompt = m;
    else if (ours && m.state === "withdrawn") return withdraw(m);
    else if (ours) prompt = null;
    showPrompt();
  },
  hit: (m) => mark(m),
  source: (m) => showSource(m.state === "lost" || m.state === "gone" ? "lost" : "live"),
  ended: (m) => {
    outcome = concluded(m.conclusion, m.score, m.judgeable?.reason, m.to_give) || words.ended;
    prompt = null;
    showSource("ended");
    showSteps();
  },
  heartbeat: (m) => m.source && showSource(m.source, stateText(m.source, m.behind_ms, hearing)),
};

function hear(message) {
  at = { ms: Math.max(at.ms, message.at_ms), since: Date.now() };
  handlers[message.type]?.(message);
}

function showPrompt() {
  clearTimeout(fading);
  const card = byId("prompt");
  card.dataset.severity = prompt?.severity ?? "";
  card.setAttribute("aria-live", prompt?.severity === "critical" ? "assertive" : "polite");
  if (!prompt) {
    const unmute = make("button", "link", words.unmute);
    unmute.onclick = () => feedback("unmute");
    const calm = source === "ended" ? outcome : words[source === "live" ? (hearing === "later" ? "judged_later" : muted ? "muted" : "listening") : source];
    card.replaceChildren(make("p", "calm", calm ?? "", ...(muted && source === "live" ? [" ", unmute] : [])));
    return;
  }
  const head = make("p", "head", make("b", "badge", words.severity[prompt.severity]), titleOf(prompt));
  if (prompt.kind === "phrase") head.append(make("small", "", words[prompt.provisional ? "provisional" : "confirmed"]));
  const parts = [head];
  if (prompt.heard) parts.push(make("p", "heard", `${words[`${prompt.by}_said`]} `, make("q", "", prompt.heard)));
  if (prompt.kind === "step") parts.push(make("p", "heard", words.overdue));
  if (prompt.suggest.length) parts.push(make("p", "label", words.say_instead), make("p", "suggest", prompt.suggest[0]));
  if (prompt.coach) parts.push(make("p", "coach", prompt.coach));
  if (!readonly) parts.push(buttons());
  card.replaceChildren(...parts);
}

const titleOf = ({ kind, rule, title }) => (kind === "conduct" ? (words.conduct[rule] ?? title) : title);

function buttons() {
  const row = make("p", "buttons");
  for (const [action, key] of [["dismiss", "Escape"], ["not_right", "n"], ["mute", "m"]]) {
    const button = make("button", "", words[action]);
    button.type = "button";
    button.setAttribute("aria-keyshortcuts", key);
    button.onclick = () => feedback(action);
    row.append(button);
  }
  return row;
}

function feedback(action) {
  link?.send({ type: "Feedback", action, prompt_id: prompt?.prompt_id ?? "" });
  if (action === "mute" || action === "unmute") muted = action === "mute";
  prompt = null;
  showPrompt();
}

function withdraw(message) {
  prompt = null;
  const card = byId("prompt");
  card.dataset.severity = "withdrawn";
  card.replaceChildren(make("p", "head", make("s", "", titleOf(message))), make("p", "calm", words.withdrawn));
  clearTimeout(fading);
  fading = setTimeout(showPrompt, WITHDRAWN_MS);
}

function showSteps() {
  const shown = [...steps.values()].filter((step) => step.state !== "not_applicable");
  const next = shown.find((step) => step.state === "missed" && !step.unheard) ?? shown.find((step) => step.state === "pending");
  const said = shown.filter((step) => step.state === "done" || step.state === "late");
  byId("progress").max = shown.length || 1;
  byId("progress").value = said.length;
  byId("count").textContent = shown.length ? `${said.length}/${shown.length}` : "";
  const open = shown.filter((step) => !said.includes(step));
  byId("steps").replaceChildren(
    ...[...(source === "ended" ? said : said.slice(-1)), ...open].map((step) => {
      const item = make("li", step.state, make("span", "", step.title));
      item.append(make("small", "", step.unheard ? words.unheard : words.step_state[step.state]));
      if (step === next && source !== "ended") {
        item.classList.add("next");
        item.setAttribute("aria-current", "step");
        if (step.prompt) item.append(make("q", "", step.prompt));
      }
      return item;
    }),
  );
}

function showLine(said) {
  const lines = byId("lines");
  let line = byId(`u${said.id}`);
  if (!said.text && said.intelligible) return line?.remove();
  if (!line) {
    line = make("p", said.role);
    line.id = `u${said.id}`;
    line.dataset.at = said.begin_ms;
    const after = [...lines.children].find((other) => Number(other.dataset.at) > said.begin_ms);
    lines.insertBefore(line, after ?? null);
    while (lines.children.length > LINES) lines.firstChild.remove();
  }
  line.classList.toggle("partial", !said.is_final);
  const stable = said.is_final ? said.text.length : said.stable_chars;
  const body = said.intelligible ? [said.text.slice(0, stable), make("i", "", said.text.slice(stable))] : [make("i", "", words.unclear)];
  const known = (said.role_confidence ?? 1) >= 0.5;
  line.replaceChildren(make("b", "", words[known ? said.role : "somebody"]), ...body);
  if (sticking) stick();
}

function stick() {
  const lines = byId("lines");
  top = 0;
  lines.scrollTop = lines.scrollHeight;
}

function mark({ state, hit }) {
  const line = byId(`u${hit.utterance}`);
  if (!line) return;
  if (state === "retracted") delete line.dataset.severity;
  else line.dataset.severity = hit.severity;
}

// Only scrolling up lets go of the newest line; a card that grows above it does not.
byId("lines").addEventListener("scroll", ({ target }) => {
  const below = target.scrollHeight - target.scrollTop - target.clientHeight;
  if (target.scrollTop < top - 4) sticking = false;
  if (below < 24) sticking = true;
  top = target.scrollTop;
  byId("latest").hidden = sticking;
});
new ResizeObserver(() => sticking && stick()).observe(byId("lines"));
byId("latest").onclick = () => stick();
addEventListener("keydown", ({ key }) => {
  const action = { Escape: "dismiss", n: "not_right", m: muted ? "unmute" : "mute" }[key];
  if (action && !readonly && (prompt || key === "m")) feedback(action);
});
setInterval(() => {
  const running = source === "live" ? Date.now() - at.since : 0;
  byId("clock").textContent = at.ms ? clock(at.ms + Math.min(running, 3000)) : "";
}, 500);

keepAddressInLanguageLink();
onHandover(start, () => clear("idle"));
const call = new URLSearchParams(location.search).get("call");
const token = fragment().get("token") ?? "";
if (call && (token || window.parent === window)) start({ call, token });
else {
  clear(window.parent === window ? "refused" : "idle");
  if (window.parent === window) showSource("refused", words.no_token);
}
