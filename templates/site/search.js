// Finds offices by any part of their names, titles and figures; it needs no server, and works in pages opened as files.
// The index, which is large where there are many reports, is loaded when somebody begins to search.
(() => {
  const form = document.querySelector("form[role=search]");
  const input = form.querySelector("input");
  const found = document.getElementById("found");
  const fold = (text) => text.normalize("NFKC").toLowerCase();
  let entries;
  const load = () => {
    form.removeEventListener("focusin", load);
    const script = document.createElement("script");
    script.src = form.dataset.index;
    script.addEventListener("load", () => {
      entries = window.searchIndex.map(([name, page, text]) => ({ name, page, text: fold(text) }));
      show();
    });
    document.head.append(script);
  };
  const limit = 50;
  const show = () => {
    const words = fold(input.value).split(/\s+/).filter(Boolean);
    found.replaceChildren();
    if (!entries || !words.length) return;
    const matches = entries.filter((entry) => words.every((word) => entry.text.includes(word)));
    if (!matches.length) { found.textContent = found.dataset.none; return; }
    const list = document.createElement("ol");
    for (const { name, page } of matches.slice(0, limit)) {
      const link = document.createElement("a");
      link.href = form.dataset.root + page.split("/").map(encodeURIComponent).join("/");
      link.textContent = name;
      const item = document.createElement("li");
      item.append(link);
      list.append(item);
    }
    found.append(list);
    if (matches.length > limit) {
      const more = document.createElement("p");
      more.textContent = found.dataset.more.replace("{count}", matches.length - limit);
      found.append(more);
    }
  };
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("focusin", load);
  input.addEventListener("input", show);
  form.hidden = false;
})();
