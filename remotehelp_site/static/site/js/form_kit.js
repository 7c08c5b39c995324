/** Forms that say at once what is wrong with a field when it is left. The server decides; without script it says so on saving. */

import { init as comboboxes } from "./combobox.js";

async function check(form, input) {
  const field = input.closest("[data-field]");
  const shown = field?.querySelector(".field__error");
  if (!shown) return;
  const asked = (form.asked = form.asked ?? new Map());
  const turn = (asked.get(field) ?? 0) + 1;
  asked.set(field, turn);
  try {
    const answer = await fetch(form.action, { method: "POST", body: new FormData(form), headers: { "X-Check": field.dataset.field } });
    if (!answer.ok || asked.get(field) !== turn) return; // a later answer speaks
    const { errors } = await answer.json();
    shown.textContent = errors.join(" ");
    field.toggleAttribute("data-invalid", errors.length > 0);
    input.setAttribute("aria-invalid", String(errors.length > 0));
  } catch {
    // Without a connection nothing is said; saving will.
  }
}

export function init(root) {
  for (const form of root.querySelectorAll("form[data-check]")) {
    form.addEventListener("change", (event) => check(form, event.target));
  }
  comboboxes(root);
}

init(document);
