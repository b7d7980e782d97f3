// Keeps the page level with the stream: each burst of alerts fetches the live part anew.
const live = document.getElementById("live");
const connection = document.getElementById("connection");
const TYPES = [
  "MatchProposed.v1", "MatchWithdrawn.v1", "MatchDecided.v1", "MatchAnswered.v1",
  "InterestLacking.v1",
];
let fetching = false;
let again = false;

async function refresh() {
  if (stream.readyState === EventSource.CLOSED) return; // signed out
  if (fetching) {
    again = true;
    return;
  }
  fetching = true;
  try {
    const answer = await fetch("/board" + location.search);
    if (answer.ok) replace(await answer.text());
    else if (answer.status === 401) location.reload();
  } finally {
    fetching = false;
    if (again) {
      again = false;
      setTimeout(refresh, 250);
    }
  }
}

function replace(html) {
  const open = [...live.querySelectorAll("details[open]")].map((one) => one.id);
  const known = new Set([...live.querySelectorAll("[data-match]")].map((one) => one.dataset.match));
  const focused = document.activeElement?.closest("details")?.id;
  const scrolled = live.querySelector(".assignments")?.scrollTop ?? 0;
  live.innerHTML = html;
  for (const id of open) document.getElementById(id)?.setAttribute("open", "");
  for (const card of live.querySelectorAll("[data-match]")) {
    if (!known.has(card.dataset.match)) card.classList.add("new");
  }
  live.querySelector(".assignments").scrollTop = scrolled;
  if (focused) document.getElementById(focused)?.querySelector("summary").focus();
}

const stream = new EventSource(`/alerts?after=${live.dataset.after}`);
stream.addEventListener("open", () => {
  connection.textContent = "Live: nieuwe matches verschijnen vanzelf.";
  connection.className = "connection on";
});
stream.addEventListener("error", () => {
  connection.textContent = "De verbinding is weg. We proberen het opnieuw …";
  connection.className = "connection off";
});
for (const type of TYPES) stream.addEventListener(type, refresh);

document.getElementById("sign-out").addEventListener("click", async () => {
  stream.close();
  await fetch("/session", { method: "DELETE" });
  location.assign("/");
});
