// <a href="/help/" data-dialog="help"> opens <dialog id="help">; without a script it is a link.

/** @param {string} id */
export function dialogOpen(id) {
  const dialog = document.getElementById(id);
  if (!(dialog instanceof HTMLDialogElement)) return false;
  if (!dialog.open) dialog.showModal();
  return true;
}

document.addEventListener("click", (event) => {
  if (!(event.target instanceof Element)) return;
  const opener = event.target.closest("[data-dialog]");
  if (opener instanceof HTMLElement && dialogOpen(opener.dataset.dialog ?? "")) {
    event.preventDefault();
    return;
  }
  // A click on the dialog itself, outside of what it holds, is a click on the backdrop.
  if (event.target instanceof HTMLDialogElement && event.target.matches(".dialog, .command-dialog")) event.target.close();
});
