// The sound: play, seek with a lead-in, speed, loop, and telling others where it is.

import { byId, clock } from "./page.js";
import { zoom } from "./wave.js";

const LEAD_OUT_MS = 600;

export class Player {
  constructor(durationMs) {
    this.audio = byId("audio");
    this.durationMs = Math.max(1, durationMs);
    this.listeners = [];
    this.span = null;
    this.looping = false;
    this.audio.addEventListener("timeupdate", () => this.tell());
    this.audio.addEventListener("play", () => this.showPlaying(true));
    this.audio.addEventListener("pause", () => this.showPlaying(false));
    this.bind();
  }

  get nowMs() {
    return this.audio.currentTime * 1000;
  }

  bind() {
    byId("play").addEventListener("click", () => this.toggle());
    byId("back5").addEventListener("click", () => this.skip(-5000));
    byId("forward5").addEventListener("click", () => this.skip(5000));
    byId("loop").addEventListener("click", () => this.setLoop(!this.looping));
    byId("speed").addEventListener("change", (e) => this.setSpeed(Number(e.target.value)));
    byId("zoom-in").addEventListener("click", () => zoom(1.6, this.nowMs / this.durationMs));
    byId("zoom-out").addEventListener("click", () => zoom(1 / 1.6, this.nowMs / this.durationMs));
    byId("wave").addEventListener("click", (event) => {
      if (event.target.closest("[data-play]")) return;
      const box = byId("wave").getBoundingClientRect();
      this.seek(((event.clientX - box.left) / box.width) * this.durationMs);
    });
  }

  onTime(listener) {
    this.listeners.push(listener);
  }

  toggle() {
    if (!this.audio.src) return;
    if (this.audio.paused) this.play();
    else this.audio.pause();
  }

  pause() {
    this.audio.pause();
  }

  skip(ms) {
    this.seek(this.nowMs + ms);
  }

  seek(ms) {
    this.audio.currentTime = Math.min(Math.max(ms, 0), this.durationMs) / 1000;
    this.tell();
  }

  /** Play from `beginMs` with a lead-in; a loop stays inside the span. */
  playFrom(beginMs, leadMs = 0, endMs = null) {
    this.span = endMs === null ? null : [Math.max(0, beginMs - 1000), endMs + LEAD_OUT_MS];
    this.showLoop();
    this.seek(beginMs - leadMs);
    if (this.audio.src) this.play();
  }

  play() {
    // A pause right after is no fault.
    this.audio.play().catch(() => this.showPlaying(false));
  }

  setSpeed(rate) {
    const known = [...byId("speed").options].map((option) => Number(option.value));
    const next = known.reduce((a, b) => (Math.abs(b - rate) < Math.abs(a - rate) ? b : a));
    byId("speed").value = String(next);
    this.audio.playbackRate = next;
  }

  faster(by) {
    const box = byId("speed");
    box.selectedIndex = Math.min(Math.max(box.selectedIndex + by, 0), box.options.length - 1);
    this.setSpeed(Number(box.value));
  }

  setLoop(on) {
    this.looping = on;
    byId("loop").setAttribute("aria-pressed", String(on));
    this.showLoop();
  }

  showLoop() {
    const area = byId("loop-area");
    const on = this.looping && this.span;
    area.setAttribute("x", on ? `${(this.span[0] / this.durationMs) * 100}%` : "0");
    area.setAttribute("width", on ? `${((this.span[1] - this.span[0]) / this.durationMs) * 100}%` : "0");
  }

  showPlaying(on) {
    byId("play").classList.toggle("playing", on);
  }

  tell() {
    const now = this.nowMs;
    if (this.looping && this.span && now > this.span[1]) this.seek(this.span[0]);
    byId("now").textContent = clock(now);
    const x = `${(now / this.durationMs) * 100}%`;
    byId("playhead").setAttribute("x1", x);
    byId("playhead").setAttribute("x2", x);
    this.listeners.forEach((listener) => listener(now));
  }
}
