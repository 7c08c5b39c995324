/** The connection panel: what the browser itself measures of the connection. */

const language = document.documentElement.lang || "en";
const number = new Intl.NumberFormat(language, { maximumFractionDigits: 1 });

function selectedPair(reports) {
  for (const report of reports.values()) {
    if (report.type === "transport" && report.selectedCandidatePairId) {
      return reports.get(report.selectedCandidatePairId);
    }
  }
  // Firefox names no transport.
  return [...reports.values()].find((r) => r.type === "candidate-pair" && r.nominated && r.state === "succeeded");
}

/** Path, round trip in ms, frames a second, size, bytes and codec; what is unknown is null. */
export async function measure(pc) {
  const reports = await pc.getStats();
  const pair = selectedPair(reports);
  const ends = [pair?.localCandidateId, pair?.remoteCandidateId].map((id) => reports.get(id));
  const video = [...reports.values()].find(
    (r) => (r.type === "inbound-rtp" || r.type === "outbound-rtp") && r.kind === "video",
  );
  return {
    path: pair ? (ends.some((end) => end?.candidateType === "relay") ? "relayed" : "direct") : null,
    roundTrip: pair?.currentRoundTripTime != null ? pair.currentRoundTripTime * 1000 : null,
    fps: video?.framesPerSecond ?? null,
    size: video?.frameWidth ? `${video.frameWidth} × ${video.frameHeight}` : null,
    bytes: video ? (video.bytesReceived ?? video.bytesSent ?? null) : null,
    codec: reports.get(video?.codecId)?.mimeType?.replace("video/", "") ?? null,
  };
}

export class StatsPanel {
  #root;
  #peer;
  #path;

  constructor(root, peer) {
    this.#root = root;
    this.#peer = peer;
    this.#path = root.querySelector("[data-path]");
    setInterval(() => this.#update(), 1000);
  }

  async #update() {
    const pc = this.#peer.pc;
    const words = this.#path.dataset;
    if (!pc || pc.connectionState !== "connected") {
      this.#path.textContent = words.labelNone;
      this.#path.dataset.state = "warn";
      return;
    }
    const found = await measure(pc);
    const path = { direct: words.labelDirect, relayed: words.labelRelayed }[found.path] ?? words.labelNone;
    const parts = [path];
    if (found.roundTrip != null) parts.push(`${number.format(Math.round(found.roundTrip))} ms`);
    if (found.fps != null) parts.push(`${number.format(Math.round(found.fps))} fps`);
    this.#path.textContent = parts.join(" · ");
    this.#path.dataset.state = "good";
    this.#path.dataset.route = found.path ?? "";
    this.#write("path", path);
    this.#write("round-trip", found.roundTrip != null ? `${number.format(found.roundTrip)} ms` : null);
    this.#write("fps", found.fps != null ? number.format(found.fps) : null);
    this.#write("size", found.size);
    this.#write("bytes", found.bytes != null ? `${number.format(found.bytes / 1e6)} MB` : null);
    this.#write("codec", found.codec);
  }

  #write(name, value) {
    const cell = this.#root.querySelector(`[data-stat="${name}"]`);
    if (cell) cell.textContent = value ?? "–";
  }
}
