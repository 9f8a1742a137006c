// Runs before the first paint, so that the page never flashes in the wrong colours.
(function () {
  var choice = null;
  try {
    choice = localStorage.getItem("roadworthy.theme");
  } catch {
    /* storage may be forbidden: follow the system */
  }
  var dark = choice ? choice === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  document.documentElement.dataset.theme = dark ? "dark" : "light";
})();
