// What has the focus, and whether that can be seen.
const at = document.activeElement;
const style = getComputedStyle(at);
const box = at.getBoundingClientRect();
return {
  tag: at.tagName,
  id: at.id,
  class: at.className,
  href: at.getAttribute('href') || '',
  tab: Boolean(at.closest('.tabs')),
  marked: (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2) || style.boxShadow !== 'none',
  onScreen: box.width > 0 && box.height > 0 && box.bottom > 0 && box.right > 0 && box.top < innerHeight && box.left < innerWidth,
};
