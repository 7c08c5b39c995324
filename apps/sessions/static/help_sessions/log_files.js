/** The log as a file: JSON Lines for programs, CSV for tables. Both hold one line for each thing that happened. */

/** Each event with its session; one more where the session ended without a word. */
function lines(records) {
  return [...records].reverse().flatMap((record) => {
    const events = record.isUnexpected
      ? [...record.events, { at: record.seenAt, what: "ended_unexpectedly" }]
      : record.events;
    return events.map(({ at, what, about = "" }) => ({
      at: new Date(at).toISOString(),
      session: record.session,
      side: record.side,
      with: record.other,
      kind: record.kind ?? "",
      event: what,
      about,
    }));
  });
}

export function asJsonLines(records) {
  return lines(records).map((line) => `${JSON.stringify(line)}\n`).join("");
}

/** A name that a table would take for a formula is made a text. */
function cell(text) {
  const said = String(text).replaceAll(/[\r\n]+/g, " ");
  const safe = /^[\s]*[=+\-@\t|]/.test(said) ? `'${said}` : said;
  return `"${safe.replaceAll('"', '""')}"`;
}

/** `heads` are the titles of the columns; `said` puts an event, a side and a kind into words. */
export function asCsv(records, heads, said) {
  const rows = lines(records).map((line) => [
    line.at, line.session, said("side", line.side), line.with, said("kind", line.kind),
    said("event", line.event), said("about", line.about),
  ]);
  // Tables know by the mark at the beginning that it is UTF-8.
  return `\ufeff${[heads, ...rows].map((row) => row.map(cell).join(",")).join("\r\n")}\r\n`;
}

export function save(text, name, type) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
