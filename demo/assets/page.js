// The script of the page: its language, sending of messages, roles for screen readers, and detection of a lost server.
(() => {
  const language = (navigator.language || "en").toLowerCase().startsWith("ko") ? "ko" : "en";
  const EVERY = 1500; // milliseconds between checks of the server
  const FULL = /Queue is full|currently busy/;
  const find = (selector) => document.querySelector(selector);
  const field = () => find("#message textarea");

  // The field is emptied at the moment a message is sent, so that text typed afterwards belongs to the next message.
  // Messages sent during a reply wait here, in order, and are sent together when it is done.
  const WAITING = "seq2edge-waiting";
  // Messages left from before the page was loaded.
  const left = JSON.parse(sessionStorage.getItem(WAITING) || "[]");
  let taken = [], underway = [], busySince = 0, slow = 0, isOwn = false, isAway = false;
  const isBusy = () => busySince && Date.now() - busySince < 60000;
  function put(text) {
    const box = field();
    box.value = text;
    box.dispatchEvent(new Event("input", { bubbles: true }));
  }
  // Returns messages to the field, before what was typed since.
  const giveBack = (...texts) => put([...texts, field().value].filter((text) => text).join("\n"));
  function showWaiting() {
    sessionStorage.setItem(WAITING, JSON.stringify([...left, ...underway, ...taken]));
    clearTimeout(slow);
    if (isBusy()) slow = setTimeout(() => document.body.classList.add("busy"), 400); // delayed, so that the button Stop does not flicker
    else document.body.classList.remove("busy");
    find("#waiting")?.replaceChildren(...taken.map((text) => {
      const item = document.createElement("li");
      item.textContent = text;
      return item;
    }));
  }
  // With `again`, sends even if no message waits, for messages that the server has but could not answer.
  function next(again = false) {
    busySince = 0;
    showWaiting();
    if (isAway || !(again || taken.length)) return;
    isOwn = true;
    find("#send").click();
    isOwn = false;
  }
  window.seq2edge = {
    send() {
      underway = [...underway, ...taken]; // some of the earlier ones may not have arrived
      taken = [];
      showWaiting();
      return JSON.stringify(underway);
    },
    arrived() {
      underway = [];
      showWaiting();
    },
    refused(texts) { // called with the messages that the server refused
      if (texts) giveBack(texts);
    },
    failed() { // sent messages return to the field
      giveBack(...underway, ...taken);
      taken = underway = [];
      next();
    },
    done: () => next(),
    ready() { // called after the page was loaded; Gradio reloads it when its server is back
      taken = [...left.splice(0), ...taken];
      if (!isBusy()) next();
    },
  };
  document.addEventListener("click", (event) => {
    if (!event.target.closest("#send")) return;
    if (!isOwn && field().value.trim()) {
      taken.push(field().value);
      put("");
    }
    if (isBusy() || isAway || !(isOwn || taken.length)) {
      event.stopImmediatePropagation();
    } else {
      busySince = Date.now();
    }
    showWaiting();
  }, true);
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || !event.target.closest("#message")) return;
    event.stopImmediatePropagation();
    if (event.isComposing || event.keyCode === 229) return; // Enter completes a Korean syllable
    event.preventDefault();
    find("#send").click();
  }, true);

  // Gradio creates the fields of a tab or of the settings when they are opened, and sets their initial values up to
  // three frames later. A change made in between would be lost, so the fields are hidden for a few frames.
  const SETTLING = 5; // frames
  function afterFrames(count, act) {
    if (count) requestAnimationFrame(() => afterFrames(count - 1, act));
    else act();
  }
  function settle() {
    const made = document.querySelectorAll("#tabs .tabitem .block:not([data-settled])");
    for (const block of made) block.dataset.settled = "no";
    if (made.length) afterFrames(SETTLING, () => made.forEach((block) => (block.dataset.settled = "yes")));
  }

  function describe() {
    settle();
    if (document.documentElement.lang !== language) document.documentElement.lang = language;
    for (const line of document.querySelectorAll(".status-line:not([role])")) {
      line.setAttribute("role", "status");
      line.setAttribute("aria-live", "polite");
    }
    for (const toast of document.querySelectorAll(".toast-body.error:not([data-seen])")) {
      toast.dataset.seen = "";
      const isFull = FULL.test(toast.textContent);
      if (isFull) toast.querySelector('[data-testid="toast-text"]').innerHTML = find("#busy-text").innerHTML;
      if (isBusy()) setTimeout(next, isFull ? 2000 : 0, isFull); // Gradio ends the chain of events without notice
    }
    find('#conversation [role="complementary"]')?.removeAttribute("role"); // the greeting is part of the conversation
    find("#conversation .examples[role=list]")?.setAttribute("role", "group"); // it contains buttons
  }

  // Messages that were being sent when the server was lost are sent again when it is back.
  function say(isGone) {
    const place = find("#offline");
    if (!place || isAway === isGone) return;
    isAway = isGone;
    document.body.classList.toggle("away", isAway);
    place.classList.toggle("away", isAway);
    place.innerHTML = isAway ? find("#offline-text").innerHTML : "";
    if (isAway) taken = [...underway, ...taken];
    if (isAway) underway = [];
    next();
  }

  async function look() {
    if (document.visibilityState === "visible") {
      try {
        const root = (window.gradio_config && window.gradio_config.root) || "";
        const answer = await fetch(`${root}/gradio_api/app_id`, { cache: "no-store", signal: AbortSignal.timeout(EVERY) });
        say(answer.status >= 500);
      } catch {
        say(true);
      }
    }
    setTimeout(look, EVERY);
  }

  describe();
  new MutationObserver(describe).observe(document.documentElement, { childList: true, subtree: true });
  addEventListener("offline", () => say(true));
  addEventListener("hashchange", () => location.hash.startsWith("#look=") && location.reload()); // a link to a view
  look();
})();
