// The desk: findings, sound, transcript and sheet as one, by mouse or by keyboard alone.

import { Draft } from "./draft.js";
import { Findings } from "./findings.js";
import { left } from "./held.js";
import { onKeys } from "./keys.js";
import { markWords } from "./marker.js";
import { byId, clock, leave, root, say } from "./page.js";
import { Player } from "./player.js";
import { followSound } from "./transcript.js";
import { offerUndo, submitted } from "./undo.js";
import { drawVoices } from "./wave.js";

const data = JSON.parse(byId("case").textContent);
const review = data.review;
const player = new Player(data.duration_ms);
const draft = review ? new Draft(review, data.items) : null;
const findings = new Findings(player, review, (kept) => draft.show(kept));

drawVoices(data.call);
followSound(player);
const mark = review ? markWords(review, data.call, (kept) => draft.show(kept)) : () => {};

byId("decision")?.addEventListener("submit", async (event) => {
  // The sheet must be kept before the answer that makes it the score.
  if (event.target.dataset.kept) return;
  event.preventDefault();
  const { submitter, target } = event;
  // What was typed before this script ran counts as well.
  draft.dirty = true;
  await findings.told;
  await draft.save();
  target.dataset.kept = "1";
  // Not before this event is over: a form that is being submitted ignores the request.
  setTimeout(() => target.requestSubmit(submitter));
});

/** Findings that nobody judged are asked about first: Enter alone never passes over them. */
async function submit() {
  if (!byId("submit")) return;
  if (!findings.open.length) {
    await handIn();
    return;
  }
  await findings.told;
  await draft.save();
  askAboutOpen();
}

/** What would be refused is not offered. */
function askAboutOpen() {
  const dialog = byId("unjudged");
  if (dialog.open) return;
  const { waiting, missing } = draft.kept;
  const n = findings.open.length;
  let told = say("unjudged", { n });
  if (waiting.length) told = say("unjudged_fatal", { n, m: waiting.length });
  else if (missing.length) told = say("unjudged_missing", { n, m: missing.length });
  byId("unjudged-text").textContent = told;
  dialog.querySelector("[value=submit]").hidden = Boolean(waiting.length || missing.length);
  dialog.returnValue = "";
  dialog.showModal();
}

/** The first that must be judged, or simply the first. */
function firstOpen() {
  const must = findings.open.find((one) => draft.kept.waiting.includes(one.dataset.hit));
  return (must ?? findings.open[0]).dataset.finding;
}

async function handIn() {
  await findings.told;
  const kept = await draft.submit();
  if (kept?.state !== "submitted") return;
  submitted(review.id);
  leave(`${root}/desk/queue/next?${data.query}`);
}

byId("unjudged")?.addEventListener("close", (event) => {
  if (event.target.returnValue === "submit") handIn();
  else if (event.target.returnValue === "judge") findings.pick(firstOpen());
});

// Whoever leaves a call gives it back; the draft stays theirs.
if (data.task) {
  addEventListener("pagehide", () => {
    const body = new URLSearchParams({ csrf: document.body.dataset.csrf, opened: data.opened });
    left(data.task);
    navigator.sendBeacon(`${root}/desk/tasks/${data.task}/leave`, body);
  });
  // A page that comes back out of the browser's memory holds nothing any more.
  addEventListener("pageshow", (event) => event.persisted && location.reload());
}

byId("previous").addEventListener("click", () => findings.step(-1));
byId("following").addEventListener("click", () => findings.step(1));
byId("help-button").addEventListener("click", () => byId("help").showModal());
byId("submit")?.addEventListener("click", submit);

onKeys(
  {
    " ": () => player.toggle(),
    j: () => findings.step(1),
    k: () => findings.step(-1),
    1: () => findings.judgeHere(true),
    0: () => findings.judgeHere(false),
    ArrowLeft: () => player.skip(-5000),
    ArrowRight: () => player.skip(5000),
    l: () => player.setLoop(!player.looping),
    m: () => mark(),
    c: () => {
      if (!byId("pin-at")) return;
      byId("pin-at").value = clock(player.nowMs);
      byId("pin-words").focus();
    },
    r: () => document.querySelector("[data-key=r]")?.click(),
    z: offerUndo(),
    "[": () => player.faster(-1),
    "]": () => player.faster(1),
    "/": () => {
      const field = document.querySelector(".asked [data-part=points]") ?? byId("comment");
      field?.focus();
      // What is typed next replaces what was typed before.
      if (field?.dataset.part) field.select();
    },
    "?": () => byId("help").showModal(),
    Enter: submit,
  },
  { whileTyping: submit },
);

const asked = /hit=(\d+)/.exec(location.hash)?.[1];
const when = /[#&]t=(\d+)/.exec(location.hash)?.[1];
if (asked) findings.pick(asked, { play: false });
else if (when) player.seek(Number(when));
