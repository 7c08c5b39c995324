/** Countdowns and the session clock. They count from what the server said, so a wrong clock does no harm. */

export function clockText(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (n) => String(n).padStart(2, "0");
  return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** Starts the countdowns in `root`; `whenOver` runs once when one reaches nought. */
export function countDown(root, whenOver) {
  const element = root.querySelector("[data-countdown]");
  if (!element) return () => undefined;
  const end = performance.now() + Number(element.dataset.countdown) * 1000;
  const life = root.querySelector("[data-life]");
  const tick = () => {
    const left = Math.max(0, (end - performance.now()) / 1000);
    element.textContent = element.dataset.label.replace("{time}", clockText(Math.ceil(left)));
    if (life) life.value = left;
    if (left <= 0) {
      clearInterval(timer);
      // A moment later, so that the server's clock has passed it too.
      setTimeout(whenOver, 700);
    }
  };
  const timer = setInterval(tick, 1000);
  tick();
  return () => clearInterval(timer);
}

export class Clock {
  #element;
  #startedAt = null;

  constructor(element) {
    this.#element = element;
    setInterval(() => this.#show(), 1000);
  }

  startedSecondsAgo(seconds) {
    this.#startedAt ??= performance.now() - seconds * 1000;
    this.#show();
  }

  #show() {
    if (this.#startedAt !== null) {
      this.#element.textContent = clockText((performance.now() - this.#startedAt) / 1000);
    }
  }
}
