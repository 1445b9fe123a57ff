// The page of the preview: it shows what the server sends and changes only what has changed. Texts are put in as text.
"use strict";

const $ = (id) => document.getElementById(id);
const words = JSON.parse(document.body.dataset.words);
const OWN = ["data-level", "data-chosen", "data-changed", "data-stale", "title"]; // attributes that are painted here
const AROUND = 6; // lines before and after a place
const FLASH_MS = 1300;
let state = null;
let loading = Promise.resolve();
let chosen = ""; // address of the cell that was chosen
const frames = { web: { path: "page", shown: 0 }, official: { path: "official", shown: 0 } };
let current = "web";
if ($("source")) frames.source = { path: "source", shown: 0, isFixed: true }; // the imported file; see source.js

function make(name, attributes, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

// ── the report ─────────────────────────────────────────────────────────────────────────────────────

// Copy attributes; tell whether one has changed.
function copyAttributes(now, next) {
  let differs = false;
  for (const { name } of [...now.attributes]) {
    if (!next.hasAttribute(name) && !OWN.includes(name)) now.removeAttribute(name);
  }
  for (const { name, value } of next.attributes) {
    if (now.getAttribute(name) !== value) {
      now.setAttribute(name, value);
      differs = true;
    }
  }
  return differs;
}

// Make a tree the same as the next one, and collect the elements that have changed.
function change(now, next, changed) {
  if (now.nodeType !== next.nodeType || now.nodeName !== next.nodeName) {
    const copy = now.ownerDocument.importNode(next, true);
    now.replaceWith(copy);
    changed.add(copy.nodeType === Node.ELEMENT_NODE ? copy : copy.parentElement);
  } else if (now.nodeType !== Node.ELEMENT_NODE) {
    if (now.data !== next.data) {
      now.data = next.data;
      changed.add(now.parentElement);
    }
  } else {
    if (copyAttributes(now, next)) changed.add(now);
    if (now.childNodes.length !== next.childNodes.length) {
      now.replaceChildren(...[...next.childNodes].map((child) => now.ownerDocument.importNode(child, true)));
      changed.add(now);
    } else {
      const children = [...next.childNodes];
      [...now.childNodes].forEach((child, at) => change(child, children[at], changed));
    }
  }
}

const flashing = new WeakMap(); // the timers that end it
function flash(elements) {
  for (const element of elements) {
    element.dataset.changed = "";
    clearTimeout(flashing.get(element)); // of an earlier change, which would end this one
    flashing.set(element, setTimeout(() => delete element.dataset.changed, FLASH_MS));
  }
}

function find(tree, address) {
  if (!address) return [];
  const exact = [...tree.querySelectorAll(`[id="${CSS.escape(address)}"], [data-address="${CSS.escape(address)}"]`)];
  if (exact.length) return exact;
  const below = tree.querySelectorAll(`td[id^="${CSS.escape(address)}."], g[data-address^="${CSS.escape(address)}."]`);
  return below.length ? [...below] : [...tree.querySelectorAll(`[id="prose.${CSS.escape(address.split(".").pop())}"]`)];
}

// Return the address of a finding; of one about a line, that of the value which stood there.
function addressOf(finding) {
  if (finding.address || !finding.here) return finding.address;
  const there = Object.entries(state.places).filter(([, [line]]) => line === finding.line);
  const before = there.filter(([, [, column]]) => column <= finding.column);
  before.sort(([, a], [, b]) => a[1] - b[1]);
  return (before.pop() || there[0] || [""])[0];
}

function paint(tree) {
  for (const element of tree.querySelectorAll("[data-level], [data-chosen]")) {
    delete element.dataset.level;
    delete element.dataset.chosen;
    element.removeAttribute("title");
  }
  for (const finding of [...state.findings].reverse()) {
    for (const element of find(tree, addressOf(finding))) {
      element.dataset.level = finding.level;
      element.setAttribute("title", finding.message);
    }
  }
  for (const element of chosen ? find(tree, chosen) : []) element.dataset.chosen = "";
  tree.documentElement.toggleAttribute("data-stale", state.is_stale);
}

function watchClicks(tree) {
  tree.addEventListener("click", (event) => {
    const link = event.target.closest("a[href]");
    if (link && !link.getAttribute("href").startsWith("#")) event.preventDefault();
    const element = event.target.closest("[data-address], td[id], section[id]");
    if (!element) return;
    const address = element.dataset.address || element.id;
    const place = state.places[address];
    if (place) choose(address, ...place);
  });
}

function openFrame(frame, path) {
  return new Promise((resolve) => {
    frame.addEventListener("load", resolve, { once: true });
    frame.src = path;
  });
}

async function showFrame(name) {
  const frame = $(name), shown = frames[name];
  if (shown.isFixed) {
    if (!shown.shown) await openFrame(frame, shown.path);
    shown.shown = state.version;
    return;
  }
  if (!state.has_page || shown.shown === state.version) return;
  if (shown.shown && state.is_stale) {
    paint(frame.contentDocument);
    return;
  }
  const version = state.version;
  const response = await fetch(shown.path);
  if (!response.ok) return;
  const text = await response.text();
  if (!shown.shown) {
    await openFrame(frame, shown.path);
    watchClicks(frame.contentDocument);
  } else {
    const next = new frame.contentWindow.DOMParser().parseFromString(text, "text/html");
    const changed = new Set();
    change(frame.contentDocument.head, next.head, changed);
    changed.clear();
    change(frame.contentDocument.body, next.body, changed);
    flash(name === "official" ? findBoxes(frame.contentDocument, changed) : changed);
  }
  shown.shown = version;
  paint(frame.contentDocument);
}

// A figure of an official page is drawn below its box. Find the boxes over what has changed; none where the page was laid
// out anew, which changes them all.
function findBoxes(tree, changed) {
  const boxes = [...tree.querySelectorAll("g[data-address]")].map((box) => [box, box.getBoundingClientRect()]);
  const hit = new Set();
  for (const element of changed) {
    const area = element.getBoundingClientRect();
    for (const [box, own] of boxes) {
      if (own.left < area.right && area.left < own.right && own.top < area.bottom && area.top < own.bottom) hit.add(box);
    }
  }
  return hit.size < boxes.length / 2 ? hit : [];
}

// ── the lines of the file ──────────────────────────────────────────────────────────────────────────

function showLines(line, column, length) {
  const lines = state.text.split("\n");
  const first = Math.max(1, line - AROUND), last = Math.min(lines.length, line + AROUND);
  const items = [];
  for (let number = first; number <= last; number += 1) {
    const text = [...lines[number - 1]];
    const parts = number !== line ? [text.join("")] : [
      text.slice(0, column - 1).join(""),
      make("mark", {}, text.slice(column - 1, column - 1 + length).join("")),
      text.slice(column - 1 + length).join(""),
    ];
    items.push(make("li", number === line ? { "data-chosen": "" } : {}, make("span", { class: "number" }, String(number)), ...parts));
  }
  $("line-list").replaceChildren(...items);
  $("lines-hint").hidden = true;
  $("line-list").querySelector("mark").scrollIntoView({ block: "nearest", inline: "nearest" });
  const path = state.path.startsWith("/") ? state.path : `/${state.path}`;
  $("open-editor").href = `${state.editor}://file${encodeURI(path)}:${line}:${column}`;
  $("open-editor").hidden = false;
}

function choose(address, line, column, length) {
  chosen = address;
  showLines(line, column, length);
  paintFrame();
}

function paintFrame() {
  const tree = $(current).contentDocument;
  if (tree && !frames[current].isFixed) paint(tree);
}

// ── findings ───────────────────────────────────────────────────────────────────────────────────────

async function send(path, values) {
  const response = await fetch(path, { method: "POST", body: JSON.stringify(values) });
  const answer = await response.json().catch(() => ({ message: words.ended, fix: "" }));
  $("answer").textContent = [answer.message, answer.fix].filter(Boolean).join(" ");
}

function makeAcceptance(finding) {
  const reason = make("input", { name: "because", required: "", autocomplete: "off" });
  const form = make("form", {}, make("label", {}, words.because, reason), make("button", {}, words.run));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const { line, column, rule, address } = finding;
    send("accept", { line, column, rule, address, because: reason.value });
  });
  return make("details", {}, make("summary", {}, make("code", {}, finding.accept)), form);
}

function showFinding(finding) {
  const go = make("button", { type: "button", class: "go" },
    make("span", { class: "level" }, words[finding.level]), ` ${finding.message}`);
  go.addEventListener("click", () => {
    const address = addressOf(finding);
    const element = find($(current).contentDocument, address)[0];
    element?.scrollIntoView({ block: "center", inline: "center" });
    if (finding.here && finding.line) choose(address, finding.line, finding.column, finding.length);
  });
  const more = [finding.label, ...finding.notes, finding.fix].filter(Boolean).map((text) => make("p", {}, text));
  const item = make("li", { "data-level": finding.level }, go, ...more);
  if (finding.place) item.append(make("p", {}, make("code", {}, [finding.place, finding.rule].join(" "))));
  if (finding.accept) item.append(makeAcceptance(finding));
  return item;
}

function show() {
  $("headline").textContent = state.headline;
  $("headline").dataset.ready = state.ready;
  document.title = `${state.headline} – ${words.title}`;
  $("file").textContent = state.file;
  const typed = document.activeElement?.name === "because" && document.activeElement.value;
  if (!typed) {
    const items = state.findings.map(showFinding);
    $("finding-list").replaceChildren(...(items.length ? items : [make("li", {}, words.no_findings)]));
  }
  $("fix-command").textContent = state.fix;
  const worst = state.findings[0];
  $("notice").hidden = !state.is_stale;
  $("notice").textContent = [state.has_page ? words.stale : words.no_page, worst?.message].filter(Boolean).join(" ");
  const place = (frames.source && findComment(chosen)) || state.places[chosen];
  if (place && !state.is_stale) showLines(...place);
  else if (state.is_stale && worst?.here && worst.line) showLines(worst.line, worst.column, worst.length);
}

async function load() {
  const response = await fetch("state");
  if (!response.ok) return;
  state = await response.json();
  if (!state.version) return;
  show();
  if (frames.source) showPlaces();
  await showFrame(current);
}

function choosePage(name) {
  current = name;
  for (const other of Object.keys(frames)) {
    $(other).hidden = other !== name;
    $(`show-${other}`).setAttribute("aria-pressed", other === name);
  }
  if (state) loading = loading.then(() => showFrame(name)).then(paintFrame);
}

for (const name of Object.keys(frames)) $(`show-${name}`).addEventListener("click", () => choosePage(name));
$("run-fix").addEventListener("click", () => send("fix", {}));
if (frames.source) choosePage("source");
// The functions of source.js are needed for the first view, which may be there before that file is.
document.addEventListener("DOMContentLoaded", () => {
  const events = new EventSource("events");
  events.onmessage = () => { loading = loading.then(load, load); };
  events.onerror = () => {
    $("headline").textContent = words.ended;
    $("headline").dataset.ready = "false";
  };
});
