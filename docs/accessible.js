// Whoever has no mouse scrolls wide code and wide tables by the arrow keys: they take the focus.
function reach() {
  for (const box of document.querySelectorAll(".highlight code, .md-typeset__scrollwrap")) {
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  }
}
addEventListener("load", reach);
addEventListener("resize", reach);
