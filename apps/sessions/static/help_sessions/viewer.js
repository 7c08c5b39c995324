/** The helper's view of the screen: fitted or pixel for pixel, full screen, and its first frame. */

export class Viewer {
  #video;
  #screen;

  constructor(root) {
    this.#video = root.querySelector("[data-video]");
    this.#screen = root.querySelector("[data-screen]");
    this.#fitButton(root.querySelector("[data-fit]"));
    root.querySelector("[data-full-screen]").addEventListener("click", () => this.#fullScreen());
    this.#video.addEventListener("resize", () => this.#size());
  }

  /** Shows the stream and calls back when its first frame is on the page. */
  show(stream, whenSeen) {
    if (this.#video.srcObject !== stream) this.#video.srcObject = stream;
    this.#video.play().catch(() => undefined); // muted video may always play; a swap interrupts it
    if (this.#video.requestVideoFrameCallback) this.#video.requestVideoFrameCallback(() => whenSeen());
    else this.#video.addEventListener("playing", () => whenSeen(), { once: true });
  }

  clear() {
    this.#video.srcObject = null;
  }

  #fitButton(button) {
    button.addEventListener("click", () => {
      const isActual = this.#screen.toggleAttribute("data-actual");
      button.setAttribute("aria-pressed", String(isActual));
      button.textContent = isActual ? button.dataset.labelFit : button.dataset.labelActual;
      this.#size();
    });
  }

  /** One pixel of the shared screen on one pixel of this one. */
  #size() {
    const isActual = this.#screen.hasAttribute("data-actual");
    const ratio = devicePixelRatio || 1;
    this.#video.width = isActual ? Math.round(this.#video.videoWidth / ratio) : 0;
    this.#video.height = isActual ? Math.round(this.#video.videoHeight / ratio) : 0;
    if (!isActual) {
      this.#video.removeAttribute("width");
      this.#video.removeAttribute("height");
    }
  }

  #fullScreen() {
    if (document.fullscreenElement) document.exitFullscreen();
    else this.#screen.closest("[data-stage]").requestFullscreen().catch(() => undefined);
  }
}
