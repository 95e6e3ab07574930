// The body of a function with two arguments: `element`, which contains the components, and `trigger`, which reports a
// choice to the page.

const share = (percent) => (percent >= 5 ? `${percent}%` : "");

// Highlights the words on the other side that a word attends to.
function light(chip) {
  const pane = chip.closest(".li-pane");
  const weights = JSON.parse(pane.dataset.weights);
  const side = chip.dataset.side;
  const place = Number(chip.dataset.place);
  for (const one of pane.querySelectorAll(".li-chip")) {
    const other = Number(one.dataset.place);
    const isSame = one.dataset.side === side;
    const percent = isSame ? 0 : side === "target" ? weights[place][other] : weights[other][place];
    one.classList.toggle("li-on", one === chip);
    one.style.setProperty("--heat", Math.sqrt(percent / 100));
    one.querySelector(".li-share").textContent = share(percent);
  }
  mark(pane, side, place);
}

// Highlights a row or a column of the table.
function mark(pane, side, place) {
  pane.querySelectorAll(".li-heat .li-on").forEach((one) => one.classList.remove("li-on"));
  const table = pane.querySelector(".li-heat");
  if (!table) return;
  const framed = side === "target" ? table.tBodies[0].rows[place].cells : [...table.rows].map((row) => row.cells[place + 1]);
  for (const cell of framed) cell.classList.add("li-on");
}

// Returns the word of the answer for the row of the table under the pointer.
function rowChip(cell) {
  const row = cell.closest("tbody tr");
  return row && row.closest(".li-pane").querySelector(`.li-chip[data-side=target][data-place="${row.sectionRowIndex}"]`);
}

function showPane(button) {
  const section = button.closest(".li-attention");
  for (const one of section.querySelectorAll("[data-show]")) one.setAttribute("aria-pressed", String(one === button));
  for (const pane of section.querySelectorAll("[data-pane]")) pane.hidden = pane.dataset.pane !== button.dataset.show;
}

// Tab reaches one node of a tree. The arrow keys move to the others.
function focusNode(node) {
  for (const one of node.closest("svg").querySelectorAll(".li-node")) one.setAttribute("tabindex", "-1");
  node.setAttribute("tabindex", "0");
  node.focus();
}

function neighbour(node, key) {
  const nodes = [...node.closest("svg").querySelectorAll(".li-node")];
  const at = (one) => [Number(one.dataset.column), Number(one.dataset.row)];
  const [column, row] = at(node);
  const reached = {
    ArrowDown: ([c, r]) => r > row && c >= column,
    ArrowUp: ([c, r]) => r < row && c <= column,
    ArrowRight: ([c, r]) => c > column && r >= row,
    ArrowLeft: ([c, r]) => c < column && r <= row,
  }[key];
  if (!reached) return key === "Home" ? nodes[0] : key === "End" ? nodes[nodes.length - 1] : null;
  const distance = (one) => {
    const [c, r] = at(one);
    const isVertical = key === "ArrowDown" || key === "ArrowUp";
    return isVertical ? Math.abs(r - row) * 100 + Math.abs(c - column) : Math.abs(c - column) * 1000 + Math.abs(r - row);
  };
  return nodes.filter((one) => reached(at(one))).sort((a, b) => distance(a) - distance(b))[0];
}

function look(event) {
  const chip = event.target.closest(".li-chip") || (event.target.closest(".li-heat") && rowChip(event.target));
  if (chip) light(chip);
}

element.addEventListener("mouseover", look);
element.addEventListener("focusin", look);
element.addEventListener("click", (event) => {
  const button = event.target.closest("[data-show]");
  const forced = event.target.closest("[data-prefix]");
  look(event);
  if (button) showPane(button);
  if (forced) trigger("select", { prefix: forced.dataset.prefix });
});
element.addEventListener("keydown", (event) => {
  const node = event.target.closest(".li-node");
  if (!node) return;
  const next = neighbour(node, event.key);
  if (next) focusNode(next);
  if (event.key === "Enter" || event.key === " ") trigger("select", { prefix: node.dataset.prefix });
  if (next || event.key === "Enter" || event.key === " ") event.preventDefault();
});
