// The list of rules: find one by a word, begin a new one, take in a file.

import { byId, Refused, root, say, why } from "./page.js";

byId("find").addEventListener("input", (event) => {
  const wanted = event.target.value.trim().toLowerCase();
  for (const row of document.querySelectorAll("#rules tbody tr")) {
    row.hidden = !row.textContent.toLowerCase().includes(wanted);
  }
});

byId("add")?.addEventListener("submit", (event) => {
  event.preventDefault();
  const name = new FormData(event.target).get("id").trim();
  const key = `${event.target.dataset.part}:${name}`;
  location.assign(`${root}/desk/rules/piece?key=${encodeURIComponent(key)}`);
});

byId("import")?.addEventListener("change", async (event) => {
  const [file] = event.target.files;
  if (!file) return;
  const told = byId("import-told");
  told.textContent = say("importing");
  const path = `${root}/desk/api/rules/import?name=${encodeURIComponent(file.name)}`;
  try {
    const answer = await fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/octet-stream", "X-CSRF": document.body.dataset.csrf },
      body: file,
    });
    const found = await answer.json().catch(() => ({}));
    if (!answer.ok) throw new Refused(answer.status, found);
    if (!found.wrong.length && found.changed) location.assign(`${root}/desk/rules/draft`);
    else if (!found.wrong.length) told.textContent = say("import_same");
    else told.replaceChildren(list(found.wrong));
  } catch (error) {
    told.textContent = why(error);
  }
  event.target.value = "";
});

function list(lines) {
  const all = document.createElement("ul");
  all.className = "problems";
  for (const line of lines) {
    const item = document.createElement("li");
    item.className = "level-error";
    item.textContent = line;
    all.append(item);
  }
  return all;
}
