// Translates texts that Gradio has only in English. `GRADIO_TEXTS` has the translations by language and English text.
// Braces mark variable parts.
(() => {
  const known = GRADIO_TEXTS[document.documentElement.lang];
  if (!known) return;

  function pattern(english) {
    const parts = english.split(/\{(\w+)\}/); // every second part is a name
    const sources = parts.map((part, place) => (place % 2 ? `(?<${part}>.*)` : part.replace(/[.*+?^$()|[\]\\]/g, "\\$&")));
    return new RegExp(`^${sources.join("")}$`, "s");
  }
  const pairs = Object.entries(known).map(([english, text]) => [pattern(english), text.replace(/\{(\w+)\}/g, "$<$1>")]);

  // Calls `change` with the translation of a text, if there is one.
  function translate(text, change) {
    const found = pairs.find(([english]) => english.test(text));
    if (found) change(text.replace(...found));
  }

  function translateAll() {
    for (const name of ["aria-label", "title"]) {
      for (const one of document.querySelectorAll(`[${name}]:not(.html-container *)`)) { // our own HTML is already translated
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
