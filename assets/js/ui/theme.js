// The theme without a round trip: the same cookie that the server writes (bloom/pages/theme.py).

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || !form.matches("[data-theme-form]")) return;
  const button = event.submitter;
  if (!(button instanceof HTMLButtonElement)) return;
  event.preventDefault();
  const theme = button.value;
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `bloom_theme=${theme}; path=/; max-age=31536000; SameSite=Lax${secure}`;
  document.documentElement.classList.remove("system", "light", "dark");
  document.documentElement.classList.add(theme);
  for (const each of document.querySelectorAll("[data-theme-form] [name=theme]")) {
    if (each instanceof HTMLButtonElement) each.setAttribute("aria-pressed", String(each.value === theme));
  }
});
