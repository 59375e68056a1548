// Every text and every symbol that can be seen, with less contrast than the
// first argument against what lies behind it (WCAG 2.2, 1.4.3).
const least = 4.5;
const parse = (colour) => {
  const [r, g, b, a = 1] = colour.match(/[\d.]+/g).map(Number);
  return { r, g, b, a };
};
const over = (top, below) => ({
  r: top.r * top.a + below.r * (1 - top.a),
  g: top.g * top.a + below.g * (1 - top.a),
  b: top.b * top.a + below.b * (1 - top.a),
  a: 1,
});
const luminance = ({ r, g, b }) => {
  const linear = [r, g, b].map((v) => v / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
  return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
};
const contrast = (a, b) => {
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (high + 0.05) / (low + 0.05);
};
// All colours that may lie behind an element: a gradient has several.
const behind = (element) => {
  if (!element) return [{ r: 255, g: 255, b: 255, a: 1 }];
  const style = getComputedStyle(element);
  const own = parse(style.backgroundColor);
  const gradient = (style.backgroundImage.match(/rgba?\([^)]*\)/g) || []).map(parse);
  if (own.a === 1 && !gradient.length) return [own];
  const below = behind(element.parentElement).map((colour) => over(own, colour));
  return gradient.length ? gradient.flatMap((top) => below.map((colour) => over(top, colour))) : below;
};
const opacity = (element) => (element ? Number(getComputedStyle(element).opacity) * opacity(element.parentElement) : 1);
const hidden = (element) =>
  !element.checkVisibility({ visibilityProperty: true, opacityProperty: true }) || element.closest('.vh, .skip:not(:focus), title, desc');
const found = [];
const look = (element, colour, says) => {
  const ink = parse(colour);
  ink.a *= opacity(element);
  const ratio = Math.min(...behind(element).map((ground) => contrast(over(ink, ground), ground)));
  if (ratio < least) found.push(`contrast ${ratio.toFixed(2)}: ${element.tagName}.${element.getAttribute('class')} “${says.trim().slice(0, 40)}”`);
};
let looked = 0;
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
for (let node = walker.nextNode(); node; node = walker.nextNode()) {
  const element = node.parentElement;
  if (!node.data.trim() || ['STYLE', 'SCRIPT'].includes(element.tagName) || hidden(element)) continue;
  const style = getComputedStyle(element);
  look(element, element instanceof SVGElement ? style.fill : style.color, node.data);
  looked += 1;
}
for (const icon of document.querySelectorAll('svg.icon')) {
  if (hidden(icon)) continue;
  look(icon, getComputedStyle(icon).color, 'symbol');
  looked += 1;
}
if (!looked) found.push('no text can be seen');
return [...new Set(found)];
