/**
 * Mouse and keyboard on their way to the device, on a channel that loses datagrams and never waits.
 *
 * Events are numbered and said again until the device acknowledges them, so that one lost datagram delays its
 * events by some milliseconds and not, as on a reliable channel, by a second (docs/protocol.md).
 */

const AGAIN_EVERY = 40; // ms
const ALIVE_EVERY = 1000; // ms, while something is held
const MOVE_EVERY = 8; // ms
const MOST_EVENTS = 32;
const LARGEST = 1100; // bytes
const MOST_WAITING = 4000;
const encoder = new TextEncoder();
const size = (text) => encoder.encode(text).length;

export class InputSender extends EventTarget {
  #channel = null;
  #view = 0;
  #first = 1; // the number of the oldest event that waits
  #events = [];
  #move = null;
  #movedAt = 0;
  #moveTimer = 0;
  #againTimer = 0;
  #aliveTimer = 0;
  #held = new Set();

  /** From now on over this channel; whatever waited belonged to the old one. */
  use(channel) {
    this.stop();
    this.#channel = channel;
    this.#first = 1;
    channel.addEventListener("message", ({ data }) => this.#hear(data));
  }

  stop() {
    clearTimeout(this.#againTimer);
    clearTimeout(this.#moveTimer);
    clearInterval(this.#aliveTimer);
    this.#againTimer = this.#moveTimer = this.#aliveTimer = 0;
    this.#events = [];
    this.#move = null;
    this.#held.clear();
    this.#channel = null;
  }

  /** The picture that places refer to. */
  set view(number) {
    this.#view = number;
    this.#move = null;
  }

  get isOpen() {
    return this.#channel?.readyState === "open" && this.#view > 0;
  }

  /** How many events the device has not acknowledged yet. */
  get waiting() {
    return this.#events.length;
  }

  /** Sends this event, after all that were sent before; false when there is nobody to send it to. */
  send(event) {
    if (!this.isOpen || this.#events.length >= MOST_WAITING) return false;
    this.#events.push(event);
    this.#note(event);
    this.#say();
    return true;
  }

  /** The pointer's latest place; older ones are of no interest. */
  move(x, y) {
    if (!this.isOpen) return;
    this.#move = [x, y];
    const wait = this.#movedAt + MOVE_EVERY - performance.now();
    if (wait <= 0) this.#say();
    else if (!this.#moveTimer) this.#moveTimer = setTimeout(() => this.#say(), wait);
  }

  /** Lets go of everything, at both ends. */
  release() {
    if (this.#held.size === 0) return;
    this.send(["release"]);
  }

  #note(event) {
    const [name, first, key, isDown] = event;
    if (name === "down") this.#held.add(`button ${first}`);
    if (name === "up") this.#held.delete(`button ${first}`);
    if (name === "key") this.#held[isDown ? "add" : "delete"](`key ${first || key}`);
    if (name === "release") this.#held.clear();
    if (this.#held.size && !this.#aliveTimer) {
      this.#aliveTimer = setInterval(() => this.#say(), ALIVE_EVERY);
    } else if (!this.#held.size) {
      clearInterval(this.#aliveTimer);
      this.#aliveTimer = 0;
    }
  }

  #say() {
    clearTimeout(this.#moveTimer);
    this.#moveTimer = 0;
    if (!this.isOpen) return;
    this.#channel.send(this.#datagram());
    if (this.#move) {
      this.#move = null;
      this.#movedAt = performance.now();
    }
    clearTimeout(this.#againTimer);
    this.#againTimer = this.#events.length ? setTimeout(() => this.#say(), AGAIN_EVERY) : 0;
  }

  /** As many of the oldest events as fit. */
  #datagram() {
    const message = { view: this.#view, n: this.#first, events: this.#events.slice(0, MOST_EVENTS) };
    if (this.#move) message.move = this.#move;
    let text = JSON.stringify(message);
    while (size(text) > LARGEST && message.events.length > 1) {
      message.events.length = Math.ceil(message.events.length / 2);
      text = JSON.stringify(message);
    }
    return text;
  }

  #hear(data) {
    let message;
    try {
      message = JSON.parse(data);
    } catch {
      return;
    }
    const { ack, pointer } = message ?? {};
    if (Number.isSafeInteger(ack) && ack >= this.#first && ack < this.#first + this.#events.length) {
      this.#events.splice(0, ack - this.#first + 1);
      this.#first = ack + 1;
      if (this.#events.length) this.#say();
      else this.dispatchEvent(new Event("acknowledged"));
    }
    if (Array.isArray(pointer) && pointer.length === 2 && pointer.every(Number.isSafeInteger)) {
      this.dispatchEvent(new CustomEvent("pointer", { detail: pointer }));
    }
  }
}
