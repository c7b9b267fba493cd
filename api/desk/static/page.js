// What every page with a script needs: its words, its data, and requests that carry the token.

/** Where this server begins behind a proxy: empty, or such as `/qa`. */
export const root = document.documentElement.dataset.root;
export const byId = (id) => document.getElementById(id);
export const words = JSON.parse(byId("words").textContent);

/** `say("retrying", {n: 3})` */
export const say = (key, values = {}) =>
  Object.entries(values).reduce(
    (text, [name, value]) => text.replace(`{${name}}`, value),
    words[`js_${key}`] ?? key,
  );

export class Refused extends Error {
  constructor(status, body) {
    super(body.error ?? String(status));
    this.status = status;
    this.body = body;
  }
}

/** Why a request was refused, in the reader's language. */
export const why = (error) =>
  error instanceof Refused ? words[`js_why_${error.body.key}`] ?? say("why_bad") : say("offline");

/** JSON out, JSON in; throws `Refused` for an answer that is no, TypeError when there is none. */
export async function ask(method, path, body, more = {}) {
  const answer = await fetch(path, {
    method,
    headers: { "Content-Type": "application/json", "X-CSRF": document.body.dataset.csrf },
    body: body === undefined ? undefined : JSON.stringify(body),
    ...more,
  });
  const found = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Refused(answer.status, found);
  return found;
}

/** Send a form as a click would: the answer is the next page. */
export function leave(path) {
  const form = document.createElement("form");
  form.method = "post";
  form.action = path;
  const token = document.createElement("input");
  token.type = "hidden";
  token.name = "csrf";
  token.value = document.body.dataset.csrf;
  form.append(token);
  document.body.append(form);
  form.submit();
}

/** Minutes and seconds of a call. */
export const clock = (ms) => {
  const seconds = Math.max(Math.floor(ms / 1000), 0);
  const two = (n) => String(n).padStart(2, "0");
  const hours = Math.floor(seconds / 3600);
  const rest = `${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  return hours ? `${hours}:${rest}` : rest;
};
