// What both pages need: words, elements, the token from the fragment or the page around us.

export const words = JSON.parse(document.getElementById("words").textContent);
/** Where this server begins behind a proxy: empty, or such as `/qa`. */
export const root = document.documentElement.dataset.root;
export const byId = (id) => document.getElementById(id);

/** `say("stale", {n: 3})` */
export const say = (key, values = {}) =>
  Object.entries(values).reduce((text, [name, value]) => text.replace(`{${name}}`, value), words[key]);

/** An element with a class, and text or children that are never read as HTML. */
export function make(tag, className = "", ...children) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...children);
  return element;
}

/** Minutes and seconds of a call. */
export const clock = (ms) => {
  const seconds = Math.max(Math.floor(ms / 1000), 0);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
};

/** What an ended call came to; empty while it runs. `toGive`: points that a person has still to give. */
export function concluded(conclusion, score, reason, toGive = 0) {
  if (score == null) return conclusion ? `${words.not_judgeable}${reason ? ` · ${words.unjudgeable[reason] ?? reason}` : ""}` : "";
  const given = say("score", { n: Math.round(score) });
  const points = toGive ? `${given} · ${say("to_give", { n: toGive })}` : given;
  return conclusion === "to_review" ? `${points} · ${words.to_review}` : points;
}

export const fragment = () => new URLSearchParams(location.hash.slice(1));

/** The page around us may hand over a call and its token, now or later; an empty call takes it away. */
export function onHandover(take, leave) {
  addEventListener("message", ({ source, data }) => {
    if (source !== window.parent || data?.type !== "qa-engine") return;
    if (data.call && typeof data.token === "string") take(data);
    else if (data.call === "") leave();
  });
  if (window.parent !== window) window.parent.postMessage({ type: "qa-engine-ready" }, "*");
}

/** The other language keeps the call and the token. */
export function keepAddressInLanguageLink() {
  const link = byId("language");
  link.addEventListener("click", () => {
    const query = new URLSearchParams(location.search);
    query.set("lang", new URLSearchParams(link.search).get("lang"));
    link.href = `?${query}${location.hash}`;
  });
}

const BEHIND_MS = 2000;

/** A call's state in words; from two seconds on also how far its recognition is behind. */
export const stateText = (state, behindMs = 0, hearing = "live") =>
  state === "live" && hearing === "later" ? words.hear_later : state === "live" && behindMs >= BEHIND_MS ? say("behind", { n: Math.round(behindMs / 1000) }) : words[state];

/** Show the connection's state in `#dot`, `#state` and `#stale`. */
export function showStale(seconds) {
  const banner = byId("stale");
  banner.hidden = !seconds;
  banner.textContent = seconds ? say("stale", { n: seconds }) : "";
}
