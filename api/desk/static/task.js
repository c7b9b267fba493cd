// A task that nobody holds. Whoever only reloaded its page, or came back to it, goes on with it.

import { wasHere } from "./held.js";

const form = document.getElementById("take");
if (wasHere(form.dataset.task)) form.requestSubmit();
