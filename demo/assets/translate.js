// Puts texts of the reader's language in the place of those that Gradio has in English only. `GRADIO_TEXTS` has both,
// by language; braces stand for what varies.
(() => {
  const known = GRADIO_TEXTS[document.documentElement.lang];
  if (!known) return;

  function pattern(english) {
    const parts = english.split(/\{(\w+)\}/); // every second one is a name
    const sources = parts.map((part, place) => (place % 2 ? `(?<${part}>.*)` : part.replace(/[.*+?^$()|[\]\\]/g, "\\$&")));
    return new RegExp(`^${sources.join("")}$`, "s");
  }
  const pairs = Object.entries(known).map(([english, text]) => [pattern(english), text.replace(/\{(\w+)\}/g, "$<$1>")]);

  // Calls `change` with the text to show in the place of another, if there is one.
  function translate(text, change) {
    const found = pairs.find(([english]) => english.test(text));
    if (found) change(text.replace(...found));
  }

  function translateAll() {
    for (const name of ["aria-label", "title"]) {
      for (const one of document.querySelectorAll(`[${name}]:not(.html-container *)`)) { // what is in there is ours
        translate(one.getAttribute(name), (text) => one.setAttribute(name, text));
      }
    }
    for (const { firstChild } of document.querySelectorAll('.toast-title, [data-testid="toast-text"]')) {
      if (firstChild) translate(firstChild.textContent.trim(), (text) => (firstChild.textContent = text));
    }
  }

  translateAll();
  new MutationObserver(translateAll).observe(document.documentElement, { childList: true, subtree: true });
})();
