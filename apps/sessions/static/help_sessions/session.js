/**
 * The session page of either side.
 *
 * The server renders the panel for each state; this module swaps it when the state changes, and runs the stage
 * (picture, chat, connection) while the session is live. Steps go to the server as forms; only signals go over
 * the socket; content goes from page to page.
 */

import { Socket } from "./socket.js";
import { HelperPeer, SharerPeer } from "./peer.js";
import { chooseScreen, surfaceOf } from "./capture.js";
import { Talk } from "./talk.js";
import { StatsPanel } from "./stats.js";
import { Clock, countDown } from "./time.js";
import { Viewer } from "./viewer.js";
import { Control } from "./control.js";
import { showDevice, showNotice } from "./calling.js";
import { Notes } from "./notes.js";
import { localTimes, toggle } from "../site/js/page.js";

const OFFER_PATIENCE = 3000;
const LIVE = ["connecting", "active"];

class SessionPage {
  constructor(body) {
    this.body = body;
    this.side = body.dataset.side;
    this.panel = body.querySelector("[data-panel]");
    const template = body.querySelector("[data-stage-template]").content;
    this.stage = document.importNode(template, true).querySelector("[data-stage]");
    this.words = this.stage.querySelector("[data-words]").dataset;
    this.stopCounting = () => undefined;
    this.socket = new Socket(body.dataset.socketPath);
    const send = (message) => this.socket.send(message);
    this.peer = this.side === "helper" ? new HelperPeer(send) : new SharerPeer(send);
    this.clock = new Clock(this.stage.querySelector("[data-clock]"));
    this.talk = new Talk(this.stage, this.peer, "");
    new StatsPanel(this.stage, this.peer);
    if (this.side === "helper") {
      this.viewer = new Viewer(this.stage);
      this.control = new Control(this.stage, this.peer);
    }
    this.notes = new Notes(body.dataset, () => (body.querySelector("[data-log-problem]").hidden = false));
    this.notes.listen(this.peer, this.socket);
    this.listen();
    this.readPanel();
    // The code's page came as the answer to a form: its address should be the session's.
    history.replaceState(null, "", body.dataset.pageUrl);
    if (this.state !== "ended") this.socket.open();
  }

  get state() {
    return this.body.dataset.state;
  }

  get isLive() {
    return LIVE.includes(this.state);
  }

  // --- the panel -------------------------------------------------------------------------------

  listen() {
    this.socket.addEventListener("message", ({ detail }) => this.hear(detail));
    this.socket.addEventListener("lost", () => this.socketLost());
    this.socket.addEventListener("open", () => this.showNet(false));
    this.peer.addEventListener("flowing", () => this.flowing());
    this.peer.addEventListener("broken", () => this.broken());
    this.peer.addEventListener("stream", ({ detail }) => this.showStream(detail.stream));
    this.peer.addEventListener("sharing", ({ detail }) => this.sharingChanged(detail.isOn));
    document.addEventListener("htmx:afterSwap", (event) => {
      if (event.target === this.panel) this.readPanel({ moveFocus: true });
    });
    document.addEventListener("htmx:confirm", (event) => this.beforeAllow(event));
    document.addEventListener("htmx:sendError", () => this.showNet(true));
    document.addEventListener("htmx:beforeRequest", (event) => this.beforeLeave(event));
    document.addEventListener("htmx:afterRequest", (event) => this.afterAllow(event));
    this.stage.addEventListener("click", (event) => this.pressed(event));
    this.body.querySelector("[data-log-problem] button").addEventListener("click", ({ target }) => (target.parentElement.hidden = true));
    this.body.querySelector("[data-use-here]").addEventListener("click", () => location.reload());
    addEventListener("pagehide", () => this.socket.close());
  }

  /** Take over what the server rendered: state, names, clocks; and act on a changed state. */
  readPanel({ moveFocus = false } = {}) {
    const panel = this.panel.querySelector("[data-panel-state]");
    if (!panel) return;
    this.body.dataset.state = panel.dataset.panelState;
    this.body.toggleAttribute("data-live", this.isLive);
    this.stopCounting();
    this.stopCounting = countDown(this.panel, () => this.refresh());
    localTimes(this.panel);
    this.readNames(panel.dataset);
    this.notes.panel(this.state, panel.dataset);
    if (panel.dataset.secondsActive) this.clock.startedSecondsAgo(Number(panel.dataset.secondsActive));
    if (this.isLive && !this.stage.isConnected) this.goLive();
    if (this.control && this.isLive) this.readControl(panel.dataset);
    if (this.state === "ended" && !this.isOver) this.end();
    if (this.state === "introduced") this.stopCapture(); // declined, or not answered in time
    this.showSource();
    if (moveFocus && !(this.isLive && this.stage.contains(document.activeElement))) this.panel.querySelector("[data-focus]")?.focus({ preventScroll: this.isLive });
  }

  /** Whether mouse and keyboard go to the device, and how it stands with elevation. */
  readControl({ kind, elevation, canElevate }) {
    if (kind === "full_control" && this.state === "active") this.control.begin();
    const part = this.stage.querySelector("[data-elevation-part]");
    part.hidden = !(this.state === "active" && canElevate === "yes");
    part.dataset.state = elevation;
    const button = part.querySelector("button");
    const says = { asked: button.dataset.labelAsked, granted: button.dataset.labelGranted };
    button.textContent = says[elevation] ?? button.dataset.labelAsk;
    button.disabled = elevation in says;
    this.stage.querySelector("[data-elevation-refused]").hidden = elevation !== "refused";
  }

  readNames({ other, kindWords, deviceWords, chat }) {
    if (other) {
      this.stage.querySelector("[data-other-name]").textContent = other;
      this.talk.otherName = other;
      document.title = `${other} · Remote Help`;
    }
    if (kindWords) this.stage.querySelector("[data-kind-chip]").textContent = kindWords;
    this.stage.querySelector(".stage__device").textContent = deviceWords ?? "";
    this.talk.isEnabled = chat === "on";
    this.stage.querySelector("[data-chat-button]").hidden = !this.talk.isEnabled;
  }

  async refresh() {
    if (this.state === "ended") return;
    this.asked = (this.asked ?? 0) + 1;
    const turn = this.asked;
    let answer;
    try {
      answer = await fetch(this.body.dataset.panelUrl, { headers: { "HX-Request": "true" } });
    } catch {
      this.showNet(true); // out of reach; the socket's next attempt asks again
      return;
    }
    if (answer.redirected || [401, 404].includes(answer.status)) return location.reload(); // signed out meanwhile
    const text = await answer.text();
    if (!answer.ok || turn !== this.asked) return; // a newer question is on its way
    window.htmx.swap(this.panel, text, { swapStyle: "innerHTML", swapDelay: 0, settleDelay: 0 });
    this.readPanel({ moveFocus: true });
  }

  // --- the socket ------------------------------------------------------------------------------

  /** A message that cannot be used is noted and passed over: the next offer puts things right. */
  async hear(message) {
    try {
      await this.act(message);
    } catch (error) {
      console.warn(`${message.type} not usable: ${error.name}`);
    }
  }

  async act(message) {
    switch (message.type) {
      case "session.joined":
        return this.joined(message);
      case "session.changed":
        return this.changed(message.state);
      case "session.taken_over":
        return this.takenOver();
      case "device.changed":
        return showDevice(this.panel, message.is_here);
      case "notice.shown":
        return showNotice(this.panel);
      case "peer.joined":
        return this.peerJoined();
      case "peer.left":
        return this.isLive && !this.peer.isConnected ? this.say("peerGone", { isBusy: true }) : undefined;
      case "offer":
        return this.side === "helper" ? this.peer.onOffer(message) : undefined;
      case "answer":
        return this.side === "sharer" ? this.peer.onAnswer(message) : undefined;
      case "candidate":
        return this.peer.candidate(message);
      case "ready":
        return this.side === "sharer" ? this.peer.offer() : undefined;
      case "restart":
        return this.side === "sharer" ? this.peer.onRestart(message) : undefined;
      case "refused":
        return this.refused(message.code);
      default:
        return undefined;
    }
  }

  refused(code) {
    if (code === "signed_out") return location.reload(); // nothing is shown or seen any more
    return code === "not_now" ? this.refresh() : undefined;
  }

  async joined(message) {
    this.showNet(false);
    this.peer.iceServers = message.ice_servers;
    if (message.state !== this.state) await this.refresh();
    if (message.is_device_here !== undefined) showDevice(this.panel, message.is_device_here);
    if (message.is_notice_shown) showNotice(this.panel);
    if (!this.isLive) return;
    if (this.peer.isFlowing) this.socket.send({ type: "media.flowing" });
    else this.connect();
  }

  async changed(state) {
    if (state === "ended") this.socket.close(); // the server closes it now, for good
    // The page of the one who took the step is swapped by the answer to their form.
    // A live session stays in its state when elevation is asked for, granted, refused or taken back.
    if (state !== this.state || !this.isLive || this.side === "helper") await this.refresh();
  }

  peerJoined() {
    if (this.isLive && !this.peer.isConnected) this.connect();
  }

  takenOver() {
    this.notes.takenOver();
    this.peer.drop();
    if (this.side === "sharer") this.peer.stopShowing();
    this.viewer?.clear();
    this.body.querySelector("[data-taken-over]").hidden = false;
    this.body.querySelector("[data-use-here]").focus();
  }

  socketLost() {
    this.showNet(true);
    // A refused handshake says nothing: ask the page how the session stands.
    this.refresh();
  }

  showNet(isShown) {
    this.body.querySelector("[data-net]").hidden = !isShown || this.state === "ended";
  }

  // --- the connection --------------------------------------------------------------------------

  goLive() {
    this.panel.before(this.stage);
    window.htmx.process(this.stage);
    this.say("connecting", { isBusy: true });
    if (this.socket.isOpen) this.connect();
  }

  connect() {
    if (this.side === "sharer") {
      if (this.peer.stream) this.peer.offer();
      else this.say("shareNeeded", { canShare: true });
      return;
    }
    // The sharer offers by itself; ask only when nothing came.
    clearTimeout(this.patience);
    const ask = () => this.isLive && !this.peer.isOnItsWay && this.peer.ready();
    this.patience = setTimeout(ask, this.peer.pc ? 0 : OFFER_PATIENCE);
    if (this.state === "active") this.peer.ready();
  }

  flowing() {
    this.socket.send({ type: "media.flowing" });
    if (this.side === "sharer" && !this.peer.stream) return;
    this.say(null);
  }

  broken() {
    this.socket.send({ type: "media.lost" });
    this.say("broken", { isBusy: true });
  }

  showStream(stream) {
    this.say("noPicture", { isBusy: true });
    this.viewer.show(stream, () => this.peer.firstFrame());
  }

  sharingChanged(isOn) {
    if (this.side === "helper") this.say(isOn ? null : "paused");
  }

  end() {
    this.isOver = true;
    this.say(null);
    this.peer.drop();
    if (this.side === "sharer") this.peer.stopShowing();
    this.viewer?.clear();
    this.control?.stop();
    if (document.fullscreenElement) document.exitFullscreen();
    this.stage.remove();
    this.socket.close();
    this.showNet(false);
  }

  // --- what the sharer shows -------------------------------------------------------------------

  /** *Allow* first lets the person choose what to share; consent goes out only when something is shared. */
  async beforeAllow(event) {
    if (!event.target.closest?.("[data-allow]") || this.peer.stream) return;
    event.preventDefault();
    if (await this.choose((word) => this.captureProblem(word))) event.detail.issueRequest(true);
  }

  /** Consent that did not arrive is none: what was chosen for it is not even captured any more. */
  afterAllow(event) {
    // The form itself may have been swapped away by now.
    if (event.detail.requestConfig?.elt.matches("[data-allow]") && !event.detail.successful) this.stopCapture();
  }

  stopCapture() {
    if (this.side === "sharer" && this.peer.stream) this.peer.stopShowing();
  }

  /** Who leaves shows nothing from that moment on, whether or not the server can be told. */
  beforeLeave(event) {
    if (this.side !== "sharer" || !event.target.closest?.('[action$="/leave/"]')) return;
    this.stopCapture();
    if (this.isLive) this.say("nothingShared", { canShare: true });
  }

  async choose(onProblem) {
    try {
      const stream = await chooseScreen();
      stream.getVideoTracks()[0].addEventListener("ended", () => this.sourceEnded(stream));
      this.peer.stream = stream;
      return true;
    } catch (error) {
      this.notes.error(error.word ?? "failed");
      onProblem(error.word ?? "failed");
      return false;
    }
  }

  captureProblem(word) {
    const note = this.panel.querySelector("[data-capture-problem]");
    if (!note) return;
    note.hidden = false;
    note.querySelector("[data-capture-problem-text]").textContent = this.words[word];
  }

  sourceEnded(stream) {
    if (this.peer.stream !== stream) return;
    this.peer.stopShowing();
    if (this.isLive) this.say("nothingShared", { canShare: true });
  }

  async shareAgain() {
    if (!(await this.choose((word) => this.say(word, { canShare: true })))) return;
    await this.peer.show(this.peer.stream);
    this.showSource();
    this.say(this.peer.isConnected ? null : "connecting", { isBusy: true });
  }

  showSource() {
    const line = this.panel.querySelector("[data-sharing-what]");
    if (!line || !this.peer.stream) return;
    const key = { screen: "sharingScreen", window: "sharingWindow", tab: "sharingTab" }[surfaceOf(this.peer.stream)];
    line.textContent = this.words[key];
  }

  // --- the stage -------------------------------------------------------------------------------

  /** One sentence over the picture, or none. */
  say(word, { isBusy = false, canShare = false } = {}) {
    const status = this.stage.querySelector("[data-status]");
    status.hidden = word === null;
    status.querySelector("[data-status-spinner]").hidden = !isBusy;
    status.querySelector("[data-share-again]").hidden = !canShare;
    status.querySelector("[data-status-text]").textContent = word === null ? "" : this.words[word];
  }

  pressed(event) {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.matches("[data-toggle]")) this.openDrawer(button);
    if (button.matches("[data-close]")) this.closeDrawers({ returnFocus: true });
    if (button.matches("[data-share-again]")) this.shareAgain();
  }

  openDrawer(button) {
    const wasOpen = button.getAttribute("aria-expanded") === "true";
    this.closeDrawers();
    if (wasOpen) return;
    toggle(button, true);
    this.lastToggle = button;
    if (button.matches("[data-chat-button]")) this.talk.opened();
  }

  closeDrawers({ returnFocus = false } = {}) {
    for (const button of this.stage.querySelectorAll("[data-toggle]")) toggle(button, false);
    if (returnFocus) this.lastToggle?.focus();
  }
}

new SessionPage(document.body);
