// <button data-copies="the id of what is copied" data-copied="Copied">: into the clipboard, and said aloud.

const SAID_MS = 4000;

for (const button of document.querySelectorAll("button[data-copies]")) {
  if (!(button instanceof HTMLButtonElement)) continue;
  const words = button.querySelector("[data-copy-words]") ?? button;
  const before = words.textContent;
  let timer = 0;
  button.addEventListener("click", async () => {
    const source = document.getElementById(button.dataset.copies ?? "");
    if (!source) return;
    let said = button.dataset.copied ?? "";
    try {
      await navigator.clipboard.writeText((source.textContent ?? "").trim());
    } catch {
      // The browser does not let us: it is marked, and the person's own keys do it.
      window.getSelection()?.selectAllChildren(source);
      said = button.dataset.marked ?? "";
    }
    words.textContent = said;
    const live = document.getElementById("live");
    if (live) live.textContent = said;
    window.clearTimeout(timer);
    timer = window.setTimeout(() => {
      words.textContent = before;
      if (live) live.textContent = "";
    }, SAID_MS);
  });
}
