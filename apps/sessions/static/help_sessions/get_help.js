/** The code page: takes the code from a link's fragment, which no server ever sees. */

const field = document.querySelector("[data-code-form] input[name=code]");

function fromFragment() {
  const code = location.hash.slice(1).replaceAll("%20", " ");
  if (!field || !/^[0-9A-Za-z -]{8,12}$/.test(code)) return;
  field.value = code;
  // Out of the address bar, the history and any screenshot.
  history.replaceState(null, "", location.pathname);
  document.querySelector("[data-code-form] button[type=submit]")?.focus();
}

function carriedOverSignIn() {
  const carried = sessionStorage.getItem("carried-fragment");
  if (carried) {
    sessionStorage.removeItem("carried-fragment");
    if (!location.hash) location.hash = carried;
  }
}

carriedOverSignIn();
fromFragment();
addEventListener("hashchange", fromFragment);
