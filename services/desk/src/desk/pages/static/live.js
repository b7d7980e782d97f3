// Keeps the page level with the stream of alerts. The tabs of one browser share one stream, which the tab that
// holds the lock reads: it tells the others what comes. What an alert touches is fetched as the page is, and
// morphed into what stands there, so that focus, scroll, open details, ticks and typed text stay.
const connection = document.getElementById("connection");
const announcement = document.getElementById("announcement");
const about = document.body.dataset.assignment; // the opdracht that the page is about; none: every alert counts
const tabs = new BroadcastChannel("alerts");
const LONGEST_PAUSE = 30000; // milliseconds, as the others
const LONGEST_WAIT = 600000; // for a mail that is to go later
const LONGEST_SILENCE = 40000; // the desk sends something every 15 seconds
let last = Number(document.body.dataset.after);
let life = new AbortController(); // of this page, until it is left
const leaving = () => life.signal.aborted;
const wait = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

/** Returns a function that gives the next pause, each about twice the one before. */
function pauses(longest = LONGEST_PAUSE) {
  let next = 1000;
  return () => {
    const pause = next * (0.5 + Math.random() / 2);
    next = Math.min(next * 2, longest);
    return pause;
  };
}

// What the line says is true of both: alerts come in, and the page shows what they told.
let stream = "none";
let behind = false;
let ended = false;
function show() {
  if (ended) {
    connection.replaceChildren("Je bent uitgelogd. Wat je hier invulde, staat er nog. ", signIn());
    connection.className = "connection off";
  } else if (stream === "off" || behind) {
    connection.textContent = "De verbinding is weg. We proberen het opnieuw …";
    connection.className = "connection off";
  } else if (stream === "on") {
    connection.textContent = "Live: wat verandert, zie je vanzelf.";
    connection.className = "connection on";
  }
}

function signIn() {
  const link = document.createElement("a");
  link.href = "/";
  link.target = "_blank";
  link.textContent = "Log opnieuw in (nieuw tabblad)";
  return link;
}

/** A session that is over leads to signing in and back; a page on which somebody typed waits for them. */
function end() {
  if (leaving()) return;
  ended = Boolean(document.querySelector("form[data-typed]"));
  if (ended) show();
  else location.reload();
}

// The stream. It is fetched rather than an EventSource, which neither tells a status nor notices silence.
let reading = null; // of the tab that reads: what ends it
async function read(until) {
  let pause = pauses();
  while (!until.aborted) {
    reading = new AbortController();
    let status = 0;
    try {
      const answer = await fetch(`/alerts?after=${last}`, { signal: reading.signal, cache: "no-store" });
      status = answer.redirected ? 401 : answer.status;
      if (answer.ok && !answer.redirected) {
        pause = pauses();
        tell({ state: "on" });
        await takeAll(answer.body.pipeThrough(new TextDecoderStream()).getReader());
      }
    } catch {
      // it is read again
    }
    if (until.aborted) return;
    tell({ state: status === 401 ? "ended" : "off" });
    await wait(pause());
  }
}

async function takeAll(reader) {
  let text = "";
  for (;;) {
    const silence = setTimeout(() => reading.abort(), LONGEST_SILENCE);
    const { value, done } = await reader.read().finally(() => clearTimeout(silence));
    if (done) return;
    const events = (text + value).replaceAll("\r\n", "\n").split("\n\n");
    text = events.pop();
    for (const event of events) {
      const fields = Object.fromEntries(event.split("\n").map((line) => line.split(/: ?(.*)/, 2)));
      if (fields.id) tell({ alert: { id: Number(fields.id), assignment: JSON.parse(fields.data).assignment_id } });
    }
  }
}

function tell(message) {
  hear(message);
  tabs.postMessage({ ...message, last });
}

function hear(message) {
  if (message.asks && reading) return tell({ state: stream });
  if (message.state === "ended") end();
  else if (message.state) {
    stream = message.state;
    ended = false;
    show();
  }
  if (message.alert) {
    if (message.alert.id > last && (!about || !message.alert.assignment || message.alert.assignment === about)) refreshSoon();
  } else if (message.state && message.last > last) refreshSoon(); // it was told of before this tab listened
  last = Math.max(last, message.alert?.id ?? 0, message.last ?? 0);
}

// What comes in a burst is fetched once; while one fetch is under way, one more waits.
const isLive = Boolean(document.querySelector("[data-live]"));
let fetching = false;
let again = false;
async function refreshSoon() {
  again = isLive;
  if (fetching) return;
  fetching = true;
  let pause = pauses();
  await wait(100);
  while (again && !leaving()) {
    again = false;
    behind = !(await refresh());
    show();
    if (behind) {
      again = true;
      await wait(pause());
    } else pause = pauses();
  }
  fetching = false;
}

/** Fetches the page anew; returns whether it shows what is so now. */
async function refresh() {
  try {
    const answer = await fetch(location.href, { headers: { "HX-Request": "true", Accept: "text/html" } });
    if (answer.status === 401 || answer.redirected) end();
    else if ([403, 404].includes(answer.status) && !leaving()) location.reload(); // it is no longer there to see
    else if (!answer.ok) return answer.status < 500 && answer.status !== 429;
    else morph(new DOMParser().parseFromString(await answer.text(), "text/html"));
    return true;
  } catch {
    return false;
  }
}

// How most mails end is on no stream: while the page waits for one, it looks again, ever less often.
let look;
let nextLook = pauses(LONGEST_WAIT);
function lookLater() {
  clearTimeout(look);
  if (document.querySelector("[data-waits]")) look = setTimeout(refreshSoon, nextLook());
  else nextLook = pauses(LONGEST_WAIT);
}

const rows = (page = document) => [...page.querySelectorAll("[data-key]")];

function morph(fresh) {
  const known = new Set(rows().map((row) => row.dataset.key));
  for (const row of [...rows(), ...rows(fresh)]) row.id ||= `row-${row.dataset.key}`; // a row stays what it is about
  const held = document.activeElement;
  const place = rows().findIndex((row) => row.contains(held));
  for (const part of document.querySelectorAll("[data-live]")) {
    const now = fresh.getElementById(part.id);
    if (now) Idiomorph.morph(part, now, { callbacks: { beforeAttributeUpdated, beforeNodeMorphed } });
  }
  document.title = fresh.title;
  keepFocus(held, place);
  lookLater();
  const added = rows().filter((row) => !known.has(row.dataset.key));
  for (const row of added) row.classList.add("new");
  if (added.length) announcement.textContent = added.length === 1 ? "Eén nieuwe regel." : `${added.length} nieuwe regels.`;
}

// What people opened, ticked or typed is theirs; what a box stands for, or a hidden field says, is the page's.
const TYPED = "input:not([type=hidden], [type=checkbox], [type=radio], [type=submit]), textarea, select";
function beforeAttributeUpdated(name, element) {
  if (name === "open" || name === "checked" || name === "selected") return false;
  if (name === "class") return !element.classList.contains("new");
  return !(name === "value" && element.matches(TYPED));
}
function beforeNodeMorphed(element) {
  return !(element.nodeType === 1 && element.matches("form[data-typed]:not([data-live]), textarea"));
}

/** Gives the focus back where a morph took it; where its row is gone, to the row that took its place. */
function keepFocus(held, place) {
  if (!held || held === document.body || held === document.activeElement) return;
  const row = rows()[Math.min(place, rows().length - 1)];
  const next = held.isConnected ? held : (row?.querySelector("a, button") ?? document.getElementById("main"));
  next.focus({ preventScroll: true });
}

document.addEventListener("htmx:responseError", (event) => event.detail.xhr.status === 401 && end());
document.addEventListener("input", (event) => {
  const form = event.target.closest("form");
  if (form && !event.target.matches("[type=checkbox], [type=radio]")) form.dataset.typed = "";
});

function start() {
  life = new AbortController();
  const { signal } = life;
  lookLater();
  const left = new Promise((done) => signal.addEventListener("abort", done));
  // Without locks (an insecure address that is not this machine) each tab reads for itself.
  if (!navigator.locks) return void read(signal);
  navigator.locks.request("alerts", { signal }, () => (read(signal), left)).catch(() => {}); // left while it waited
  tabs.postMessage({ asks: true }); // how the stream is, where another tab reads
}
function leave() {
  clearTimeout(look);
  life.abort();
  reading?.abort();
  reading = null;
}
tabs.addEventListener("message", (event) => leaving() || hear(event.data));
window.addEventListener("pagehide", leave);
window.addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  start(); // from the back button's cache: without a stream, and as it was
  refreshSoon();
});
document.addEventListener("submit", (event) => event.target.matches("[data-leaves]") && leave());
start();
