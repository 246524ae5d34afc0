// Refreshes what is live, and keeps forms from being sent twice. Every page works without it.
"use strict";

// An element with `data-live="SECONDS"` and an id is replaced by the one of the same address. The place on the page, the
// focus and open details stay. `X-Live` says that no person asks: a session ends without one.
function follow(id, seconds) {
  const later = () => setTimeout(refresh, seconds * 1000);
  async function refresh() {
    const old = document.getElementById(id);
    if (!old) return;
    if (document.hidden) {
      document.addEventListener("visibilitychange", refresh, { once: true });
      return;
    }
    const editing = document.activeElement;
    const isUsed = old.contains(editing) && editing.matches("input, select, textarea");
    if (!isUsed && getSelection().isCollapsed) {
      try {
        const answer = await fetch(location.href, { headers: { Accept: "text/html", "X-Live": "1" } });
        // The session has ended.
        if (answer.redirected) return location.reload();
        if (answer.ok) replace(old, await answer.text());
      } catch {
        // The server is away: what was seen last stays.
      }
    }
    later();
  }
  later();
}

function replace(old, html) {
  const page = new DOMParser().parseFromString(html, "text/html");
  const fresh = page.getElementById(old.id);
  if (!fresh) return location.reload();
  const open = [...old.querySelectorAll("details")].map((it) => it.open);
  fresh.querySelectorAll("details").forEach((it, index) => { if (open[index]) it.open = true; });
  const scrolled = [...old.querySelectorAll(".scroll, .code, .diff")].map((it) => [it.scrollLeft, it.scrollTop]);
  const places = [...old.querySelectorAll("a, button, summary, [tabindex]")];
  const focused = places.indexOf(document.activeElement);
  const live = document.importNode(fresh, true);
  old.replaceWith(live);
  live.querySelectorAll(".scroll, .code, .diff").forEach((it, index) => {
    if (scrolled[index]) [it.scrollLeft, it.scrollTop] = scrolled[index];
  });
  if (focused >= 0) {
    const again = live.querySelectorAll("a, button, summary, [tabindex]")[focused];
    if (again) again.focus({ preventScroll: true });
  }
}

for (const element of document.querySelectorAll("[data-live][id]")) {
  follow(element.id, Number(element.dataset.live) || 5);
}

// A form with `data-check="ID"` is checked while one types: the element is replaced by what the same form answers.
function check(form) {
  let waiting;
  let calls = 0;
  async function ask() {
    const call = ++calls;
    const fields = new URLSearchParams(new FormData(form));
    fields.set("action", "check");
    try {
      const answer = await fetch(form.getAttribute("action"), { method: "POST", body: fields, headers: { Accept: "text/html" } });
      // What was typed meanwhile is asked for by a later call.
      if (!answer.ok || answer.redirected || call !== calls) return;
      const old = document.getElementById(form.dataset.check);
      if (old) replace(old, await answer.text());
    } catch {
      // The server is away: the button checks it later.
    }
  }
  form.addEventListener("input", (event) => {
    if (!event.target.matches("textarea.code")) return;
    clearTimeout(waiting);
    waiting = setTimeout(ask, 600);
  });
}

for (const form of document.querySelectorAll("form[data-check]")) check(form);

document.addEventListener("submit", (event) => {
  // What opens beside this page leaves its form as it is.
  if (event.target.method !== "post" || (event.submitter && event.submitter.formTarget)) return;
  // The button has to be sent before it is disabled.
  setTimeout(() => {
    for (const button of event.target.querySelectorAll("button")) button.disabled = true;
  });
});

// With the way back a page comes from memory, as it was left.
addEventListener("pageshow", () => {
  for (const button of document.querySelectorAll("button:disabled")) button.disabled = false;
});
