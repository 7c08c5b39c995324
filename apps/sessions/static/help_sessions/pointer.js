/** The helper's mouse over the picture, in whole pixels of the device's screen. */

const BUTTONS = 5;
const NOTCH = 100; // CSS pixels of wheel movement that browsers give for one notch
const LINES = 3;
const MOST_NOTCHES = 20;

/** Where in the picture the event is; null beside it. The picture keeps its shape inside the element. */
export function placeOf(event, video) {
  const { videoWidth, videoHeight } = video;
  if (!videoWidth || !videoHeight) return null;
  const box = video.getBoundingClientRect();
  const scale = Math.min(box.width / videoWidth, box.height / videoHeight);
  const left = box.left + (box.width - videoWidth * scale) / 2;
  const top = box.top + (box.height - videoHeight * scale) / 2;
  const x = Math.floor((event.clientX - left) / scale);
  const y = Math.floor((event.clientY - top) / scale);
  return x >= 0 && y >= 0 && x < videoWidth && y < videoHeight ? [x, y] : null;
}

/** The nearest place in the picture: a drag may go past its edge. */
function nearestPlace(event, video) {
  const box = video.getBoundingClientRect();
  const scale = Math.min(box.width / video.videoWidth, box.height / video.videoHeight);
  const clamp = (value, most) => Math.max(0, Math.min(most - 1, Math.floor(value)));
  const left = box.left + (box.width - video.videoWidth * scale) / 2;
  const top = box.top + (box.height - video.videoHeight * scale) / 2;
  return [
    clamp((event.clientX - left) / scale, video.videoWidth),
    clamp((event.clientY - top) / scale, video.videoHeight),
  ];
}

export class Pointer {
  #video;
  #screen;
  #sender;
  #down = new Set();
  #wheel = [0, 0];

  constructor(screen, video, sender) {
    this.#screen = screen;
    this.#video = video;
    this.#sender = sender;
    video.addEventListener("pointerdown", (event) => this.#press(event));
    video.addEventListener("pointerup", (event) => this.#letGo(event));
    video.addEventListener("pointercancel", () => this.#forget());
    video.addEventListener("pointermove", (event) => this.#move(event));
    video.addEventListener("wheel", (event) => this.#turn(event), { passive: false });
    video.addEventListener("contextmenu", (event) => event.preventDefault());
    video.addEventListener("auxclick", (event) => event.preventDefault());
  }

  #press(event) {
    event.preventDefault();
    this.#screen.focus({ preventScroll: true });
    this.#change(event);
  }

  /** A second button that goes down or up comes as a move. */
  #change(event) {
    for (let button = 0; button < BUTTONS; button += 1) {
      // The bits of `buttons` are left, right, middle, back, forward.
      const bit = 1 << [0, 2, 1, 3, 4][button];
      const isDown = Boolean(event.buttons & bit);
      if (isDown === this.#down.has(button)) continue;
      const place = isDown ? placeOf(event, this.#video) : nearestPlace(event, this.#video);
      if (!place) continue;
      if (isDown) {
        this.#video.setPointerCapture(event.pointerId);
        this.#down.add(button);
      } else {
        this.#down.delete(button);
      }
      this.#sender.send([isDown ? "down" : "up", button, ...place]);
    }
  }

  #letGo(event) {
    event.preventDefault();
    this.#change(event);
  }

  #move(event) {
    this.#change(event);
    const place = this.#down.size ? nearestPlace(event, this.#video) : placeOf(event, this.#video);
    if (place) this.#sender.move(...place);
  }

  #forget() {
    this.#down.clear();
    this.#sender.release();
  }

  #turn(event) {
    event.preventDefault();
    const place = placeOf(event, this.#video);
    if (!place) return;
    const step = event.deltaMode === 1 ? LINES : event.deltaMode === 2 ? 1 : NOTCH;
    this.#wheel[0] += event.deltaX / step;
    this.#wheel[1] += event.deltaY / step;
    const notches = this.#wheel.map((turned) => Math.max(-MOST_NOTCHES, Math.min(MOST_NOTCHES, Math.trunc(turned))));
    this.#wheel = this.#wheel.map((turned, axis) => turned - notches[axis]);
    if (notches.some(Boolean)) this.#sender.send(["wheel", ...notches.map((n) => n + 0), ...place]);
  }
}
