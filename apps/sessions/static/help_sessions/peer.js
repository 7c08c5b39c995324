import { isOfDevice } from "./device.js";

/**
 * The WebRTC connection of one side.
 *
 * Only the sharer offers, so two offers can never meet. Each connection is an *attempt* with a number;
 * descriptions and candidates of another attempt are ignored. A broken path is first mended (ICE restart on the
 * same attempt), and replaced by a new attempt when mending failed.
 *
 * Events: "flowing", "broken", "chat" (detail {text}), "sharing" (detail {isOn}), "stream" (detail {stream}),
 * "channel", "input-channel" (detail {channel}), "device" (detail: a message of the device app, docs/protocol.md).
 */

const MEND_EVERY = 4000;
const MENDS_BEFORE_ANEW = 2;
const TEXT_LIMIT = 2000;
const LARGEST_TALK = 65536;
const MAX_BITRATE = 8_000_000;

function parsed(data) {
  if (typeof data !== "string" || data.length > LARGEST_TALK) return null;
  try {
    const message = JSON.parse(data);
    return typeof message === "object" && message !== null ? message : null;
  } catch {
    return null;
  }
}

class Peer extends EventTarget {
  constructor(send) {
    super();
    this.send = send;
    this.iceServers = [];
    this.pc = null;
    this.channel = null;
    this.attempt = 0;
    this.waiting = []; // candidates that came before the description
    this.isFlowing = false;
  }

  get isConnected() {
    return this.pc?.connectionState === "connected";
  }

  /** An offer came and is being worked on: asking for another one would only begin it anew. */
  get isOnItsWay() {
    return ["new", "connecting"].includes(this.pc?.connectionState);
  }

  /** A new connection under this attempt's number; the old one is forgotten. What flowed on it is interrupted. */
  begin(attempt) {
    this.markBroken();
    this.drop();
    this.attempt = attempt;
    const pc = new RTCPeerConnection({ iceServers: this.iceServers });
    this.pc = pc;
    pc.addEventListener("icecandidate", ({ candidate }) => {
      if (pc === this.pc) this.send({ type: "candidate", attempt, candidate: candidate?.toJSON() ?? null });
    });
    pc.addEventListener("connectionstatechange", () => {
      if (pc === this.pc) this.onConnectionState(pc.connectionState);
    });
    this.channel = pc.createDataChannel("talk", { negotiated: true, id: 0 });
    this.channel.addEventListener("message", ({ data }) => this.#hear(data));
    for (const name of ["open", "close"]) {
      this.channel.addEventListener(name, () => this.dispatchEvent(new Event("channel")));
    }
    return pc;
  }

  drop() {
    this.waiting = [];
    this.pc?.close();
    this.pc = null;
    this.channel = null;
  }

  onConnectionState(state) {
    if (state === "connected") this.markFlowing();
    if (state === "disconnected" || state === "failed") this.markBroken();
  }

  markFlowing() {
    this.isFlowing = true;
    this.dispatchEvent(new Event("flowing"));
  }

  markBroken() {
    if (!this.isFlowing) return;
    this.isFlowing = false;
    this.dispatchEvent(new Event("broken"));
  }

  async describe(description) {
    const pc = this.pc;
    await pc.setRemoteDescription(description);
    if (pc !== this.pc) return; // what waits belongs to the next
    const early = this.waiting;
    this.waiting = [];
    for (const candidate of early) await this.#add(candidate);
  }

  async candidate({ attempt, candidate }) {
    if (attempt !== this.attempt || !this.pc) return;
    if (this.pc.remoteDescription) await this.#add(candidate);
    else this.waiting.push(candidate);
  }

  async #add(candidate) {
    try {
      await this.pc?.addIceCandidate(candidate ?? undefined);
    } catch (error) {
      console.warn("candidate not usable", error.name);
    }
  }

  /** Says something to the other side, end to end; false when there is no way to. */
  tell(message) {
    if (this.channel?.readyState !== "open") return false;
    this.channel.send(JSON.stringify(message));
    return true;
  }

  /** What the other side says is as untrusted as anything from the net. */
  #hear(data) {
    const message = parsed(data);
    if (message?.type === "chat" && typeof message.text === "string" && message.text) {
      const text = message.text.slice(0, TEXT_LIMIT);
      this.dispatchEvent(new CustomEvent("chat", { detail: { text } }));
    }
    if (message?.type === "sharing" && typeof message.isOn === "boolean") {
      this.dispatchEvent(new CustomEvent("sharing", { detail: { isOn: message.isOn } }));
    }
    if (isOfDevice(message)) this.dispatchEvent(new CustomEvent("device", { detail: message }));
  }
}

/** The side that sees the screen. It answers, and asks for an offer when it has no connection. */
export class HelperPeer extends Peer {
  /** Asks for a connection, unless there is a sound one. */
  ready() {
    if (!this.isConnected) this.send({ type: "ready" });
  }

  async onOffer({ attempt, sdp }) {
    if (attempt !== this.attempt || !this.pc || this.pc.signalingState === "closed") {
      const pc = this.begin(attempt);
      // A device acts on it only with full control; a browser does not open it.
      const channel = pc.createDataChannel("input", { negotiated: true, id: 1, ordered: false, maxRetransmits: 0 });
      this.dispatchEvent(new CustomEvent("input-channel", { detail: { channel } }));
      pc.addEventListener("track", ({ track, streams, receiver }) => {
        atOnce(receiver);
        const stream = streams[0] ?? new MediaStream([track]);
        this.dispatchEvent(new CustomEvent("stream", { detail: { stream } }));
      });
    }
    // After a break several offers may come at once; each step is for the connection that it was meant for.
    const pc = this.pc;
    await this.describe({ type: "offer", sdp });
    if (pc !== this.pc) return;
    await pc.setLocalDescription();
    if (pc === this.pc) this.send({ type: "answer", attempt, sdp: pc.localDescription.sdp });
  }

  // The picture itself says that it flows: a connection without a frame is none.
  onConnectionState(state) {
    if (state === "disconnected" || state === "failed") {
      this.markBroken();
      this.send({ type: "restart", attempt: this.attempt });
    }
    if (state === "connected" && this.hasFrame) this.markFlowing();
  }

  firstFrame() {
    this.hasFrame = true;
    this.markFlowing();
  }

  drop() {
    this.hasFrame = false;
    super.drop();
  }
}

/** A screen is looked at to act on it: no frame waits to be shown more smoothly. */
function atOnce(receiver) {
  if ("jitterBufferTarget" in receiver) receiver.jitterBufferTarget = 0;
  if ("playoutDelayHint" in receiver) receiver.playoutDelayHint = 0;
}

/** The side whose screen is shown. It offers, mends, and begins anew. */
export class SharerPeer extends Peer {
  constructor(send) {
    super(send);
    this.stream = null;
    this.mends = 0;
    this.timer = 0;
  }

  /** Offers the present stream on a new connection; does nothing before there is one. */
  async offer() {
    if (!this.stream) return;
    clearTimeout(this.timer);
    this.mends = 0;
    const pc = this.begin(Math.max(this.attempt + 1, Date.now()));
    for (const track of this.stream.getTracks()) {
      const sender = pc.addTrack(track, this.stream);
      preferH264(pc, sender);
    }
    await this.#sendOffer();
    await this.#limitBitrate();
  }

  /** Shows another source on the standing connection, or begins one. */
  async show(stream) {
    this.stream = stream;
    const sender = this.pc?.getSenders().find((s) => s.track?.kind === "video" || s.track === null);
    if (sender && this.isConnected) {
      await sender.replaceTrack(stream.getVideoTracks()[0]);
      this.tell({ type: "sharing", isOn: true });
    } else {
      await this.offer();
    }
  }

  stopShowing() {
    this.stream?.getTracks().forEach((track) => track.stop());
    this.stream = null;
    this.tell({ type: "sharing", isOn: false });
  }

  async onAnswer({ attempt, sdp }) {
    if (attempt !== this.attempt || this.pc?.signalingState !== "have-local-offer") return;
    await this.describe({ type: "answer", sdp });
  }

  async onRestart({ attempt }) {
    if (attempt === this.attempt && this.pc) await this.mend();
    else await this.offer();
  }

  onConnectionState(state) {
    super.onConnectionState(state);
    if (state === "connected") {
      this.mends = 0;
      clearTimeout(this.timer);
    }
    if (state === "disconnected" || state === "failed") this.mend();
  }

  async mend() {
    clearTimeout(this.timer);
    if (!this.pc || this.pc.signalingState === "closed") return;
    this.timer = setTimeout(() => this.isConnected || this.mend(), MEND_EVERY);
    if (this.mends >= MENDS_BEFORE_ANEW) {
      await this.offer();
      return;
    }
    this.mends += 1;
    if (this.pc.signalingState !== "stable") await this.pc.setLocalDescription({ type: "rollback" });
    this.pc.restartIce();
    await this.#sendOffer();
  }

  async #sendOffer() {
    const { pc, attempt } = this;
    await pc.setLocalDescription();
    if (pc === this.pc) this.send({ type: "offer", attempt, sdp: pc.localDescription.sdp });
  }

  async #limitBitrate() {
    for (const sender of this.pc?.getSenders() ?? []) {
      const parameters = sender.getParameters();
      if (!parameters.encodings?.length) continue;
      parameters.encodings[0].maxBitrate = MAX_BITRATE;
      parameters.degradationPreference = "maintain-resolution"; // text has to stay readable
      await sender.setParameters(parameters).catch(() => undefined);
    }
  }

  drop() {
    clearTimeout(this.timer);
    super.drop();
  }
}

/** H.264 first: of what browsers share, it keeps text sharp at the most frames a second. */
function preferH264(pc, sender) {
  const transceiver = pc.getTransceivers().find((t) => t.sender === sender);
  const codecs = RTCRtpSender.getCapabilities?.("video")?.codecs;
  if (!transceiver?.setCodecPreferences || !codecs) return;
  const isH264 = (codec) => codec.mimeType.toLowerCase() === "video/h264";
  transceiver.setCodecPreferences([...codecs.filter(isH264), ...codecs.filter((c) => !isH264(c))]);
}
