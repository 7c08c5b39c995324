/** A session that waits for a device: the device comes and goes, and the code on the page stays what it is. */

export function showDevice(panel, isHere) {
  const calling = panel.querySelector("[data-calling]");
  if (!calling) return;
  const state = isHere ? "here" : "away";
  if (calling.dataset.calling === state) return;
  calling.dataset.calling = state;
  for (const part of calling.querySelectorAll("[data-when]")) part.hidden = part.dataset.when !== state;
  // Away, the code is what is left; what the helper has opened themselves stays open.
  if (!isHere) calling.querySelector("[data-code-instead]")?.setAttribute("open", "");
}

export function showNotice(panel) {
  const shown = panel.querySelector("[data-notice-shown]");
  if (shown) shown.hidden = false;
}
