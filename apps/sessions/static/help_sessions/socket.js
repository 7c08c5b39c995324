/** The session's socket: reconnects with back-off and hands messages on. Knows no WebRTC. */

const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 5000;
const TAKEN_OVER = 4001;

export class Socket extends EventTarget {
  #url;
  #socket = null;
  #pause = FIRST_PAUSE;
  #timer = 0;
  #isOver = false;

  constructor(path) {
    super();
    const url = new URL(path, location.href);
    url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    this.#url = url.href;
    // A laptop that wakes up should not wait for the pause to end.
    addEventListener("online", () => this.#hurry());
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible") this.#hurry();
    });
  }

  get isOpen() {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  open() {
    clearTimeout(this.#timer);
    if (this.#isOver || this.#socket) return;
    const socket = new WebSocket(this.#url);
    this.#socket = socket;
    socket.addEventListener("open", () => {
      this.#pause = FIRST_PAUSE;
      this.dispatchEvent(new Event("open"));
    });
    socket.addEventListener("message", (event) => {
      const message = JSON.parse(event.data);
      this.dispatchEvent(new CustomEvent("message", { detail: message }));
    });
    socket.addEventListener("close", (event) => {
      this.#socket = null;
      if (event.code === TAKEN_OVER) this.#isOver = true;
      if (this.#isOver) return;
      this.dispatchEvent(new Event("lost"));
      this.#timer = setTimeout(() => this.open(), this.#pause * (0.75 + Math.random() / 2));
      this.#pause = Math.min(this.#pause * 2, LONGEST_PAUSE);
    });
  }

  /** Whether the message went out; what is not sent is not kept, because signals go stale. */
  send(message) {
    if (!this.isOpen) return false;
    this.#socket.send(JSON.stringify(message));
    return true;
  }

  close() {
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#socket?.close();
  }

  #hurry() {
    if (this.#isOver || this.#socket) return;
    this.#pause = FIRST_PAUSE;
    this.open();
  }
}
