/**
 * The helper's keyboard, while the shared screen has the focus: every key goes to the device.
 *
 * Ctrl+Alt+Shift, pressed together and let go, always gives the keyboard back to the page.
 */

const BITS = [["Shift", 1], ["Control", 2], ["Alt", 4], ["Meta", 8], ["AltGraph", 16], ["CapsLock", 32], ["NumLock", 64]];
const NAME = 32;

export function modifiersOf(event) {
  return BITS.reduce((sum, [name, bit]) => sum + (event.getModifierState(name) ? bit : 0), 0);
}

export class Keyboard {
  #screen;
  #sender;
  #leave;
  #isLeaving = false;

  constructor(screen, sender, leave) {
    this.#screen = screen;
    this.#sender = sender;
    this.#leave = leave;
    screen.addEventListener("keydown", (event) => this.#key(event, true));
    screen.addEventListener("keyup", (event) => this.#key(event, false));
    screen.addEventListener("blur", () => sender.release());
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
    event.preventDefault();
    event.stopPropagation();
    if (event.isComposing || event.key === "Process" || event.key === "Unidentified") return;
    const { code, key } = event;
    if (code.length > NAME || !key || key.length > NAME) return;
    this.#sender.send(["key", code, key, isDown, modifiersOf(event)]);
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
