// The supervisor's board: one row for each call, alerts on top, a call beside it on request.

import { byId, clock, concluded, fragment, keepAddressInLanguageLink, make, root, say, showStale, stateText, words } from "./page.js";
import { follow } from "./socket.js";

const ORDER = ["critical", "high", "medium", "low"];
const ALERTS = 4;
const AGED_MS = 4000;
const KEPT_MS = 120_000;
const SETTLE_MS = 2000;

const calls = new Map();
let rows = [];
let chosen = null;
const token = fragment().get("token") ?? "";
let viewReady = false;
let openSince = 0;

function connection(state, reason, code) {
  if (state === "refused" && code === "no_token" && !token) {
    location.assign(`${root}/desk/login?next=${encodeURIComponent(`/board${location.search}`)}`);
    return;
  }
  if (state === "refused" && code === "token" && !token) reason = words.may_not;
  const shown = state === "open" ? "live" : state;
  byId("dot").dataset.state = shown;
  byId("state").textContent = state === "refused" ? say("refused", { reason }) : state === "open" ? "" : words[shown];
  if (state === "open") openSince ||= Date.now();
  else openSince = 0;
  if (state === "reconnecting") calls.clear();
}

const handlers = {
  call: (line) => {
    const endedAt = line.state === "ended" ? (calls.get(line.call_id)?.endedAt ?? Date.now()) : 0;
    calls.set(line.call_id, { ...line, endedAt });
  },
  call_gone: (line) => calls.delete(line.call_id),
  alert: (alert) => showAlert(alert),
};

function hear(message) {
  handlers[message.type]?.(message);
  if (message.type !== "heartbeat") show();
}

function showAlert(alert) {
  const list = byId("alerts");
  list.querySelector(`[data-hit="${CSS.escape(`${alert.call_id}:${alert.hit}`)}"]`)?.remove();
  if (alert.state === "withdrawn") return;
  const agent = calls.get(alert.call_id)?.agent || alert.call_id;
  const open = make("button", "", make("b", "badge", words.severity[alert.severity]), `${agent} · ${words[alert.rule] ?? alert.title} `, make("q", "", alert.quote), ago(alert.age_ms));
  open.type = "button";
  open.onclick = () => choose(alert.call_id);
  const item = make("li", "", open);
  item.dataset.call = alert.call_id;
  item.dataset.hit = `${alert.call_id}:${alert.hit}`;
  item.dataset.severity = alert.severity;
  list.setAttribute("aria-live", alert.severity === "critical" ? "assertive" : "polite");
  list.prepend(item);
  while (list.children.length > ALERTS) list.lastChild.remove();
}

/** An alert outlives its call by two minutes; after a reconnection all calls are told first. */
function dropOldAlerts() {
  if (!openSince || Date.now() - openSince < SETTLE_MS) return;
  if (calls.size !== rows.length) show();
  for (const item of [...byId("alerts").children]) {
    const line = calls.get(item.dataset.call);
    if (!line || (line.endedAt && Date.now() - line.endedAt > KEPT_MS)) item.remove();
  }
}

const ago = (ms) => (ms >= AGED_MS ? make("small", "", say("said_ago", { n: Math.round(ms / 1000) })) : "");
const worst = (line) => ORDER.find((severity) => line.alerts[severity]) ?? "";
const rank = (line) => (line.state === "ended" ? 10 : 0) + (worst(line) ? ORDER.indexOf(worst(line)) : 5);

function wanted(line) {
  const text = byId("filter").value.trim().toLowerCase();
  const only = byId("only").value;
  if (only === "alerts" && !worst(line)) return false;
  if (only === "live" && line.state === "ended") return false;
  return !text || `${line.call_id} ${line.agent} ${line.script} ${line.last_text}`.toLowerCase().includes(text);
}

function show() {
  rows = [...calls.values()].filter(wanted).sort((a, b) => rank(a) - rank(b) || a.began_at.localeCompare(b.began_at));
  const focused = document.activeElement?.dataset?.call;
  byId("calls").replaceChildren(...rows.map(row));
  byId("empty").hidden = rows.length > 0;
  if (focused) byId("calls").querySelector(`[data-call="${CSS.escape(focused)}"]`)?.focus();
  const live = [...calls.values()].filter((line) => line.state !== "ended");
  byId("summary").textContent = say("summary", { calls: live.length, alerts: live.filter(worst).length });
}

function row(line) {
  const severity = worst(line);
  const count = Object.values(line.alerts).reduce((sum, n) => sum + n, 0);
  const badge = severity ? make("b", "badge", `${words.severity[severity]} ${count}`) : "";
  const state = concluded(line.conclusion, line.score, line.unjudgeable, line.to_give) || stateText(line.state, line.behind_ms, line.hearing);
  const steps = `${line.steps_done}/${line.steps_total}${line.steps_late ? ` ⚠${line.steps_late}` : ""}`;
  const last = line.last_text ? `${words[line.last_role]}：${line.last_text}` : "";
  const cells = [badge, line.agent || line.call_id, clock(line.duration_ms), state, steps, last];
  const element = make("tr", line.state, ...cells.map((content) => make("td", "", content)));
  element.tabIndex = 0;
  element.dataset.call = line.call_id;
  element.dataset.severity = severity;
  element.setAttribute("aria-selected", String(line.call_id === chosen));
  element.onclick = () => choose(line.call_id);
  return element;
}

function choose(callId) {
  chosen = callId;
  byId("detail").hidden = !callId;
  show();
  if (!callId) return;
  const view = byId("view");
  if (!view.src) view.src = `${root}/sidebar?readonly&lang=${document.documentElement.lang.slice(0, 2)}`;
  else if (viewReady) hand();
}

const hand = () => chosen && byId("view").contentWindow.postMessage({ type: "qa-engine", call: chosen, token }, location.origin);

addEventListener("message", ({ source, data }) => {
  if (source !== byId("view").contentWindow || data?.type !== "qa-engine-ready") return;
  viewReady = true;
  hand();
});

function move(by) {
  const at = rows.findIndex((line) => line.call_id === document.activeElement?.dataset?.call);
  byId("calls").children[Math.min(Math.max(at + by, 0), rows.length - 1)]?.focus();
}

const keys = {
  j: () => move(1),
  k: () => move(-1),
  "/": () => byId("filter").focus(),
  Escape: () => choose(null),
  Enter: () => document.activeElement?.dataset?.call && choose(document.activeElement.dataset.call),
};
addEventListener("keydown", (event) => {
  const typing = event.target.matches("input, select");
  if (typing && event.key !== "Escape") return;
  if (typing) event.target.blur();
  if (keys[event.key]) {
    if (event.key === "/") event.preventDefault();
    keys[event.key]();
  }
});
byId("filters").addEventListener("input", show);
byId("filters").addEventListener("submit", (event) => event.preventDefault());
byId("close").onclick = () => choose(null);

setInterval(dropOldAlerts, 1000);
keepAddressInLanguageLink();
follow(() => `${root}/v1/board`, token, { message: hear, state: connection, stale: showStale });
