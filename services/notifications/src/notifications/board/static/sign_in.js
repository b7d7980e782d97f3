// Trades a bearer token for a session cookie. A link carries it behind the #, which no server sees.
async function signIn(token) {
  const answer = await fetch("/session", {
    method: "POST",
    headers: { Authorization: `Bearer ${token}` },
  });
  if (answer.ok) {
    location.replace(location.pathname + location.search);
    return;
  }
  document.getElementById("sign-in-error").textContent =
    "Deze toegangscode werkt niet (meer). Vraag een nieuwe aan.";
}

const fromLink = new URLSearchParams(location.hash.slice(1)).get("token");
if (fromLink) {
  history.replaceState(null, "", location.pathname + location.search);
  signIn(fromLink);
}

document.getElementById("sign-in").addEventListener("submit", (event) => {
  event.preventDefault();
  signIn(document.getElementById("token").value.trim());
});
