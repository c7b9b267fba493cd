// The stereo waveform, drawn from peaks that the server measured: the browser decodes nothing.

import { byId, root } from "./page.js";

const SVG = "http://www.w3.org/2000/svg";
const HALF = 50;

const bytes = (text) => Int8Array.from(atob(text), (c) => c.charCodeAt(0));

function outline(low, high) {
  const loudest = Math.max(1, ...low.map(Math.abs), ...high.map(Math.abs));
  const scale = (HALF - 3) / loudest;
  const up = [];
  const back = [];
  high.forEach((value, x) => {
    up.push(`${x} ${Math.min(HALF - value * scale, HALF - 0.6).toFixed(1)}`);
    back.unshift(`${x} ${Math.max(HALF - low[x] * scale, HALF + 0.6).toFixed(1)}`);
  });
  return `M${up.join("L")}L${back.join("L")}Z`;
}

/** Fetch the peaks of a call and draw its lanes. */
export async function drawVoices(call) {
  const answer = await fetch(`${root}/desk/api/calls/${encodeURIComponent(call)}/wave`);
  if (!answer.ok) return;
  const { channels, low, high } = await answer.json();
  const [lows, highs] = [bytes(low), bytes(high)];
  const size = lows.length / channels;
  for (let channel = 0; channel < Math.min(channels, 2); channel += 1) {
    const lane = byId(`lane-${channel}`);
    const part = [channel * size, (channel + 1) * size];
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("class", `voice role-${channel ? "customer" : "agent"}`);
    path.setAttribute("d", outline([...lows.slice(...part)], [...highs.slice(...part)]));
    lane.setAttribute("viewBox", `0 0 ${size} 100`);
    lane.replaceChildren(path);
  }
}

/** Make the wave `factor` times as wide, keeping `ratio` of the call in view. */
export function zoom(factor, ratio) {
  const wave = byId("wave");
  const box = byId("wave-scroll");
  const now = Number(wave.dataset.zoom ?? 1);
  const next = Math.min(32, Math.max(1, now * factor));
  wave.dataset.zoom = next;
  wave.style.width = `${next * 100}%`;
  box.scrollLeft = ratio * wave.clientWidth - box.clientWidth / 2;
}
