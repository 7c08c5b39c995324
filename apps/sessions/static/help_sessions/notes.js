/** What the session page notes on this device, from what it goes through anyway. No note can stop a session. */

import { DeviceLog } from "./device_log.js";

const BEAT = 20_000;
const LIVE = ["connecting", "active"];

const event = (what, about = "") => (about ? { at: Date.now(), what, about } : { at: Date.now(), what });

export class Notes {
  #log;
  #session;
  #side;
  #onProblem;
  #turn = Promise.resolve();
  #hasBegun = false;
  #release = () => undefined;
  #timer = 0;

  /** `onProblem` is called when the browser cannot keep a note. */
  constructor({ person, sessionId, side }, onProblem) {
    this.#log = new DeviceLog(person);
    this.#session = sessionId;
    this.#side = side;
    this.#onProblem = onProblem;
  }

  /** Whatever the page hears of connection and socket. */
  listen(peer, socket) {
    peer.addEventListener("broken", () => this.#cut("isBroken", "interrupted"));
    peer.addEventListener("flowing", () => this.#mended("isBroken", "restored"));
    socket.addEventListener("lost", () => this.#cut("isOutOfReach", "site_lost"));
    socket.addEventListener("open", () => this.#mended("isOutOfReach", "site_back"));
  }

  /** The session as the server rendered it. Nothing is noted before both sides know each other. */
  panel(state, { other, kind, elevation, endReason }) {
    if (state === "ended") return this.#end(endReason ?? "");
    if (state === "waiting" || !other) return undefined;
    if (!this.#hasBegun) this.#begin(other);
    return this.#change((record) => {
      let changed = false;
      if (LIVE.includes(state) && !record.startedAt) {
        Object.assign(record, { startedAt: Date.now(), kind });
        record.events.push(event("started", kind));
        changed = true;
      }
      if (elevation && elevation !== record.elevation) {
        record.events.push(event(elevation === "none" ? "elevation_revoked" : `elevation_${elevation}`));
        record.elevation = elevation;
        record.wasElevated ||= elevation === "granted";
        changed = true;
      }
      return changed ? record : null;
    });
  }

  /** `word` says what failed, as in capture.js. */
  error(word) {
    this.#change((record) => withEvent(record, event("error", word)));
  }

  takenOver() {
    this.#change((record) => withEvent(record, event("taken_over")));
    this.#stop();
  }

  #begin(other) {
    this.#hasBegun = true;
    this.#release = this.#log.hold(this.#session);
    this.#timer = setInterval(() => this.#change((record) => record), BEAT);
    const now = Date.now();
    const fresh = { side: this.#side, other, kind: "", begunAt: now, elevation: "none", events: [event("met")] };
    this.#write((record) => (record ? withEvent(record, event("reloaded")) : fresh));
  }

  #end(reason) {
    this.#write((record) => {
      if (!record || record.endedAt) return null;
      record.endedAt = Date.now();
      record.end = reason;
      return withEvent(record, event("ended", reason));
    });
    this.#stop();
  }

  #cut(flag, what) {
    this.#change((record) => (record[flag] ? null : withEvent({ ...record, [flag]: true }, event(what))));
  }

  #mended(flag, what) {
    this.#change((record) => (record[flag] ? withEvent({ ...record, [flag]: false }, event(what)) : null));
  }

  /** Of a session that goes on; what has ended stays as it is. */
  #change(change) {
    if (this.#hasBegun) this.#write((record) => (record && !record.endedAt ? change(record) : null));
  }

  #write(change) {
    const seen = (record) => record && { ...record, seenAt: Date.now() };
    this.#turn = this.#turn
      .then(() => this.#log.change(this.#session, (record) => seen(change(record))))
      .catch((error) => this.#onProblem(error));
  }

  #stop() {
    clearInterval(this.#timer);
    this.#turn.then(() => this.#release());
  }
}

function withEvent(record, made) {
  record.events.push(made);
  return record;
}
