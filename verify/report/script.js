// Filters and search. The page is complete without it: what it needs is hidden until it runs.
"use strict";
(() => {
  const byId = (id) => document.getElementById(id);
  const controls = [...document.querySelectorAll("details.control")];
  const areas = [...document.querySelectorAll("section.area")];
  const text = byId("f-text"), area = byId("f-area"), framework = byId("f-framework"), severity = byId("f-severity");
  const chips = [...document.querySelectorAll("input[name=state]")];
  const shown = byId("shown"), partial = byId("partial"), openAll = byId("open-all");

  const apply = () => {
    const words = text.value.toLowerCase().split(/\s+/).filter(Boolean);
    const states = chips.filter((chip) => chip.checked).map((chip) => chip.value);
    let count = 0;
    for (const control of controls) {
      const data = control.dataset;
      const match = (!area.value || data.area === area.value)
        && (!severity.value || data.severity === severity.value)
        && (!framework.value || data.frameworks.split(" ").includes(framework.value))
        && (!states.length || states.includes(data.state))
        && words.every((word) => data.words.includes(word));
      control.hidden = !match;
      if (match) count++;
    }
    for (const each of areas) each.hidden = !each.querySelector("details.control:not([hidden])");
    byId("nothing").hidden = count > 0;
    // Paper shows no filters: a part of the controls must not pass for all of them.
    partial.hidden = count === controls.length;
    partial.textContent = `Filtered: ${count} of ${controls.length} controls.`;
    shown.textContent = count === controls.length ? `All ${count} controls` : `${count} of ${controls.length} controls`;
  };

  const reset = () => {
    for (const field of [text, area, framework, severity]) field.value = "";
    for (const chip of chips) chip.checked = false;
    apply();
  };

  // A link to a control opens it, whatever the filters say.
  const follow = () => {
    const target = location.hash && byId(decodeURIComponent(location.hash.slice(1)));
    if (!target || !target.matches("details")) return;
    if (target.hidden) reset();
    target.open = true;
    target.scrollIntoView();
  };

  let allOpen = false;
  openAll.addEventListener("click", () => {
    allOpen = !allOpen;
    for (const control of controls) if (!control.hidden) control.open = allOpen;
    openAll.textContent = allOpen ? "Close all" : "Open all";
  });
  byId("reset").addEventListener("click", () => { reset(); text.focus(); });
  for (const field of [text, area, framework, severity, ...chips]) field.addEventListener("input", apply);

  if (navigator.clipboard) {
    for (const button of document.querySelectorAll("button.copy")) {
      button.hidden = false;
      button.addEventListener("click", async () => {
        try {
          await navigator.clipboard.writeText(button.dataset.copy);
          button.textContent = "Copied";
        } catch {
          button.textContent = "Not copied";
        }
        setTimeout(() => { button.textContent = "Copy"; }, 1500);
      });
    }
  }

  byId("filters").hidden = false;
  addEventListener("hashchange", follow);
  apply();
  follow();
})();
