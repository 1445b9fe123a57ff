// The places of an imported file that a person has to decide or to compare: each leads to the file and to its figure.
"use strict";

const done = new Set(); // numbers of the places of which no figure tells that they are done
let shownPlaces = "";
let chosenPlace = -1;

// Return line, column and length of what the data file says of a figure that it lacks; null where it has the figure.
function findComment(address) {
  const place = state.undecided.find((one) => one.figures.some((figure) => figure.address === address && !figure.decided));
  if (!place || place.is_read) return null;
  const lines = state.text.split("\n").map((line) => line.trim());
  const line = lines.findIndex((text) => place.comments.some((comment) => text === `# ${comment}`));
  return line < 0 ? null : [line + 1, 1, [...state.text.split("\n")[line]].length];
}

function chooseFigure(address) {
  const place = findComment(address) || state.places[address];
  if (place) choose(address, ...place);
}

function choosePlace(number, address) {
  chosenPlace = number;
  for (const item of document.querySelectorAll(".places > li")) item.toggleAttribute("data-chosen", Number(item.dataset.place) === number);
  if (current !== "source") choosePage("source");
  loading = loading.then(() => scrollToPlace(state.undecided[number]));
  if (address) chooseFigure(address);
}

// Show where a place is: between two heights of a page, or at a line or row; in a page without heights at its top.
function scrollToPlace(place) {
  const tree = $("source").contentDocument, mark = tree.getElementById("mark");
  for (const element of tree.querySelectorAll("[data-chosen]")) delete element.dataset.chosen;
  mark.hidden = true;
  const element = place.id && tree.getElementById(place.id);
  if (!element) return;
  element.dataset.chosen = "";
  if (!element.classList.contains("page") || place.bottom <= place.top) {
    element.scrollIntoView({ block: element.classList.contains("page") ? "start" : "center" });
    return;
  }
  element.append(mark);
  mark.hidden = false;
  mark.style.top = `${100 * place.top}%`;
  mark.style.height = `${100 * (place.bottom - place.top)}%`;
  mark.scrollIntoView({ block: "center" });
}

function makeFigure(figure, number) {
  const button = make("button", { type: "button" }, figure.column);
  button.addEventListener("click", () => choosePlace(number, figure.address));
  return make("li", figure.decided ? { "data-decided": "" } : {}, button, " ", make("code", {}, figure.address));
}

// A box to tick, for a place of which no figure tells that it is done.
function makeTick(item, number) {
  const box = make("input", { type: "checkbox" });
  box.checked = done.has(number);
  item.toggleAttribute("data-done", box.checked);
  box.addEventListener("change", () => {
    if (box.checked) done.add(number);
    else done.delete(number);
    item.toggleAttribute("data-done", box.checked);
    countPlaces();
  });
  return make("label", {}, box, ` ${words.done}`);
}

function makePlace(place, number) {
  const missing = place.figures.find((figure) => !figure.decided) || place.figures[0];
  const go = make("button", { type: "button", class: "go" }, make("span", { class: "level" }, place.location), ` ${place.label}`);
  go.addEventListener("click", () => choosePlace(number, missing?.address));
  const item = make("li", { "data-place": number, "data-level": place.is_read ? "note" : "warning" }, go);
  item.toggleAttribute("data-chosen", number === chosenPlace);
  for (const text of [place.message, ...place.comments].filter(Boolean)) item.append(make("p", {}, text));
  if (place.figures.length) {
    item.append(make("ul", { class: "figures" }, ...place.figures.map((figure) => makeFigure(figure, number))));
  }
  if (place.is_read || !place.figures.length) item.append(makeTick(item, number));
  return item;
}

function countPlaces() {
  const left = state.undecided.filter((place, number) => !place.is_read && !place.is_decided && !done.has(number)).length;
  $("undecided-title").textContent = left ? `${words.undecided} (${left})` : words.undecided;
  $("undecided-state").textContent = left ? "" : words.all_decided;
  $("undecided-hint").hidden = !left;
}

// List the places that are left; what a save has decided goes.
function showPlaces() {
  const places = JSON.stringify(state.undecided);
  if (places === shownPlaces) return;
  shownPlaces = places;
  const items = state.undecided.map((place, number) => (place.is_decided ? null : makePlace(place, number)));
  const read = state.undecided.map((place) => place.is_read);
  $("undecided-list").replaceChildren(...items.filter((item, number) => item && !read[number]));
  $("compare-list").replaceChildren(...items.filter((item, number) => item && read[number]));
  $("compare-title").hidden = !read.includes(true);
  countPlaces();
}

// Say on a page that could not be drawn that it could not.
function replacePicture(picture) {
  picture.replaceWith(make("p", {}, `${picture.alt}: ${words.page_not_drawn}`));
}

$("source").addEventListener("load", () => {
  const tree = $("source").contentDocument;
  tree.addEventListener("error", (event) => event.target.localName === "img" && replacePicture(event.target), true);
  for (const picture of tree.images) if (picture.complete && !picture.naturalWidth) replacePicture(picture);
});
