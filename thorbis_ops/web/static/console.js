// Keeps the console current: a publication wakes it, and only changed content is fetched.
// When nothing is heard for half a minute, it says that what is shown may be old.
"use strict";

const SILENCE = 30_000;
let heard = Date.now();
let digest = null;
let fetching = false;

function ago(date) {
  const seconds = Math.round((Date.now() - date) / 1000);
  const size = Math.abs(seconds);
  const [count, unit] =
    size < 90 ? [size, "s"] : size < 5400 ? [Math.round(size / 60), "min"] :
    size < 129600 ? [Math.round(size / 3600), "h"] : [Math.round(size / 86400), "d"];
  return seconds >= 0 ? `${count} ${unit} ago` : `in ${count} ${unit}`;
}

function relative() {
  for (const element of document.querySelectorAll("time")) {
    element.dataset.ago = ago(new Date(element.dateTime));
  }
  const lost = document.getElementById("lost");
  lost.hidden = Date.now() - heard < SILENCE;
  lost.textContent = `No news for ${Math.round((Date.now() - heard) / 1000)} s: what you see may be old.`;
}

function copyButtons() {
  for (const block of document.querySelectorAll("pre")) {
    const button = document.createElement("button");
    button.textContent = "Copy";
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(block.querySelector("code").textContent);
      button.textContent = "Copied";
    });
    block.append(button);
  }
}

function replace(text) {
  const fresh = new DOMParser().parseFromString(text, "text/html").getElementById("live");
  for (const old of document.querySelectorAll("details[id]")) {
    const same = fresh.querySelector(`#${old.id}`);
    if (same) same.open = old.open;
  }
  document.getElementById("live").replaceWith(document.adoptNode(fresh));
  copyButtons();
}

async function refresh(wanted) {
  if (fetching) return;
  fetching = true;
  try {
    const response = await fetch("/");
    if (response.ok) {
      replace(await response.text());
      digest = wanted;
    }
  } finally {
    fetching = false;
  }
}

const events = new EventSource("/events");
events.addEventListener("published", async (event) => {
  const news = JSON.parse(event.data);
  heard = Date.now();
  const asof = document.querySelector("#asof time");
  asof.dateTime = news.at;
  asof.textContent = new Date(news.at).toISOString().slice(0, 19).replace("T", " ") + "Z";
  if (news.digest !== digest) await refresh(news.digest);
  relative();
});
setInterval(relative, 1000);
copyButtons();
relative();
