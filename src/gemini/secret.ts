/** What stands where the key was. */
export const hiddenKey = '[key]';

/** A text of a few characters is no key, and hiding it would tear words apart. */
const shortestKey = 6;

/** Takes the key out of a text, also as a URL or JSON would write it. */
export function hideKey(text: string, apiKey: string | undefined): string {
  if (apiKey === undefined || apiKey.length < shortestKey) return text;
  const spellings = [apiKey, encodeURIComponent(apiKey), JSON.stringify(apiKey).slice(1, -1)];
  return spellings.reduce((shown, spelling) => shown.replaceAll(spelling, hiddenKey), text);
}
