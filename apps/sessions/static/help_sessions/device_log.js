/**
 * What this browser keeps of sessions for the person who is signed in (S11, M6): one record a session, in IndexedDB.
 *
 * Nothing of it is ever sent anywhere. It holds who, when, which kind, and what went wrong; never a security code, what
 * was said, typed or shown. Records go after 30 days (M4), whoever signs in here, and when there are too many.
 */

const NAME = "remotehelp-log";
const STORE = "sessions";
const KEPT_FOR = 30 * 24 * 60 * 60 * 1000;
const MOST_SESSIONS = 500;
const MOST_EVENTS = 200;

const asked = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

const done = (transaction) =>
  new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error ?? new Error("aborted"));
  });

/** Rejects where the browser keeps nothing. */
async function opened() {
  const request = indexedDB.open(NAME, 1);
  request.onupgradeneeded = () => {
    const store = request.result.createObjectStore(STORE, { keyPath: ["person", "session"] });
    store.createIndex("begun", ["person", "begunAt"]);
  };
  const database = await asked(request);
  database.onversionchange = () => database.close();
  return database;
}

/** Does the work in one transaction, which is done, or undone, when this ends. */
async function inStore(mode, work) {
  const database = await opened();
  try {
    const transaction = database.transaction(STORE, mode);
    const ended = done(transaction);
    ended.catch(() => undefined); // awaited below; the work may fail first
    const result = await work(transaction.objectStore(STORE));
    await ended;
    return result;
  } finally {
    database.close();
  }
}

const ofPerson = (person) => IDBKeyRange.bound([person, 0], [person, Infinity]);

/** Deletes this person's oldest records but for so many. */
async function keepNewest(store, person, number) {
  const keys = await asked(store.index("begun").getAllKeys(ofPerson(person)));
  for (const key of keys.slice(0, Math.max(0, keys.length - number))) store.delete(key);
}

/** The name of the lock that a page holds while it is in the session: it goes with the page, however that ends. */
const lockName = (person, session) => `${NAME} ${person} ${session}`;

export class DeviceLog {
  #channel = "BroadcastChannel" in window ? new BroadcastChannel(NAME) : null;

  constructor(person) {
    this.person = person;
  }

  /**
   * Changes the record of a session: `change` gets it, or null where there is none, and gives it back changed, or
   * null to leave all as it is. Tabs take turns. Rejects when the browser cannot keep it.
   */
  async change(session, change) {
    try {
      await this.#write(session, change);
    } catch (error) {
      if (error?.name !== "QuotaExceededError") throw error;
      await inStore("readwrite", (store) => keepNewest(store, this.person, 10));
      await this.#write(session, change);
    }
    this.#channel?.postMessage("changed");
  }

  async #write(session, change) {
    await inStore("readwrite", async (store) => {
      const before = (await asked(store.get([this.person, session]))) ?? null;
      const after = change(before);
      if (after === null) return;
      after.events = after.events.slice(-MOST_EVENTS);
      store.put({ ...after, person: this.person, session });
      if (before === null) await keepNewest(store, this.person, MOST_SESSIONS);
    });
  }

  /** This person's records, the newest first; each with `isLive` while a page of this browser is in the session. */
  async all() {
    const [records, live] = await Promise.all([
      inStore("readonly", (store) => asked(store.index("begun").getAll(ofPerson(this.person)))),
      heldLocks(),
    ]);
    for (const record of records) record.isLive = live.has(lockName(this.person, record.session));
    return records.reverse();
  }

  async clear() {
    await inStore("readwrite", (store) => keepNewest(store, this.person, 0));
    this.#channel?.postMessage("changed");
  }

  onChange(heard) {
    this.#channel?.addEventListener("message", heard);
  }

  /** Says to all tabs that this page is in the session; gives what ends it. */
  hold(session) {
    let release = () => undefined;
    const until = new Promise((resolve) => (release = resolve));
    navigator.locks?.request(lockName(this.person, session), { mode: "shared" }, () => until).catch(() => undefined);
    return release;
  }
}

async function heldLocks() {
  const { held } = (await navigator.locks?.query()) ?? { held: [] };
  return new Set(held.map((lock) => lock.name));
}

/** Forgets what is older than 30 days, of everybody who signs in on this browser. Makes no database where none is. */
export async function forgetOld() {
  const known = await indexedDB.databases();
  if (!known.some(({ name }) => name === NAME)) return;
  const oldest = Date.now() - KEPT_FOR;
  await inStore("readwrite", async (store) => {
    for (const record of await asked(store.getAll())) {
      if (record.begunAt < oldest) store.delete([record.person, record.session]);
    }
  });
}
