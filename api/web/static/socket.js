// One WebSocket that comes back by itself and says when what it told may be out of date.

const STALE_MS = 6000;
const FIRST_WAIT_MS = 400;
const LONGEST_WAIT_MS = 3000;

/**
 * Without a token whoever is logged in at the desk watches. `path(seq)` is where to connect, given the last seq seen. `on` has `message(data)`,
 * `state("connecting" | "open" | "reconnecting" | "refused" | "over", reason, code)` and `stale(seconds)`.
 */
export function follow(path, token, on) {
  let seq = 0;
  let waitMs = FIRST_WAIT_MS;
  let heardAt = Date.now();
  let socket;
  let timer;
  let over = false;

  const connect = () => {
    on.state(seq ? "reconnecting" : "connecting");
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const asked = path(seq);
    const login = token ? "" : `${asked.includes("?") ? "&" : "?"}login`;
    socket = new WebSocket(`${scheme}://${location.host}${asked}${login}`);
    socket.onopen = () => token && socket.send(JSON.stringify({ type: "Auth", token }));
    socket.onmessage = (event) => {
      const message = JSON.parse(event.data);
      heardAt = Date.now();
      if (message.type === "refusal") {
        refuse(message);
        return;
      }
      waitMs = FIRST_WAIT_MS;
      on.state("open");
      if (message.seq > seq) seq = message.seq;
      if (message.type === "ended") over = true;
      on.message(message);
    };
    socket.onclose = () => {
      if (over) return on.state("over");
      on.state("reconnecting");
      timer = setTimeout(connect, waitMs * (0.7 + 0.6 * Math.random()));
      waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS);
    };
  };

  const refuse = ({ code, reason }) => {
    if (code === "too_slow" || code === "overloaded" || code === "too_much") return;
    over = true;
    socket.onclose = null;
    on.state("refused", reason, code);
  };

  const watch = setInterval(() => {
    const silentMs = over ? 0 : Date.now() - heardAt;
    on.stale(silentMs > STALE_MS ? Math.round(silentMs / 1000) : 0);
  }, 1000);

  connect();
  return {
    send: (message) => socket.readyState === WebSocket.OPEN && socket.send(JSON.stringify(message)),
    stop: () => {
      over = true;
      clearInterval(watch);
      clearTimeout(timer);
      socket.onclose = null;
      socket.close();
    },
  };
}
