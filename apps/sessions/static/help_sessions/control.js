/**
 * Full control as the helper has it: mouse and keyboard over the picture, monitors, special keys, text to type,
 * and what the device says about input. On a view-only session only the choice of the monitor is left.
 */

import { InputSender } from "./input.js";
import { Keyboard } from "./keyboard.js";
import { Pointer } from "./pointer.js";

const ALL = "all";
const TEXT_AT_ONCE = 200;
const HELD_FOR = 150; // ms: window managers were seen to miss an Alt+Tab that was shorter than 30 ms
const COMBINATIONS = {
  "alt-tab": [["AltLeft", "Alt"], ["Tab", "Tab"]],
  "system": [["MetaLeft", "Meta"]],
  "print": [["PrintScreen", "PrintScreen"]],
  "escape": [["Escape", "Escape"]],
  "f11": [["F11", "F11"]],
};

export class Control {
  #root;
  #peer;
  #screen;
  #video;
  #words;
  #sender = new InputSender();
  #isOn = false;
  #prompt = { isOpen: false, isHidden: false };
  #why = "";
  #combination = []; // the keys of the drawer that are down
  #combinationTimer = 0;

  constructor(root, peer) {
    this.#root = root;
    this.#peer = peer;
    this.#screen = root.querySelector("[data-screen]");
    this.#video = root.querySelector("[data-video]");
    this.#words = root.querySelector("[data-control-words]").dataset;
    peer.addEventListener("input-channel", ({ detail }) => this.#sender.use(detail.channel));
    peer.addEventListener("device", ({ detail }) => this.#hear(detail));
    this.#sender.addEventListener("pointer", ({ detail }) => this.#showPointer(detail));
    this.#sender.addEventListener("acknowledged", () => this.#typed());
    this.#wireMonitors();
    this.#wireText();
    root.querySelector("[data-keys]").addEventListener("click", (event) => this.#pressed(event));
  }

  /** Begins to pass input on; only the page of a session with full control asks for it. */
  begin() {
    if (this.#isOn) return;
    this.#isOn = true;
    this.#screen.tabIndex = 0;
    this.#screen.setAttribute("role", "application");
    this.#screen.setAttribute("aria-label", this.#words.screenLabel);
    new Pointer(this.#screen, this.#video, this.#sender);
    new Keyboard(this.#screen, this.#sender, () => this.#root.querySelector("[data-bar] button").focus());
    for (const part of this.#root.querySelectorAll("[data-control-only]")) part.hidden = false;
    this.#screen.focus({ preventScroll: true });
  }

  stop() {
    this.#letGo();
    this.#sender.release();
    this.#sender.stop();
  }

  #hear(message) {
    if (message.type === "screen") this.#screenIs(message);
    if (message.type === "cursor") this.#cursorIs(message);
    if (message.type === "prompt") this.#prompt = message;
    if (message.type === "input") this.#why = message.isOn ? "" : message.why;
    this.#explain();
  }

  // --- monitors --------------------------------------------------------------------------------

  #screenIs({ view, monitors, shown, secureAttention }) {
    this.#sender.view = view;
    this.#root.querySelector("[data-attention]").hidden = !secureAttention;
    const select = this.#root.querySelector("[data-monitors]");
    select.closest("[data-monitors-part]").hidden = monitors.length < 2;
    const options = monitors.map((monitor, index) => {
      const name = `${index + 1}: ${monitor.name || this.#words.monitor} · ${monitor.width} × ${monitor.height}`;
      return new Option(name, monitor.id, false, monitor.id === shown);
    });
    options.push(new Option(this.#words.allMonitors, ALL, false, shown === ALL));
    select.replaceChildren(...options);
  }

  #wireMonitors() {
    this.#root.querySelector("[data-monitors]").addEventListener("change", ({ target }) => {
      this.#sender.release();
      this.#peer.tell({ type: "show", monitor: target.value });
    });
  }

  // --- the pointer's shape ---------------------------------------------------------------------

  #cursorIs({ isVisible, png, x, y }) {
    if (!this.#isOn) return;
    const shape = `url("data:image/png;base64,${png}") ${x} ${y}, default`;
    this.#video.style.cursor = isVisible && png ? shape : "none";
  }

  #showPointer([x, y]) {
    const { videoWidth, videoHeight } = this.#video;
    const mark = this.#root.querySelector("[data-pointer]");
    if (!videoWidth || x < 0 || y < 0 || x >= videoWidth || y >= videoHeight) {
      mark.hidden = true;
      return;
    }
    const box = this.#video.getBoundingClientRect();
    const frame = this.#screen.getBoundingClientRect();
    const scale = Math.min(box.width / videoWidth, box.height / videoHeight);
    const left = box.left - frame.left + (box.width - videoWidth * scale) / 2 + x * scale;
    const top = box.top - frame.top + (box.height - videoHeight * scale) / 2 + y * scale;
    mark.style.translate = `${left}px ${top}px`;
    mark.hidden = false;
  }

  // --- keys and text ---------------------------------------------------------------------------

  #pressed(event) {
    const name = event.target.closest("[data-combination]")?.dataset.combination;
    if (!name) return;
    if (name === "attention") this.#sender.send(["attention"]);
    this.#hold(COMBINATIONS[name] ?? []);
    this.#screen.focus({ preventScroll: true });
  }

  /** Presses the keys one after the other, and lets go of the last one first. */
  #hold(keys) {
    this.#letGo();
    this.#combination = keys;
    for (const [code, key] of keys) this.#sender.send(["key", code, key, true, 0]);
    this.#combinationTimer = setTimeout(() => this.#letGo(), HELD_FOR);
  }

  #letGo() {
    clearTimeout(this.#combinationTimer);
    for (const [code, key] of [...this.#combination].reverse()) this.#sender.send(["key", code, key, false, 0]);
    this.#combination = [];
  }

  #wireText() {
    const form = this.#root.querySelector("[data-type-form]");
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#type(form.querySelector("textarea"));
    });
  }

  #type(field) {
    const text = [...field.value.replaceAll("\r", "")];
    const progress = this.#root.querySelector("[data-type-progress]");
    if (!text.length) return;
    if (!this.#sender.isOpen || this.#why) {
      progress.textContent = this.#words.notTyped;
      return;
    }
    while (text.length) this.#sender.send(["text", text.splice(0, TEXT_AT_ONCE / 2).join("")]);
    field.value = "";
    progress.textContent = this.#words.typing;
  }

  #typed() {
    const progress = this.#root.querySelector("[data-type-progress]");
    if (progress.textContent === this.#words.typing) progress.textContent = this.#words.typed;
  }

  // --- what is to be said ----------------------------------------------------------------------

  /** Why input is not acted on right now, or that a prompt is hidden. */
  #explain() {
    const line = this.#root.querySelector("[data-control-state]");
    const words = { local_user: "localUser", protected: "protected", failed: "inputFailed" };
    const key = this.#prompt.isHidden && this.#isOn ? "promptHidden" : this.#isOn ? words[this.#why] : undefined;
    line.textContent = key ? this.#words[key] : "";
    line.hidden = !key;
  }
}
