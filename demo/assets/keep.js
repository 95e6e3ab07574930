// Keeps the conversation in the browser's storage, which all tabs with this page share. A tab adds and removes only its
// own turns. A turn is [id, message, reply].
(() => {
  const NAME = "seq2edge-conversation";
  let known = new Set(); // ids of the turns of this tab
  const ids = (turns) => new Set(turns.map(([id]) => id));
  function stored() {
    try {
      const { keep, turns } = JSON.parse(localStorage.getItem(NAME));
      return { keep: keep !== false, turns: turns.filter(Array.isArray) };
    } catch {
      return { keep: true, turns: [] };
    }
  }
  function write(keep, turns) {
    try {
      localStorage.setItem(NAME, JSON.stringify({ keep, turns }));
    } catch {
      if (turns.length) write(keep, turns.slice(Math.ceil(turns.length / 2))); // the storage is full: drop the older half
    }
  }
  Object.assign(window.seq2edge, {
    kept() { // called when a tab opens
      known = ids(stored().turns);
      return JSON.stringify(stored());
    },
    keep(text) {
      const { keep, turns } = JSON.parse(text);
      const mine = ids(turns);
      const left = stored().turns.filter(([id]) => mine.has(id) || !known.has(id)); // without turns removed in this tab
      const added = turns.filter(([id]) => !known.has(id));
      known = mine;
      write(keep, keep ? [...left, ...added] : []);
    },
    forget() { // for all tabs
      write(stored().keep, []);
    },
  });
  addEventListener("storage", ({ key }) => { // another tab has written
    const box = document.querySelector("#keep input");
    if (key === NAME && box && box.checked !== stored().keep) box.click();
  });
})();
