"use strict";
(() => {
  const $ = (id) => document.getElementById(id);
  const all = (selector) => [...document.querySelectorAll(selector)];
  const wave = $("wave"), scroller = $("wave-scroll"), audio = $("audio");
  // A text without times has neither player nor waveform, and lines in place of seconds.
  const durationMs = Number(wave?.dataset.duration) || 1;
  const buckets = Number(wave?.querySelector("svg[viewBox]")?.getAttribute("viewBox").split(" ")[2] || 1);
  const rows = all("[data-begin]");
  const flags = all("li.finding .time");
  const catalogues = JSON.parse($("catalogues").textContent);
  let nowMs = 0, current = null, zoom = 1;

  const clock = (ms) => {
    const s = Math.max(0, Math.floor(ms / 1000)), two = (n) => String(n).padStart(2, "0");
    const rest = `${two(Math.floor((s % 3600) / 60))}:${two(s % 60)}`;
    return s >= 3600 ? `${Math.floor(s / 3600)}:${rest}` : rest;
  };

  // Where the voice is: playhead, clock, the part already heard, the line being spoken.
  function show(ms, { follow = false } = {}) {
    if (!wave) return;
    nowMs = Math.min(durationMs, Math.max(0, ms));
    const ratio = nowMs / durationMs;
    $("playhead").setAttribute("x1", `${ratio * 100}%`);
    $("playhead").setAttribute("x2", `${ratio * 100}%`);
    $("played").setAttribute("width", String(ratio * buckets));
    $("now").textContent = clock(nowMs);
    const speaking = rows.filter((row) => row.dataset.begin <= nowMs && nowMs < row.dataset.end).pop() || null;
    if (speaking !== current) {
      current?.classList.remove("current");
      speaking?.classList.add("current");
      current = speaking;
      if (speaking && follow && $("follow").checked) reveal(speaking);
    }
    if (zoom > 1 && follow) {
      const x = ratio * scroller.scrollWidth;
      if (x < scroller.scrollLeft || x > scroller.scrollLeft + scroller.clientWidth * 0.9) {
        scroller.scrollLeft = x - scroller.clientWidth * 0.2;
      }
    }
  }

  function reveal(element) {
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const box = element.getBoundingClientRect(), covered = $("player")?.getBoundingClientRect().bottom ?? 0;
    if (box.top >= covered + 8 && box.bottom <= innerHeight - 24) return;
    const under = Math.max(0, Math.min(covered, innerHeight * 0.6));
    scrollBy({ top: box.top - under - 48, behavior: calm ? "auto" : "smooth" });
  }

  function playFrom(ms) {
    show(ms, { follow: true });
    if (!audio) return;
    audio.currentTime = ms / 1000;
    play();
  }

  // Whoever pauses before the sound has begun has done nothing wrong.
  function play() {
    audio.play().catch(() => {});
  }

  function seek(ms) {
    show(ms, { follow: true });
    if (audio) audio.currentTime = nowMs / 1000;
  }

  function toggle() {
    if (!audio) return;
    if (audio.paused) play(); else audio.pause();
  }

  function hear(element) {
    const number = element.dataset.finding || element.closest("[data-finding]")?.dataset.finding;
    if (number) pick(number);
    if (element.dataset.play) playFrom(Math.max(0, Number(element.dataset.play) - Number(element.dataset.lead || 0)));
  }

  function pick(number) {
    for (const element of all(".picked")) element.classList.remove("picked");
    for (const element of all(`[data-finding="${CSS.escape(number)}"]`)) element.classList.add("picked");
  }

  // J and K walk the findings in order of time; pausing at one does not lose the place.
  function step(direction) {
    if (!flags.length) return;
    const picked = document.querySelector("li.finding.picked");
    let index = flags.findIndex((flag) => flag.closest("li.finding") === picked);
    if (index < 0) index = direction > 0 ? -1 : flags.length;
    const flag = flags[(index + direction + flags.length) % flags.length];
    hear(flag);
    const line = document.querySelector(`.row mark[data-finding="${flag.closest("li.finding").dataset.finding}"]`);
    reveal(line?.closest(".row") || flag.closest("li"));
  }

  function speak(language) {
    const words = catalogues[language], root = document.documentElement;
    const fill = (key, values) => words[key].replace(/\{(\w+)\}/g, (_, name) => values[name]);
    for (const element of all("[data-t]")) {
      element.textContent = fill(element.dataset.t, JSON.parse(element.dataset.v || "{}"));
    }
    for (const attribute of ["title", "aria-label"]) {
      for (const element of all(`[data-t-${attribute}]`)) {
        element.setAttribute(attribute, words[element.getAttribute(`data-t-${attribute}`)]);
      }
    }
    root.dataset.language = language;
    root.lang = language === "zh" ? "zh-CN" : "en";
  }

  function stretch(factor) {
    const middle = (scroller.scrollLeft + scroller.clientWidth / 2) / scroller.scrollWidth;
    zoom = Math.min(32, Math.max(1, zoom * factor));
    wave.style.width = `${zoom * 100}%`;
    scroller.scrollLeft = middle * scroller.scrollWidth - scroller.clientWidth / 2;
  }

  function timeAt(event) {
    const box = wave.getBoundingClientRect();
    return Math.min(1, Math.max(0, (event.clientX - box.left) / box.width)) * durationMs;
  }

  document.addEventListener("click", (event) => {
    const copy = event.target.closest("[data-copy]");
    if (copy) return void copyText(copy);
    const target = event.target.closest("[data-play]");
    if (target) return void hear(target);
    if (event.target.closest("#wave")) playFrom(timeAt(event));
  });

  async function copyText(button) {
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
    } catch {
      getSelection().selectAllChildren(button.previousElementSibling);
      document.execCommand("copy");
    }
    const words = catalogues[document.documentElement.dataset.language];
    button.textContent = words.copied;
    setTimeout(() => { button.textContent = words.copy; }, 1500);
  }

  const press = (id, act) => $(id)?.addEventListener("click", act);
  press("play", toggle);
  press("back5", () => seek(nowMs - 5000));
  press("forward5", () => seek(nowMs + 5000));
  press("next", () => step(1));
  press("previous", () => step(-1));
  press("zoom-in", () => stretch(2));
  press("zoom-out", () => stretch(0.5));
  press("print", () => print());
  press("language", () => speak(document.documentElement.dataset.language === "zh" ? "en" : "zh"));
  press("theme", () => {
    const root = document.documentElement;
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
  });
  $("speed")?.addEventListener("change", (event) => { if (audio) audio.playbackRate = Number(event.target.value); });

  const KEYS = {
    " ": toggle, j: () => step(1), k: () => step(-1),
    ArrowLeft: () => seek(nowMs - 5000), ArrowRight: () => seek(nowMs + 5000),
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("select, input, textarea")) return;
    const act = KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    // Space presses a focused button, except where the button itself means "play".
    const pressed = event.target.closest("button, summary");
    if (!act || (event.key === " " && pressed && pressed.id !== "play" && !pressed.dataset.play)) return;
    event.preventDefault();
    act();
  });

  if (audio) {
    const frame = () => {
      show(audio.currentTime * 1000, { follow: true });
      if (!audio.paused) requestAnimationFrame(frame);
    };
    audio.addEventListener("play", () => { document.body.classList.add("playing"); requestAnimationFrame(frame); });
    audio.addEventListener("pause", () => document.body.classList.remove("playing"));
    audio.addEventListener("ended", () => document.body.classList.remove("playing"));
    audio.addEventListener("seeked", () => { if (audio.paused) show(audio.currentTime * 1000); });
  }

  // The facts stay beside a long transcript: scrolled to their end, they stop there.
  const facts = document.querySelector(".facts");
  const settle = () => {
    const under = ($("player")?.offsetHeight ?? 0) + 18;
    facts.style.top = `${Math.min(under, innerHeight - facts.offsetHeight)}px`;
  };
  new ResizeObserver(settle).observe(facts);
  addEventListener("resize", settle);

  const closed = [];
  addEventListener("beforeprint", () => {
    for (const details of all("details:not([open])")) { details.open = true; closed.push(details); }
  });
  addEventListener("afterprint", () => { for (const details of closed.splice(0)) details.open = false; });

  // A link may name a moment: report.html#t=42.9
  const asked = /[#&]t=([\d.]+)/.exec(location.hash);
  if (asked) seek(Number(asked[1]) * 1000);
})();
