// Feeds a recording to qa-engine as a telephone system would, and prints the prompts.
//
//     node feed.mjs call.wav "$(qa-engine token '*')" [ws://127.0.0.1:8765]
//
// Node 22 or newer; Node 20 and 21 with `node --experimental-websocket`. ffmpeg opens the recording.

import { spawn } from "node:child_process";

const [path, token, server = "ws://127.0.0.1:8765"] = process.argv.slice(2);
const SPEED = Number(process.env.SPEED ?? 1);
const RATE = 8000;
const FRAME = RATE * 2 * 2 / 25; // 40 ms of two channels of 16 bits.
const PASSES = new Set(["overloaded", "too_much", "too_slow"]);
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function read(file) {
  const ffmpeg = spawn("ffmpeg", ["-v", "error", "-i", file, "-f", "s16le", "-ac", "2", "-ar", RATE, "-"]);
  const pieces = [];
  for await (const piece of ffmpeg.stdout) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** From where the server stands, by the clock: what is late is sent at once, so nothing drifts. */
async function send(socket, audio, fromMs) {
  const bytes = (ms) => Math.floor((ms * RATE) / 1000) * 4;
  const began = performance.now();
  for (let at = bytes(fromMs), n = 1; at < audio.length; at += FRAME, n += 1) {
    await sleep(began + (n * 40) / SPEED - performance.now());
    if (socket.readyState !== WebSocket.OPEN) return;
    socket.send(audio.subarray(at, at + FRAME));
  }
  socket.send(JSON.stringify({ type: "CloseStream" }));
}

/** One connection; tells how it went: `ended`, or when it makes sense to come back. */
function connect(audio, call) {
  return new Promise((resolve) => {
    const query = new URLSearchParams({ sample_rate: RATE, channels: 2, events: true });
    if (call.id) query.set("call_id", call.id), query.set("resume", true);
    const socket = new WebSocket(`${server}/v1/listen?${query}`);
    let outcome = "lost";
    socket.onopen = () => socket.send(JSON.stringify({ type: "Auth", token }));
    socket.onmessage = ({ data }) => {
      const message = JSON.parse(data);
      if (message.type === "refusal") outcome = PASSES.has(message.code) ? "later" : message.reason;
      if (message.type === "listening") {
        call.id = message.call_id;
        call.waitMs = 400;
        send(socket, audio, message.received_ms);
      }
      if (message.type === "prompt" && message.seq > call.seq) console.log(message.state, message.title, message.suggest);
      if (message.type === "ended") outcome = "ended", console.log("ended", message.reason, message.duration_ms);
      call.seq = Math.max(call.seq, message.seq ?? 0);
    };
    socket.onerror = () => {};
    socket.onclose = () => resolve(outcome);
  });
}

const audio = await read(path);
const call = { id: "", seq: 0, waitMs: 400 };
const giveUp = Date.now() + 600_000;
for (let outcome = ""; outcome !== "ended"; ) {
  outcome = await connect(audio, call);
  if (outcome === "ended") break;
  if (!["lost", "later"].includes(outcome) || Date.now() > giveUp) throw new Error(outcome);
  await sleep(call.waitMs * (0.7 + 0.6 * Math.random()));
  call.waitMs = Math.min(call.waitMs * 2, 4000);
}
