/** Chat between the two pages. It exists only in them: nothing of it reaches the server. */

const language = document.documentElement.lang || "en";

export class Talk {
  #peer;
  #log;
  #form;
  #text;
  #problem;
  #unread;
  #drawer;

  constructor(root, peer, otherName) {
    this.#peer = peer;
    this.otherName = otherName;
    this.isEnabled = true; // the tenant may switch chat off; then neither side shows any
    this.#log = root.querySelector("[data-chat-log]");
    this.#form = root.querySelector("[data-chat-form]");
    this.#text = root.querySelector("[data-chat-text]");
    this.#problem = root.querySelector("[data-chat-problem]");
    this.#unread = root.querySelector("[data-unread]");
    this.#drawer = root.querySelector("#chat");
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#say();
    });
    this.#text.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
        event.preventDefault();
        this.#say();
      }
    });
    peer.addEventListener("chat", ({ detail }) => this.#hear(detail.text));
  }

  opened() {
    this.#unread.hidden = true;
    this.#unread.textContent = "";
    this.#text.focus();
  }

  #say() {
    const text = this.#text.value.trim();
    if (!text) return;
    const isSent = this.#peer.tell({ type: "chat", text });
    this.#problem.hidden = isSent;
    this.#problem.textContent = isSent ? "" : this.#problem.dataset.notConnected;
    if (!isSent) return; // the text stays where it is
    this.#text.value = "";
    this.#show(text, this.#log.dataset.you, true);
  }

  #hear(text) {
    if (!this.isEnabled) return;
    this.#show(text, this.otherName, false);
    if (!this.#drawer.hidden) return;
    const number = Number(this.#unread.textContent || 0) + 1;
    this.#unread.textContent = String(number);
    this.#unread.hidden = false;
  }

  #show(text, who, isMine) {
    const line = document.createElement("div");
    if (isMine) line.dataset.mine = "";
    const label = document.createElement("small");
    const time = new Intl.DateTimeFormat(language, { timeStyle: "short" }).format(new Date());
    label.textContent = `${who} · ${time}`;
    const body = document.createElement("p");
    body.textContent = text;
    line.append(label, body);
    this.#log.append(line);
    this.#log.scrollTop = this.#log.scrollHeight;
  }
}
