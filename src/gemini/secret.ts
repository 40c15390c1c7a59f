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
  return spellings(apiKey).reduce((shown, spelling) => shown.replaceAll(spelling, hiddenKey), text);
}

/** As it is, and as a URL, a form or JSON would write it. */
function spellings(apiKey: string): string[] {
  const inForm = new URLSearchParams({ key: apiKey }).toString().slice('key='.length);
  return [apiKey, inForm, encodeURIComponent(apiKey), encodeURI(apiKey), JSON.stringify(apiKey).slice(1, -1)];
}
