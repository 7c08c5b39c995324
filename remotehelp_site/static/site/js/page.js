/** What every page does for itself: local times, copy buttons, toggles, selects that submit. */

const language = document.documentElement.lang || "en";

export function localTimes(root) {
  const full = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" });
  const short = new Intl.DateTimeFormat(language, { timeStyle: "medium" });
  for (const time of root.querySelectorAll("time[data-local-time]")) {
    const at = new Date(time.dateTime);
    if (!Number.isNaN(at.getTime())) time.textContent = (time.dataset.localTime === "time" ? short : full).format(at);
  }
}

function submitOnChange(root) {
  for (const form of root.querySelectorAll("form[data-submit-on-change]")) {
    form.querySelector("[data-without-script]")?.setAttribute("hidden", "");
    form.addEventListener("change", () => form.requestSubmit());
  }
}

async function copy(button) {
  const before = button.textContent;
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
    button.textContent = button.dataset.done;
    setTimeout(() => (button.textContent = before), 2000);
  } catch {
    window.prompt(before, button.dataset.copy); // no clipboard (plain http): the person copies it
  }
}

export function toggle(button, open = button.getAttribute("aria-expanded") !== "true") {
  const target = document.getElementById(button.getAttribute("aria-controls"));
  if (!target) return false;
  button.setAttribute("aria-expanded", String(open));
  target.hidden = !open;
  return open;
}

document.addEventListener("click", (event) => {
  const copyButton = event.target.closest("[data-copy]");
  if (copyButton) copy(copyButton);
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-toggle]");
  if (button && !button.closest("[data-stage]")) toggle(button);
});

/** One box that checks all boxes of a name on the page. */
document.addEventListener("change", (event) => {
  const name = event.target.dataset?.checkAll;
  if (!name) return;
  for (const box of document.getElementsByName(name)) box.checked = event.target.checked;
});

/** A link with a code behind the # leads through sign-in, whose form would lose it. It stays in this tab. */
function carryFragment(root) {
  if (!root.querySelector("[data-carry-fragment]") || location.hash.length < 2) return;
  sessionStorage.setItem("carried-fragment", location.hash.slice(1));
  history.replaceState(null, "", location.pathname + location.search);
}

export function init(root) {
  localTimes(root);
  submitOnChange(root);
  carryFragment(root);
}

init(document);
