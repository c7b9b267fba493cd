// A judge's file is sent as it is, with a note; the page is shown anew with what came of it.

import { byId, Refused, root, say, why } from "./page.js";

byId("publish")?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.target;
  const told = byId("told");
  const button = form.querySelector("button");
  const asked = new URLSearchParams({ follows: form.dataset.follows, note: form.elements.note.value });
  told.textContent = say("sending");
  button.disabled = true;
  try {
    const answer = await fetch(`${root}/desk/api/rules/judge?${asked}`, {
      method: "POST",
      headers: { "Content-Type": "application/octet-stream", "X-CSRF": document.body.dataset.csrf },
      body: form.elements.file.files[0],
    });
    const found = await answer.json().catch(() => ({}));
    if (!answer.ok) throw new Refused(answer.status, found);
    location.assign(`${root}/desk/rules/judge`);
  } catch (error) {
    told.textContent = why(error);
    button.disabled = false;
  }
});
