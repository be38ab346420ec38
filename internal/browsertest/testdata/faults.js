// What keeps somebody from reading or using the page, as sentences.
((dark) => {
  const faults = [];
  const name = (e) => `${e.localName} "${(e.innerText || e.getAttribute("name") || "").slice(0, 30)}"`;
  const shown = (e) => e.checkVisibility({visibilityProperty: true, opacityProperty: true});

  if (document.documentElement.scrollWidth > innerWidth) {
    faults.push(`it is ${document.documentElement.scrollWidth} wide, the screen ${innerWidth}`);
  }
  for (const image of document.images) {
    if (!image.complete || image.naturalWidth === 0) faults.push(`no picture: ${image.src}`);
    if (!image.hasAttribute("alt")) faults.push(`a picture without words: ${image.src}`);
  }
  if (document.querySelectorAll("h1").length !== 1) faults.push("not one h1");

  // WCAG 2.2: what is pressed has 24 pixels, unless it stands in a text.
  for (const e of document.querySelectorAll("a, button, input:not([type=hidden], [type=checkbox])")) {
    const box = e.getBoundingClientRect();
    if (!e.matches(".skip") && shown(e) && (box.width < 24 || box.height < 24)) {
      faults.push(`${name(e)} is ${box.width} by ${box.height}`);
    }
    if (e.localName === "input" && e.labels.length === 0) faults.push(`${name(e)} has no label`);
  }

  // WCAG: the contrast is 4.5, and 3 for what is large.
  const paint = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
  const rgba = (color) => {
    paint.clearRect(0, 0, 1, 1);
    paint.fillStyle = color;
    paint.fillRect(0, 0, 1, 1);
    return [...paint.getImageData(0, 0, 1, 1).data];
  };
  const light = (color) => {
    const [r, g, b] = color.map((c) => (c /= 255) <= .04045 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4);
    return .2126 * r + .7152 * g + .0722 * b;
  };
  const behind = (e) => {
    for (; e; e = e.parentElement) {
      const color = rgba(getComputedStyle(e).backgroundColor);
      if (color[3] === 255) return color;
    }
    return [255, 255, 255, 255];
  };
  for (const e of document.body.querySelectorAll("*")) {
    const own = [...e.childNodes].some((n) => n.nodeType === Node.TEXT_NODE && n.data.trim());
    if (!own || !shown(e) || e.closest(".unseen, .skip, style, script")) continue;
    const style = getComputedStyle(e);
    const [a, b] = [light(rgba(style.color)), light(behind(e))].sort((x, y) => y - x);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || size >= 18.66 && style.fontWeight >= 700;
    const contrast = (a + .05) / (b + .05);
    if (contrast < (large ? 3 : 4.5)) faults.push(`${name(e)} has a contrast of ${contrast.toFixed(2)}`);
  }
  if (light(behind(document.body)) < .5 !== dark) faults.push(`the paper is ${behind(document.body)}`);
  return faults;
})
