// Alpine's CSP build, for small local state. A page that wants it adds js/alpine.js in its block "scripts".
import Alpine from "@alpinejs/csp";

Alpine.start();
