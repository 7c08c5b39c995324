/** *Log on this device*: lists, narrows, saves and deletes what this browser noted for the person who is signed in. */

import { DeviceLog, forgetOld } from "./device_log.js";
import { asCsv, asJsonLines, save } from "./log_files.js";
import { clockText } from "./time.js";

const AT_ONCE = 50;
const PROBLEMS = ["error", "interrupted", "site_lost"];
const LOST = ["connection_lost", "not_connected", "ground_lost"];

const language = document.documentElement.lang || "en";
const full = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" });
const clock = new Intl.DateTimeFormat(language, { timeStyle: "medium" });

const root = document.querySelector("[data-device-log]");
const log = new DeviceLog(root.dataset.person);
const form = root.querySelector("[data-log-filters]");
const part = (name) => root.querySelector(`[data-log-${name}]`);
const words = {};
for (const word of root.querySelectorAll("[data-log-words] [data-word]")) words[word.dataset.word] = word.textContent.trim();

let records = [];
let shown = AT_ONCE;

const say = (kind, value) => words[`${kind}:${value}`] ?? value;

function read(record) {
  const last = record.events.at(-1)?.what;
  record.isElsewhere = !record.endedAt && !record.isLive && last === "taken_over";
  record.isUnexpected = !record.endedAt && !record.isLive && !record.isElsewhere;
  record.hasProblem =
    record.isUnexpected || LOST.includes(record.end) || record.events.some(({ what }) => PROBLEMS.includes(what));
  return record;
}

function standing(record) {
  if (record.endedAt) return [LOST.includes(record.end) ? "bad" : "", say("end", record.end)];
  if (record.isLive) return ["live", words["standing:live"]];
  if (record.isElsewhere) return ["", words["event:taken_over"]];
  return ["bad", words["event:ended_unexpectedly"]];
}

/** Stands behind the # of the address, which no server is told. */
function wishes() {
  return { text: form.elements.q.value.trim().toLowerCase(), side: form.elements.side.value, only: form.elements.only.value };
}

function isWanted(record, { text, side, only }) {
  if (side && record.side !== side) return false;
  if (only === "problems" && !record.hasProblem) return false;
  if (only === "unexpected" && !record.isUnexpected) return false;
  return record.other.toLowerCase().includes(text);
}

function row(record) {
  const made = document.importNode(part("row").content, true).querySelector("tr");
  const cell = (name) => made.querySelector(`[data-cell=${name}]`);
  const time = cell("begun");
  time.dateTime = new Date(record.begunAt).toISOString();
  time.textContent = full.format(record.begunAt);
  cell("other").textContent = record.other;
  cell("side").textContent = say("side", record.side);
  cell("kind").textContent = record.kind ? say("kind", record.kind) : "–";
  cell("elevated").hidden = !record.wasElevated;
  const until = record.endedAt ?? (record.isLive ? Date.now() : record.seenAt);
  cell("length").textContent = record.startedAt ? clockText((until - record.startedAt) / 1000) : "–";
  const [state, text] = standing(record);
  cell("standing").textContent = text;
  cell("standing").dataset.state = state;
  for (const { at, what, about } of record.events) {
    const item = document.createElement("li");
    const when = document.createElement("time");
    when.dateTime = new Date(at).toISOString();
    when.textContent = clock.format(at);
    const said = document.createElement("span");
    said.textContent = about ? `${say("event", what)}: ${say("about", about)}` : say("event", what);
    item.append(when, said);
    cell("events").append(item);
  }
  return made;
}

function show() {
  const wanted = records.filter((record) => isWanted(record, wishes()));
  part("rows").replaceChildren(...wanted.slice(0, shown).map(row));
  part("table").hidden = wanted.length === 0;
  part("more").hidden = wanted.length <= shown;
  part("empty").hidden = records.length > 0;
  part("none").hidden = records.length === 0 || wanted.length > 0;
  for (const button of root.querySelectorAll("[data-log-save], [data-log-delete]")) button.disabled = records.length === 0;
  return wanted;
}

async function load() {
  try {
    await forgetOld();
    records = (await log.all()).map(read);
    part("problem").hidden = true;
    show();
  } catch {
    records = [];
    show();
    part("empty").hidden = true;
    part("problem").hidden = false;
  }
}

function remember() {
  const said = new URLSearchParams();
  for (const name of ["q", "side", "only"]) {
    if (form.elements[name].value) said.set(name, form.elements[name].value);
  }
  history.replaceState(null, "", said.size ? `#${said}` : location.pathname);
  shown = AT_ONCE;
  show();
}

function recall() {
  const said = new URLSearchParams(location.hash.slice(1));
  for (const name of ["q", "side", "only"]) form.elements[name].value = said.get(name) ?? "";
}

function saveAs(format) {
  const wanted = records.filter((record) => isWanted(record, wishes()));
  const name = `remote-help-log-${new Date().toISOString().slice(0, 10)}`;
  const heads = ["at", "session", "side", "with", "kind", "event", "about"].map((head) => words[`head:${head}`]);
  if (format === "csv") save(asCsv(wanted, heads, say), `${name}.csv`, "text/csv;charset=utf-8");
  else save(asJsonLines(wanted), `${name}.jsonl`, "application/x-ndjson");
}

form.addEventListener("input", remember);
form.addEventListener("submit", (event) => event.preventDefault());
form.addEventListener("reset", () => setTimeout(remember));
part("more").addEventListener("click", () => {
  shown += AT_ONCE;
  show();
});
for (const button of root.querySelectorAll("[data-log-save]")) {
  button.addEventListener("click", () => saveAs(button.dataset.logSave));
}
const question = part("question");
part("delete").addEventListener("click", () => question.showModal());
question.addEventListener("close", async () => {
  if (question.returnValue !== "delete") return;
  question.returnValue = "";
  await log.clear().catch(() => undefined);
  await load();
  part("deleted").hidden = records.length > 0;
});
log.onChange(load);
addEventListener("hashchange", () => {
  recall();
  show();
});
recall();
load();
