/* Before the first paint: mark that scripts run, apply the theme chosen on this device. */
(() => {
  const root = document.documentElement;
  root.classList.add("js");
  try {
    const theme = localStorage.getItem("theme");
    if (theme) root.dataset.theme = theme;
  } catch { /* storage is off: the device's scheme counts */ }
})();
