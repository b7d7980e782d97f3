// Keeps the page level with the stream of alerts. The tabs of one browser share one stream, which the tab that
// holds the lock reads: it tells the others what comes. What an alert touches is fetched as the page is, and
// morphed into what stands there, so that focus, scroll, open details and typed text stay.
const connection = document.getElementById("connection");
const announcement = document.getElementById("announcement");
const about = document.body.dataset.assignment; // the opdracht that the page is about; none: every alert counts
const types = document.body.dataset.types.split(" ");
const tabs = new BroadcastChannel("alerts");
const LONGEST_PAUSE = 30000;
let last = Number(document.body.dataset.after);
let source = null;
let pause = 1000;
let timer = null;
let leaving = false;

function show(state) {
  const words = {
    on: "Live: wat verandert, zie je vanzelf.",
    off: "De verbinding is weg. We proberen het opnieuw …",
  };
  connection.textContent = words[state];
  connection.className = `connection ${state}`;
}

function take(alert) {
  if (alert.id <= last) return;
  last = alert.id;
  if (!about || !alert.assignment || alert.assignment === about) refreshSoon();
}

function read() {
  source = new EventSource(`/alerts?after=${last}`);
  source.addEventListener("open", () => {
    pause = 1000;
    tell({ state: "on" });
  });
  source.addEventListener("error", () => {
    if (leaving) return;
    tell({ state: "off" });
    if (source.readyState === EventSource.CLOSED) setTimeout(read, grow());
  });
  for (const type of types) {
    source.addEventListener(type, (event) => {
      tell({ alert: { id: Number(event.lastEventId), assignment: JSON.parse(event.data).assignment_id } });
    });
  }
}

function grow() {
  const now = pause * (0.5 + Math.random());
  pause = Math.min(pause * 2, LONGEST_PAUSE);
  return now;
}

function tell(message) {
  tabs.postMessage(message);
  hear(message);
}

function hear(message) {
  if (message.state) show(message.state);
  if (message.alert) take(message.alert);
}

// What comes in a burst is fetched once; while one fetch is under way, one more waits.
let fetching = false;
let again = false;
function refreshSoon(after = 100) {
  if (fetching) again = true;
  else if (timer === null) timer = setTimeout(refresh, after);
}

async function refresh() {
  timer = null;
  fetching = true;
  let wait = null;
  try {
    const answer = await fetch(location.href, { headers: { "HX-Request": "true", Accept: "text/html" } });
    if (answer.status === 401) {
      if (!leaving) location.reload(); // which leads to signing in, and back
    } else if (answer.ok) {
      morph(new DOMParser().parseFromString(await answer.text(), "text/html"));
      pause = 1000;
    } else if (answer.status >= 500) wait = grow();
  } catch {
    wait = grow();
  } finally {
    fetching = false;
    if (leaving) return;
    if (wait !== null) {
      show("off");
      refreshSoon(wait);
    } else if (again) refreshSoon();
    again = false;
  }
}

function keys() {
  return new Set([...document.querySelectorAll("[data-key]")].map((one) => one.dataset.key));
}

function morph(fresh) {
  const known = keys();
  for (const part of document.querySelectorAll("[data-live]")) {
    const now = fresh.getElementById(part.id);
    if (!now) continue;
    Idiomorph.morph(part, now, {
      ignoreActiveValue: true,
      callbacks: {
        // what people opened or typed is theirs
        beforeAttributeUpdated: (name, element) =>
          !(name === "open" || (["value", "checked"].includes(name) && element.matches("input, textarea, select"))),
        beforeNodeMorphed: (element) => !(element.nodeType === 1 && element.matches("form[data-typed], textarea")),
      },
    });
  }
  document.title = fresh.title;
  const added = [...document.querySelectorAll("[data-key]")].filter((one) => !known.has(one.dataset.key));
  for (const one of added) one.classList.add("new");
  if (added.length) announcement.textContent = added.length === 1 ? "Eén nieuwe regel." : `${added.length} nieuwe regels.`;
}

document.addEventListener("input", (event) => {
  const form = event.target.closest("form");
  if (form) form.dataset.typed = "";
});
window.addEventListener("pagehide", () => {
  leaving = true;
  source?.close();
});
window.addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload(); // from the back button's cache: without a stream
});
document.addEventListener("submit", (event) => {
  if (event.target.matches("[data-leaves]")) {
    leaving = true;
    source?.close();
  }
});
tabs.addEventListener("message", (event) => hear(event.data));
if (navigator.locks) navigator.locks.request("alerts", () => (read(), new Promise(() => {})));
else read(); // without locks (an insecure address that is not this machine) each tab reads for itself
if (navigator.locks) {
  // Another tab reads: it says on its next message how the stream is.
  navigator.locks.query().then((state) => {
    if (state.held.some((lock) => lock.name === "alerts") && !source) show("on");
  });
}
