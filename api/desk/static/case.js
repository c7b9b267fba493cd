// The desk: findings, sound, transcript and sheet as one, by mouse or by keyboard alone.

import { Draft } from "./draft.js";
import { ask, byId, leave, root, why } from "./page.js";
import { Player } from "./player.js";
import { followSound, intoView, markWords } from "./transcript.js";
import { drawVoices } from "./wave.js";

const data = JSON.parse(byId("case").textContent);
const review = data.review;
const player = new Player(data.duration_ms);
const findings = [...document.querySelectorAll(".finding")];
const draft = review ? new Draft(review, data.items) : null;
let at = -1;
let told = Promise.resolve();

drawVoices(data.call);
followSound(player);
if (review) markWords(review, data.call);

function pick(number, { play = true } = {}) {
  at = findings.findIndex((one) => one.dataset.finding === String(number));
  const finding = findings[at];
  if (!finding) return;
  for (const one of document.querySelectorAll(".picked")) one.classList.remove("picked");
  for (const one of document.querySelectorAll(`[data-finding="${number}"]`)) one.classList.add("picked");
  finding.focus({ preventScroll: true });
  finding.scrollIntoView({ block: "nearest" });
  const mark = document.querySelector(`#transcript [data-finding="${number}"]`);
  if (mark) intoView(mark.closest(".row"));
  if (play) player.playFrom(Number(finding.dataset.begin), 1000, Number(finding.dataset.end));
  history.replaceState(null, "", `#hit=${number}`);
}

function step(by) {
  const shown = findings.filter((one) => !one.hidden);
  if (!shown.length) return;
  const here = shown.indexOf(findings[at]);
  const next = here < 0 ? (by > 0 ? 0 : shown.length - 1) : here + by;
  const to = shown[Math.min(Math.max(next, 0), shown.length - 1)];
  pick(to.dataset.finding);
}

/** The verdict shows and the next finding plays at once; the server hears of them one by one. */
function judge(right) {
  const finding = findings[at];
  if (!finding || !review) return;
  const before = finding.dataset.said;
  showVerdict(finding, right ? "1" : "0");
  step(1);
  told = told.then(async () => {
    try {
      const hit = finding.dataset.hit;
      draft.show(await ask("POST", `${root}/desk/api/reviews/${review.id}/verdicts`, { hit, right }));
    } catch (error) {
      showVerdict(finding, before);
      byId("conflict").hidden = false;
      byId("conflict").textContent = why(error);
    }
  });
}

function showVerdict(finding, said) {
  finding.dataset.said = said;
  for (const button of finding.querySelectorAll("[data-right]")) {
    button.setAttribute("aria-pressed", String(button.dataset.right === said));
  }
  const done = findings.filter((one) => one.dataset.said !== "").length;
  byId("judged").textContent = `${done}/${findings.length}`;
  hideJudged();
}

function hideJudged() {
  const only = byId("only-open")?.checked;
  findings.forEach((one, n) => (one.hidden = Boolean(only && one.dataset.said !== "" && n !== at)));
}

byId("decision")?.addEventListener("submit", async (event) => {
  // The sheet must be kept before the answer that makes it the score.
  if (event.target.dataset.kept) return;
  event.preventDefault();
  const { submitter, target } = event;
  // What was typed before this script ran counts as well.
  draft.dirty = true;
  await told;
  await draft.save();
  target.dataset.kept = "1";
  // Not before this event is over: a form that is being submitted ignores the request.
  setTimeout(() => target.requestSubmit(submitter));
});

async function submit() {
  await told;
  const kept = await draft.submit();
  if (kept?.state === "submitted") leave(`${root}/desk/queue/next?${data.query}`);
}

document.addEventListener("click", (event) => {
  const verdict = event.target.closest("[data-right]");
  const flag = event.target.closest("[data-finding]");
  const time = event.target.closest("[data-play]");
  if (verdict) {
    at = findings.indexOf(verdict.closest(".finding"));
    judge(verdict.dataset.right === "1");
  } else if (flag && !event.target.closest("summary, details") && getSelection().isCollapsed) {
    pick(flag.dataset.finding);
  } else if (time) {
    player.playFrom(Number(time.dataset.play), Number(time.dataset.lead));
  }
});

byId("previous").addEventListener("click", () => step(-1));
byId("following").addEventListener("click", () => step(1));
byId("help-button").addEventListener("click", () => byId("help").showModal());
byId("only-open")?.addEventListener("change", hideJudged);
byId("submit")?.addEventListener("click", submit);

const keys = {
  " ": () => player.toggle(),
  j: () => step(1),
  k: () => step(-1),
  1: () => judge(true),
  0: () => judge(false),
  ArrowLeft: () => player.skip(-5000),
  ArrowRight: () => player.skip(5000),
  l: () => player.setLoop(!player.looping),
  "[": () => player.faster(-1),
  "]": () => player.faster(1),
  "/": () => (document.querySelector(".asked [data-part=points]") ?? byId("comment"))?.focus(),
  "?": () => byId("help").showModal(),
  Enter: () => byId("submit") && submit(),
};

addEventListener("keydown", (event) => {
  if (event.isComposing || event.altKey || byId("help").open) return;
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) return void (byId("submit") && submit());
  if (event.ctrlKey || event.metaKey) return;
  const typing = event.target.closest("input:not([type=checkbox]), textarea, select");
  if (typing) {
    if (event.key === "Escape") typing.blur();
    return;
  }
  if (event.target.closest("button, a, summary, [type=checkbox]") && [" ", "Enter"].includes(event.key)) return;
  const act = keys[event.key];
  if (!act) return;
  event.preventDefault();
  act();
});

const asked = /hit=(\d+)/.exec(location.hash)?.[1];
const when = /[#&]t=(\d+)/.exec(location.hash)?.[1];
if (asked) pick(asked, { play: false });
else if (when) player.seek(Number(when));
