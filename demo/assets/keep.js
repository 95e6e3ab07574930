// Keeps the conversation in the browser's storage, which all tabs with this page share: what one tab writes or takes back
// leaves the turns of the others alone. A turn is [id, message, reply].
(() => {
  const NAME = "seq2edge-conversation";
  const MOST = 200; // turns; the oldest go first
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
    for (let most = MOST; most >= 1; most /= 2) { // fewer where there is no room
      try {
        return localStorage.setItem(NAME, JSON.stringify({ keep, turns: turns.slice(-most) }));
      } catch {}
    }
  }
  Object.assign(window.seq2edge, {
    kept() { // for a tab that opens
      known = ids(stored().turns);
      return JSON.stringify(stored());
    },
    keep(text) {
      const { keep, turns } = JSON.parse(text);
      const mine = new Map(turns.map((turn) => [turn[0], turn]));
      const others = stored().turns.filter(([id]) => mine.has(id) || !known.has(id)).map((turn) => mine.get(turn[0]) ?? turn);
      const added = turns.filter(([id]) => !known.has(id));
      known = ids(turns);
      write(keep, keep ? [...others, ...added] : []);
    },
    forget() { // in all tabs
      localStorage.removeItem(NAME);
    },
  });
  addEventListener("storage", ({ key }) => { // another tab has written
    const box = document.querySelector("#keep input");
    if (key === NAME && box && box.checked !== stored().keep) box.click();
  });
})();
