// What the theme leaves out for those who do not see its pages: its dialog of search has no name.
(() => {
  "use strict";

  const name = () => {
    for (const dialog of document.querySelectorAll('.md-search[role="dialog"]:not([aria-label])'))
      dialog.setAttribute("aria-label", "Search");
  };

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", name);
  else name();
})();
