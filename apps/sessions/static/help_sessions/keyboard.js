/**
 * The helper's keyboard, while the shared screen has the focus: every key goes to the device.
 *
 * Ctrl+Alt+Shift, pressed together and let go, always gives the keyboard back to the page.
 */

const BITS = [["Shift", 1], ["Control", 2], ["Alt", 4], ["Meta", 8], ["AltGraph", 16], ["CapsLock", 32], ["NumLock", 64]];
const MODIFIERS = new Set(["Shift", "Control", "Alt", "Meta", "AltGraph"]);
const NAME = 32;

export function modifiersOf(event) {
  return BITS.reduce((sum, [name, bit]) => sum + (event.getModifierState(name) ? bit : 0), 0);
}

export class Keyboard {
  #screen;
  #sender;
  #leave;
  #isLeaving = false;
  #accent = ""; // "waiting" for its letter, or "composing" with it

  #held = new Map(); // the modifier keys that are down, as the device was told: code and name

  constructor(screen, sender, leave) {
    this.#screen = screen;
    this.#sender = sender;
    this.#leave = leave;
    screen.addEventListener("keydown", (event) => this.#key(event, true));
    screen.addEventListener("keyup", (event) => this.#key(event, false));
    screen.addEventListener("keypress", (event) => this.#composed(event));
    for (const name of ["keydown", "pointerdown", "wheel"]) {
      screen.addEventListener(name, (event) => this.#follow(event), { capture: true, passive: true });
    }
    screen.addEventListener("blur", () => {
      this.#accent = "";
      this.#held.clear();
      sender.release();
    });
    addEventListener("blur", () => sender.release());
    addEventListener("pagehide", () => sender.release());
    document.addEventListener("visibilitychange", () => document.hidden && sender.release());
    document.addEventListener("fullscreenchange", () => this.#lock());
  }

  /** In full screen the browser gives us even Escape, Alt+Tab and the system key, where it can. */
  #lock() {
    if (document.fullscreenElement?.contains(this.#screen)) navigator.keyboard?.lock?.().catch(() => undefined);
    else navigator.keyboard?.unlock?.();
  }

  #key(event, isDown) {
    if (event.target !== this.#screen) return;
    if (this.#asksToLeave(event, isDown)) return;
    event.stopPropagation();
    if (isDown && this.#waitsForLetter(event)) return;
    event.preventDefault();
    if (event.isComposing || event.key === "Process" || event.key === "Unidentified") return;
    this.#send(event, isDown);
  }

  #send(event, isDown) {
    const { code, key } = event;
    if (code.length > NAME || !key || key.length > NAME) return;
    if (MODIFIERS.has(key)) this.#held[isDown ? "set" : "delete"](code, key);
    this.#sender.send(["key", code, key, isDown, modifiersOf(event)]);
  }

  /** With a dead key, Chromium swallows that Shift came up, too: what is not held any more is let go of. */
  #follow(event) {
    for (const [code, key] of this.#held) {
      if (code === event.code || event.getModifierState(key)) continue;
      this.#held.delete(code);
      this.#sender.send(["key", code, key, false, modifiersOf(event)]);
    }
  }

  /** A dead key says nothing by itself, and often never comes up; the browser makes one character of it and the next key. */
  #waitsForLetter({ key }) {
    if (key === "Dead") {
      this.#accent = "waiting";
      return true;
    }
    if (MODIFIERS.has(key)) return false;
    const isLetter = this.#accent === "waiting" && key.length === 1;
    this.#accent = isLetter ? "composing" : "";
    return isLetter;
  }

  #composed(event) {
    if (event.target !== this.#screen) return;
    event.preventDefault();
    if (this.#accent) this.#send(event, true);
  }

  #asksToLeave(event, isDown) {
    const areThree = event.ctrlKey && event.altKey && event.shiftKey;
    if (isDown) {
      this.#isLeaving = areThree && ["Control", "Alt", "Shift"].includes(event.key);
      return false;
    }
    if (!this.#isLeaving) return false;
    this.#isLeaving = false;
    this.#sender.release();
    this.#leave();
    return true;
  }
}
