// The colours: of runs, the same in every table and chart, and of the page, read from its style sheet.

export const style = (name) => getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();
export const dark = matchMedia("(prefers-color-scheme: dark)");

/// A colour that hangs on the text alone, so that a run keeps it from page to page.
export function colour(text) {
  let hash = 2166136261;
  for (let index = 0; index < text.length; index += 1) hash = Math.imul(hash ^ text.charCodeAt(index), 16777619);
  hash ^= hash >>> 15;
  hash = Math.imul(hash, 0x85ebca6b) >>> 0;
  const hue = hash % 360;
  const light = (dark.matches ? 58 : 38) + ((hash >>> 10) % 3) * 6;
  // Yellows and greens look brighter than the rest at the same lightness.
  const evened = hue > 45 && hue < 190 ? light - 6 : light;
  return `hsl(${hue} ${58 + ((hash >>> 16) % 3) * 10}% ${evened}%)`;
}

/// The same colour, so much of it as `share` says.
export const faint = (text, share) => text.replace(/\)$/, ` / ${share})`);
