// The colours: of runs, the same in every table and chart, and of the page, read from its style sheet.

export const style = (name) => getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();
export const dark = matchMedia("(prefers-color-scheme: dark)");

/// Hues given to runs that are drawn together, where their own would be too alike.
const given = new Map();

/// A colour that hangs on the text alone, so that a run keeps it from page to page, unless `distinct` had to give it another.
export function colour(text) {
  const hash = hashOf(text);
  const hue = given.get(text) ?? hash % 360;
  const light = (dark.matches ? 54 : 36) + ((hash >>> 10) % 3) * 8;
  // Yellows and greens look brighter than the rest at the same lightness.
  return `hsl(${hue} ${58 + ((hash >>> 16) % 3) * 10}% ${hue > 45 && hue < 190 ? light - 6 : light}%)`;
}

/// Makes the colours of a few lines tell them apart: the first keep their own, a later one that is too near is moved to the widest gap.
export function distinct(texts) {
  given.clear();
  if (texts.length > 20) return;
  const apart = (a, b) => Math.min((a - b + 360) % 360, (b - a + 360) % 360);
  const taken = [];
  for (const text of texts) {
    const free = (hue) => Math.min(360, ...taken.map((one) => apart(one, hue)));
    let hue = hashOf(text) % 360;
    if (free(hue) < 200 / texts.length) {
      for (let other = 0; other < 360; other += 5) if (free(other) > free(hue)) hue = other;
      given.set(text, hue);
    }
    taken.push(hue);
  }
}

function hashOf(text) {
  let hash = 2166136261;
  for (let index = 0; index < text.length; index += 1) hash = Math.imul(hash ^ text.charCodeAt(index), 16777619);
  hash ^= hash >>> 15;
  return Math.imul(hash, 0x85ebca6b) >>> 0;
}

/// The same colour, so much of it as `share` says.
export const faint = (text, share) => text.replace(/\)$/, ` / ${share})`);
