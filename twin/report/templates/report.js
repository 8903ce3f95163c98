// Pointing at a step lights up its source line, and the other way round. The report reads the same without it.
for (const finding of document.querySelectorAll(".finding")) {
  const light = (event) => {
    const at = event.target.closest("[data-at]")?.dataset.at;
    for (const row of finding.querySelectorAll("[data-at]")) {
      row.classList.toggle("now", at !== undefined && row.dataset.at === at);
    }
  };
  finding.addEventListener("pointerover", light);
  finding.addEventListener("focusin", light);
}
