// Leaving the page of a task gives it back, and to reload is to leave: this window remembers for
// a moment what it held.

const KEY = "qa-held";
const MOMENT_MS = 10_000;

/** This window leaves the page of a task. */
export function left(task) {
  sessionStorage.setItem(KEY, JSON.stringify({ task: String(task), at: Date.now() }));
}

/** Whether this very window left that task a moment ago; told once. */
export function wasHere(task) {
  const kept = JSON.parse(sessionStorage.getItem(KEY) ?? "null");
  sessionStorage.removeItem(KEY);
  return kept !== null && kept.task === String(task) && Date.now() - kept.at < MOMENT_MS;
}
