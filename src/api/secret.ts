/** What stands where the key was. */
export const hiddenKey = '[key]';

/** A text of a few characters is no key, and hiding it would tear words apart. */
const shortestKey = 6;

/** Takes the key out of a text that it may be in, whoever wrote it. */
export function hideKey(text: string, apiKey: string | undefined): string {
  return apiKey === undefined || apiKey.length < shortestKey ? text : hideCertainKey(text, apiKey);
}

/** Takes the key out of a text that it is known to be in, however short it is. */
export function hideCertainKey(text: string, apiKey: string): string {
  // Most texts have nothing escaped in them, and looking for the key as it is takes no time.
  if (!/[%\\&]/.test(text)) return text.replaceAll(apiKey, hiddenKey);
  return text.replace(new RegExp([...apiKey].map(anySpelling).join(''), 'g'), hiddenKey);
}

/** One character as it is, escaped for JSON (also twice), or as a URL (also twice), JSON or HTML would number it. */
function anySpelling(character: string): string {
  const code = character.charCodeAt(0);
  const hex = code
    .toString(16)
    .padStart(2, '0')
    .replace(/[a-f]/g, (digit) => `[${digit}${digit.toUpperCase()}]`);
  const raw = character.replace(/[^A-Za-z0-9]/g, '\\$&');
  return `(?:\\\\*(?:${raw}|u00${hex})|%(?:25)*${hex}|&#(?:${code}|[xX]${hex});)`;
}
