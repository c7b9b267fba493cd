// The score sheet: read it, show what it comes to, and keep it on the server while one types.
// A copy stays in this browser until the server has it, so that nothing typed is ever lost.

import { lossLine, showCost, showMarks } from "./losses.js";
import { ask, byId, Refused, root, say, why } from "./page.js";

const WAIT_MS = 700;

export class Draft {
  constructor(review, items) {
    this.review = review;
    this.items = items;
    this.revision = review.revision;
    this.timer = 0;
    this.dirty = false;
    this.busy = null;
    this.tries = 0;
    this.key = `qa-review-${review.id}`;
    byId("sheet").addEventListener("input", () => this.changed());
    byId("sheet").addEventListener("submit", (event) => event.preventDefault());
    addEventListener("pagehide", () => this.flush());
    this.recover();
    this.show(review);
  }

  /** What the page says now. */
  read() {
    const items = {};
    for (const row of document.querySelectorAll("[data-item]")) {
      const part = (name) => row.querySelector(`[data-part=${name}]`);
      const answer = {};
      if (part("points")?.value.trim() === "") this.fits(part("points"), 0);
      const points = part("points")?.value.trim().replace("，", ".").replace(",", ".");
      if (points && this.fits(part("points"), Number(points))) answer.points = Number(points);
      if (part("na")?.checked) answer.na = true;
      if (part("fatal")?.checked) answer.fatal = true;
      if (part("note")?.value.trim()) answer.note = part("note").value;
      if (Object.keys(answer).length) items[row.dataset.item] = answer;
    }
    return { items, comment: byId("comment").value };
  }

  /** Whether points are a number that the item has; a slip is shown where it was typed, never kept. */
  fits(input, points) {
    const most = Number(input.dataset.most);
    const good = Number.isFinite(points) && points >= 0 && points <= most;
    input.setCustomValidity(good ? "" : say("points_most", { n: most }));
    input.setAttribute("aria-invalid", String(!good));
    input.title = input.validationMessage;
    return good;
  }

  write({ items, comment }) {
    for (const row of document.querySelectorAll("[data-item]")) {
      const answer = items[row.dataset.item] ?? {};
      const part = (name) => row.querySelector(`[data-part=${name}]`);
      if (part("points")) part("points").value = answer.points ?? "";
      if (part("na")) part("na").checked = Boolean(answer.na);
      if (part("fatal")) part("fatal").checked = Boolean(answer.fatal);
      if (part("note")) part("note").value = answer.note ?? "";
    }
    byId("comment").value = comment;
  }

  changed() {
    this.dirty = true;
    this.remember();
    this.state("saving");
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save(), WAIT_MS);
  }

  remember() {
    const kept = { revision: this.revision, ...this.read() };
    try {
      localStorage.setItem(this.key, JSON.stringify(kept));
    } catch {
      // A browser without room still saves to the server.
    }
  }

  /** Words of a closed or crashed browser that the server never got. */
  recover() {
    const kept = JSON.parse(localStorage.getItem(this.key) ?? "null");
    if (!kept || kept.revision !== this.revision) return;
    this.write(kept);
    this.changed();
  }

  async save() {
    if (this.busy) return this.busy;
    if (!this.dirty) return null;
    this.dirty = false;
    clearTimeout(this.timer);
    this.busy = this.send("PUT", "").finally(() => (this.busy = null));
    await this.busy;
    if (this.dirty) this.timer = setTimeout(() => this.save(), WAIT_MS);
    return null;
  }

  async send(method, tail, more = {}) {
    try {
      const body = { revision: this.revision, ...this.read() };
      const kept = await ask(method, `${root}/desk/api/reviews/${this.review.id}${tail}`, body, more);
      this.tries = 0;
      this.revision = kept.revision;
      if (!this.dirty) localStorage.removeItem(this.key);
      this.state("saved");
      this.show(kept);
      return kept;
    } catch (error) {
      if (error instanceof Refused && error.body.kept) this.conflict(error.body.kept);
      else if (error instanceof Refused && error.status < 500) this.refused(error);
      else this.retry();
      return null;
    }
  }

  retry() {
    this.dirty = true;
    this.tries += 1;
    const waitMs = Math.min(15_000, 1000 * 2 ** this.tries);
    this.state("retrying", { n: Math.round(waitMs / 1000) });
    this.timer = setTimeout(() => this.save(), waitMs);
  }

  refused(error) {
    this.dirty = true;
    this.state("unsaved");
    const box = byId("conflict");
    box.hidden = false;
    box.replaceChildren(`${say("refused")}${why(error)} `);
    if (!["log_in", "csrf"].includes(error.body.key)) return;
    // The words stay in this browser and are found again when the page comes back.
    const again = document.createElement("a");
    again.href = `${root}/desk/login?next=${encodeURIComponent(location.pathname.slice(root.length) + location.search)}`;
    again.textContent = say("go_on");
    box.append(again);
  }

  /** Somebody (another window) saved meanwhile: show it, and let the person choose. */
  conflict(kept) {
    this.state("unsaved");
    const box = byId("conflict");
    box.hidden = false;
    const mine = document.createElement("button");
    mine.textContent = say("keep_mine");
    mine.addEventListener("click", () => {
      this.revision = kept.revision;
      this.dirty = true;
      box.hidden = true;
      this.save();
    });
    const theirs = document.createElement("button");
    theirs.textContent = say("take_theirs");
    theirs.addEventListener("click", () => {
      this.revision = kept.revision;
      this.write(kept);
      localStorage.removeItem(this.key);
      box.hidden = true;
      this.state("saved");
      this.show(kept);
    });
    box.replaceChildren(say("conflict"), " ", mine, " ", theirs);
  }

  async submit() {
    clearTimeout(this.timer);
    await this.busy;
    this.dirty = false;
    return this.send("POST", "/submit");
  }

  flush() {
    if (this.dirty) this.send("PUT", "", { keepalive: true });
  }

  state(key, values) {
    const saved = byId("saved");
    saved.textContent = say(key, values);
    saved.dataset.state = key;
  }

  /** Total, verdict, and which items still want an answer: as the server reckons. */
  show(kept) {
    this.kept = kept;
    byId("total").textContent = kept.total === null ? "—" : String(kept.total);
    const toGive = byId("to-give");
    toGive.hidden = !kept.to_give;
    toGive.textContent = say("provisional", { n: kept.to_give });
    byId("verdict").textContent = say(kept.fatal ? "fatal" : kept.conclusion);
    byId("final").className = `final ${{ passed: "good", failed: "bad" }[kept.conclusion] ?? "open"}`;
    for (const row of document.querySelectorAll("[data-item]")) {
      row.classList.toggle("asked", kept.missing.includes(row.dataset.item));
      const points = row.querySelector("[data-part=points]");
      if (points) points.placeholder = kept.suggested[row.dataset.item] ?? "–";
    }
    for (const row of document.querySelectorAll("[data-item]")) {
      row.querySelector(".losses").replaceChildren(...kept.losses[row.dataset.item].map(lossLine));
    }
    for (const finding of document.querySelectorAll(".finding[data-hit]")) {
      const cost = kept.costs[finding.dataset.hit];
      if (cost) showCost(finding, cost);
    }
    const { breaches: breach, triggers: trigger, waiting } = kept.counts;
    for (const [key, n] of Object.entries({ breach, trigger, waiting })) {
      document.querySelector(`[data-count=${key}]`).textContent = n;
    }
    showMarks(this, kept.missed_words);
    const missing = byId("missing");
    if (missing) missing.textContent = kept.missing.length ? say("missing", { n: kept.missing.length }) : "";
  }
}
