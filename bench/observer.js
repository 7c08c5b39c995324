/**
 * What a helper's page shows, read from the page itself: a <video> of ours, or the <canvas> of another product.
 * Called once with the element's selector; everything else hangs on `window.observer`.
 */
(selector) => {
  const SQUARE = 40;
  const BITS = 16;
  const element = document.querySelector(selector);
  const isVideo = element instanceof HTMLVideoElement;
  const size = () => (isVideo ? [element.videoWidth, element.videoHeight] : [element.width, element.height]);
  const surface = (width, height) => {
    const canvas = new OffscreenCanvas(width, height);
    return canvas.getContext("2d", { willReadFrequently: true });
  };
  const spot = surface(2, 2);
  const strip = surface(BITS * 2, 2);
  const wall = (at) => performance.timeOrigin + at;

  /** Calls back each time that the page may show something new, after it was drawn. */
  const onPicture = (look) => (isVideo ? element.requestVideoFrameCallback(look) : requestAnimationFrame(look));

  const isLight = () => {
    const [width, height] = size();
    spot.drawImage(element, width / 2 - 4, height / 2 - 4, 8, 8, 0, 0, 2, 2);
    return spot.getImageData(0, 0, 1, 1).data[1] > 128;
  };

  const number = () => {
    const [, height] = size();
    strip.drawImage(element, 0, height - SQUARE, BITS * SQUARE, SQUARE, 0, 0, BITS * 2, 2);
    const { data } = strip.getImageData(0, 0, BITS * 2, 2);
    let found = 0;
    for (let bit = 0; bit < BITS; bit += 1) if (data[bit * 8 + 1] > 128) found += 2 ** bit;
    return found;
  };

  let pressed = 0;
  addEventListener("keydown", (event) => event.isTrusted && (pressed = event.timeStamp), { capture: true });
  let frames = null;

  const observer = {
    /** Notes how light the middle is; `seen` waits until that changed, for so many ms at most, and tells when and since
     * which key press. */
    begin(patience) {
      pressed = 0;
      const before = isLight();
      const began = performance.now();
      observer.pending = new Promise((done) => {
        const look = () => {
          const now = performance.now();
          if (isLight() !== before) done({ pressed: wall(pressed), seen: wall(performance.now()) });
          else if (now - began > patience) done({ pressed: wall(pressed), seen: null });
          else onPicture(look);
        };
        onPicture(look);
        setTimeout(() => done({ pressed: wall(pressed), seen: null }), patience);
      });
    },
    seen: () => observer.pending,

    /** From now on notes each new number on the picture's lower edge, until `watched` hands them over. */
    watch() {
      const mine = (frames = []);
      let last = -1;
      const look = () => {
        if (frames !== mine) return;
        const found = number();
        if (found !== last) mine.push([found, wall(performance.now())]);
        last = found;
        onPicture(look);
      };
      onPicture(look);
    },
    watched() {
      const found = frames;
      frames = null;
      return found;
    },

    /** The mean squared error against these pixels (base64 of BGRx, row by row), over red, green and blue. */
    error(pixels) {
      const [width, height] = size();
      const whole = surface(width, height);
      whole.drawImage(element, 0, 0);
      const shown = whole.getImageData(0, 0, width, height).data;
      const real = atob(pixels);
      let sum = 0;
      for (let at = 0; at < shown.length; at += 4) {
        for (let colour = 0; colour < 3; colour += 1) {
          const difference = shown[at + colour] - real.charCodeAt(at + 2 - colour);
          sum += difference * difference;
        }
      }
      return (sum * 4) / (shown.length * 3);
    },

    size,
    clock: () => wall(performance.now()),
  };
  window.observer = observer;
}
