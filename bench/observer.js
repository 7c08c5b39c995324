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
  const surfaces = new Map();
  const surface = (width, height) => {
    const name = `${width} x ${height}`;
    if (!surfaces.has(name)) {
      surfaces.set(name, new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true }));
    }
    return surfaces.get(name);
  };
  const wall = (at) => performance.timeOrigin + at;

  /** Calls back each time that the page may show something new, with the moment of it. */
  const onPicture = (look) => {
    const call = () => look(performance.now());
    if (isVideo) element.requestVideoFrameCallback(call);
    else requestAnimationFrame(call);
  };

  /**
   * How light these places are (0 to 255), in the picture that is shown at the moment of the call. Of a video only they
   * are read: a whole picture takes a browser that draws by itself 8 ms, which would be measured along.
   */
  const lightness = async (left, top, width, height, places) => {
    if (!isVideo) {
      const part = surface(width, height);
      part.drawImage(element, left, top, width, height, 0, 0, width, height);
      const { data } = part.getImageData(0, 0, width, height);
      return places.map(([x, y]) => data[(y * width + x) * 4 + 1]);
    }
    const frame = new VideoFrame(element);
    const rect = { x: left, y: top, width, height };
    if (!["I420", "NV12"].includes(frame.format)) throw new Error(`cannot read ${frame.format}`);
    const buffer = new Uint8Array(frame.allocationSize({ rect }));
    const [{ offset, stride }] = await frame.copyTo(buffer, { rect });
    frame.close();
    return places.map(([x, y]) => buffer[offset + y * stride + x]);
  };

  const isLight = async () => {
    const [width, height] = size();
    const [middle] = await lightness(width / 2 - 4, height / 2 - 4, 8, 8, [[4, 4]]);
    return middle > 128;
  };

  const SQUARES = Array.from({ length: BITS }, (_, bit) => [bit * SQUARE + SQUARE / 2, SQUARE / 2]);
  const number = async () => {
    const [, height] = size();
    const found = await lightness(0, height - SQUARE, BITS * SQUARE, SQUARE, SQUARES);
    return found.reduce((sum, light, bit) => sum + (light > 128 ? 2 ** bit : 0), 0);
  };

  let pressed = 0;
  addEventListener("keydown", (event) => event.isTrusted && (pressed = event.timeStamp), { capture: true });
  let frames = null;

  const observer = {
    /** Notes how light the middle is; `seen` waits until that changed, for so many ms at most, and tells when and since
     * which key press. */
    async begin(patience) {
      pressed = 0;
      const before = await isLight();
      observer.pending = new Promise((done) => {
        let isOver = false;
        const end = (seen) => {
          isOver = true;
          done({ pressed: wall(pressed), seen });
        };
        const look = async (now) => {
          if (isOver) return;
          onPicture(look);
          if ((await isLight()) !== before && !isOver) end(wall(now));
        };
        onPicture(look);
        setTimeout(() => end(null), patience);
      });
    },
    seen: () => observer.pending,

    /** From now on notes each new number on the picture's lower edge, until `watched` hands them over. */
    watch() {
      const mine = (frames = []);
      let last = -1;
      const look = async (now) => {
        if (frames !== mine) return;
        onPicture(look);
        const found = await number();
        if (found !== last) mine.push([found, wall(now)]);
        last = found;
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
