// What the page does by itself: its language, what screen readers hear, and whether the server is there.
(() => {
  const language = (navigator.language || "en").toLowerCase().startsWith("ko") ? "ko" : "en";
  const EVERY = 1500; // milliseconds between two looks at the server

  function name() {
    document.documentElement.lang = language;
    for (const line of document.querySelectorAll(".status-line")) {
      line.setAttribute("role", "status");
      line.setAttribute("aria-live", "polite");
    }
  }

  function say(isAway) {
    const place = document.getElementById("offline"), text = document.getElementById("offline-text");
    if (!place || !text || place.classList.contains("away") === isAway) return;
    place.classList.toggle("away", isAway);
    place.innerHTML = isAway ? text.innerHTML : "";
  }

  async function look() {
    if (document.visibilityState === "visible") {
      try {
        const root = (window.gradio_config && window.gradio_config.root) || "";
        const answer = await fetch(root + "/gradio_api/app_id", { cache: "no-store", signal: AbortSignal.timeout(EVERY) });
        say(!answer.ok && answer.status >= 500);
      } catch { say(true); }
    }
    setTimeout(look, EVERY);
  }

  name();
  new MutationObserver(name).observe(document.documentElement, { childList: true, subtree: true });
  addEventListener("offline", () => say(true));
  look();
})();
