/** Choosing what to share, in the browser's own dialog. */

export class CaptureError extends Error {
  /** `word` names the sentence to show: "unsupported", "denied" or "failed". */
  constructor(word) {
    super(word);
    this.word = word;
  }
}

/** Asks the person what to share. Must be called from a press, or the browser refuses. */
export async function chooseScreen() {
  if (!navigator.mediaDevices?.getDisplayMedia) throw new CaptureError("unsupported");
  try {
    const stream = await navigator.mediaDevices.getDisplayMedia({
      video: { frameRate: { ideal: 30, max: 60 }, cursor: "always" },
      audio: false,
      selfBrowserSurface: "exclude", // a mirror in a mirror helps nobody
      surfaceSwitching: "include",
      monitorTypeSurfaces: "include",
    });
    for (const track of stream.getVideoTracks()) track.contentHint = "detail";
    return stream;
  } catch (error) {
    throw new CaptureError(error.name === "NotAllowedError" ? "denied" : "failed");
  }
}

/** "screen", "window" or "tab", as far as the browser says. */
export function surfaceOf(stream) {
  const surface = stream.getVideoTracks()[0]?.getSettings().displaySurface;
  return { monitor: "screen", window: "window", browser: "tab" }[surface] ?? "screen";
}
