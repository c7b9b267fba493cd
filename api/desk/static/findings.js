// The findings of a call: which one is picked, what was said of each, and the next that waits.

import { ask, byId, root, why } from "./page.js";
import { intoView } from "./transcript.js";

export class Findings {
  constructor(player, review, show) {
    this.player = player;
    this.review = review;
    this.show = show;
    this.all = [...document.querySelectorAll(".finding, .obligation[data-hit]")];
    this.at = -1;
    /** Verdicts reach the server one by one. */
    this.told = Promise.resolve();
    byId("only-open")?.addEventListener("change", () => this.hideJudged());
    document.addEventListener("click", (event) => this.clicked(event));
  }

  get hits() {
    return this.all.filter((one) => one.classList.contains("finding"));
  }

  get open() {
    return this.hits.filter((one) => one.dataset.said === "");
  }

  clicked(event) {
    const verdict = event.target.closest("[data-right]");
    const flag = event.target.closest("[data-finding]");
    const time = event.target.closest("[data-play]");
    if (verdict) {
      this.at = this.all.indexOf(verdict.closest("[data-hit]"));
      const pressed = verdict.getAttribute("aria-pressed") === "true";
      this.judge(pressed ? null : verdict.dataset.right === "1");
    } else if (flag && !event.target.closest("summary, details.why") && getSelection().isCollapsed) {
      this.pick(flag.dataset.finding);
    } else if (time) {
      this.player.playFrom(Number(time.dataset.play), Number(time.dataset.lead));
    }
  }

  pick(name, { play = true } = {}) {
    this.at = this.all.findIndex((one) => one.dataset.finding === String(name));
    const finding = this.all[this.at];
    if (!finding) return;
    for (const one of document.querySelectorAll(".picked")) one.classList.remove("picked");
    for (const one of document.querySelectorAll(`[data-finding="${CSS.escape(name)}"]`)) one.classList.add("picked");
    finding.closest("details")?.setAttribute("open", "");
    finding.focus({ preventScroll: true });
    finding.scrollIntoView({ block: "nearest" });
    const mark = document.querySelector(`#transcript [data-finding="${CSS.escape(name)}"]`);
    if (mark) intoView(mark.closest(".row"));
    const { begin, end } = finding.dataset;
    if (play && begin) this.player.playFrom(Number(begin), 1000, end ? Number(end) : null);
    if (finding.classList.contains("finding")) history.replaceState(null, "", `#hit=${name}`);
  }

  step(by) {
    const shown = this.all.filter((one) => !one.hidden && one.checkVisibility());
    if (!shown.length) return;
    const here = shown.indexOf(this.all[this.at]);
    const next = here < 0 ? (by > 0 ? 0 : shown.length - 1) : here + by;
    this.pick(shown[Math.min(Math.max(next, 0), shown.length - 1)].dataset.finding);
  }

  /** 1 and 0 without a choice judge the first that waits. */
  judgeHere(right) {
    if (this.at < 0) this.at = this.all.indexOf(this.open[0] ?? this.hits[0]);
    this.judge(right);
  }

  /** The verdict shows and the next finding plays at once; after the last one nothing plays again. */
  judge(right) {
    const finding = this.all[this.at];
    if (!finding || !this.review) return;
    const before = finding.dataset.said;
    this.showVerdict(finding, right === null ? "" : right ? "1" : "0");
    if (right !== null) this.onward(finding);
    this.told = this.told.then(async () => {
      try {
        const hit = finding.dataset.hit;
        this.show(await ask("POST", `${root}/desk/api/reviews/${this.review.id}/verdicts`, { hit, right }));
      } catch (error) {
        this.showVerdict(finding, before);
        byId("conflict").hidden = false;
        byId("conflict").textContent = why(error);
      }
    });
  }

  onward(finding) {
    if (!finding.classList.contains("finding")) return;
    const shown = this.hits.filter((one) => !one.hidden);
    const next = shown[shown.indexOf(finding) + 1];
    if (next) this.pick(next.dataset.finding);
    else this.player.pause();
  }

  showVerdict(finding, said) {
    finding.dataset.said = said;
    const marks = document.querySelectorAll(`#transcript mark[data-finding="${CSS.escape(finding.dataset.finding)}"]`);
    for (const mark of marks) mark.dataset.said = said;
    for (const button of finding.querySelectorAll("[data-right]")) {
      button.setAttribute("aria-pressed", String(button.dataset.right === said));
    }
    const hits = this.hits;
    if (hits.length) byId("judged").textContent = `${hits.length - this.open.length}/${hits.length}`;
    this.hideJudged();
  }

  hideJudged() {
    const only = byId("only-open")?.checked;
    for (const one of this.hits) {
      one.hidden = Boolean(only && one.dataset.said !== "" && one !== this.all[this.at]);
    }
  }
}
