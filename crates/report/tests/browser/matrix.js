// The one matrix that is shown, as it is laid out.
const shown = [...document.querySelectorAll('table.matrix')].filter((table) => table.checkVisibility());
if (shown.length !== 1) return { shown: shown.length };
const table = shown[0];
const flat = (element) => {
  const { width, height } = element.getBoundingClientRect();
  return width < 5 || height < 5;
};
const slots = [...table.querySelectorAll('td.slot')];
const marks = [...table.querySelectorAll('a.m')];
return {
  shown: 1,
  columns: table.querySelectorAll('thead th').length - 1,
  rows: table.querySelectorAll('tbody tr:not(.platform)').length,
  slots: slots.length,
  marks: marks.length,
  // What a sighted person is shown, so without the texts for screen readers.
  silent: slots.filter((slot) => !slot.querySelector('.seen > span:not(.vh)')?.textContent.trim()).length,
  bare: slots.filter((slot) => !slot.matches('.h-not-measured') && flat(slot.querySelector('svg.icon') || document.createElement('i'))).length,
  flat: [table, ...slots, ...marks].filter(flat).length,
  unnamed: marks.filter((mark) => !mark.textContent.trim()).length,
};
