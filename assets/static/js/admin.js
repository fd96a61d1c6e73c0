// Two scrolling regions under one name confuse a screen reader: the sidebar's gets its own, before it is made.
document.getElementById("nav-sidebar-apps")?.setAttribute("data-simplebar-aria-label", document.currentScript?.dataset.label ?? "");
