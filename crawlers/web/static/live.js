// Keeps the page of a job up to date. Everything is set as text; without this, the page still reads.
"use strict";

const page = document.querySelector("[data-job]");
const job = encodeURIComponent(page.dataset.job);
const live = (name) => document.querySelector(`[data-live="${name}"]`);
const number = new Intl.NumberFormat("en");

function tell(name, text) {
  const place = live(name);
  if (place && place.textContent !== text) place.textContent = text;
}

function cells(name, count) {
  const row = document.createElement("tr");
  const link = document.createElement("a");
  link.href = `/jobs/${job}/results?table=${encodeURIComponent(name)}`;
  link.textContent = name;
  row.insertCell().append(link);
  const last = row.insertCell();
  last.className = "n";
  last.textContent = number.format(count);
  return row;
}

function lines(story) {
  return story.map((line) => {
    const item = document.createElement("li");
    item.textContent = line;
    return item;
  });
}

function show(now) {
  tell("state", now.state);
  live("state").dataset.state = now.state;
  live("share").value = now.done_share ?? 0;
  tell("started", now.started_at ? now.started_at.slice(0, 16).replace("T", " ") : "–");
  tell("percent", now.done_share === null ? "–" : `${Math.floor(100 * now.done_share)} %`);
  for (const name of ["requests", "failed_requests", "blocked_requests", "workers", "attempts"]) {
    tell(name, number.format(now[name]));
  }
  for (const place of document.querySelectorAll("[data-unit]")) {
    const count = now.units[place.dataset.unit] ?? 0;
    place.querySelector("dd").textContent = number.format(count);
    if (count) place.hidden = false;
  }
  const rows = Object.entries(now.rows).map(([name, count]) => cells(name, count));
  if (rows.length) live("rows").replaceChildren(...rows);
  if (now.story.length) live("story").replaceChildren(...lines(now.story));
}

const events = new EventSource(`/v1/jobs/${job}/events`);
events.addEventListener("progress", (event) => {
  const now = JSON.parse(event.data);
  tell("note", now.is_cancelling ? "Somebody asked for its end: its workers finish what is in flight." : "");
  show(now);
});
events.addEventListener("end", () => {
  events.close();
  location.reload();
});
events.addEventListener("error", () => {
  const isOver = events.readyState === EventSource.CLOSED;
  tell("note", isOver ? "Not live any more: load the page again." : "The connection is lost; trying again …");
});
