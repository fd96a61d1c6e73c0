// What every page needs: dialogs, menus, tabs, toasts, theme, palette. Each works on markup that stands without it.
import "./copy.js";
import "./dialog.js";
import "./forms.js";
import "./menu.js";
import "./missing.js";
import "./palette.js";
import "./tabs.js";
import "./theme.js";
import "./toast.js";

for (const element of document.querySelectorAll("[data-needs-script]")) element.removeAttribute("hidden");
