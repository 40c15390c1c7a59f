/**
 * Reads a date in one of the three forms that HTTP allows, as milliseconds since 1970; undefined for any other text.
 * `Date.parse` takes far more: to it, `1.5` is a day in January 2001.
 * See https://www.rfc-editor.org/rfc/rfc9110#section-5.6.7
 *
 * @param nowMs the current time, which decides the century of a year of two digits
 */
export function parseHttpDate(text: string, nowMs: number): number | undefined {
  const { day, month = '', year = '', hour, minute, second } = match(text) ?? {};
  if (day === undefined) return undefined;
  const parts = [Number(day), Number(hour), Number(minute), Number(second)] as const;
  const inYear = (fullYear: number) => toTime(fullYear, months.indexOf(month), ...parts);
  if (year.length === 4) return inYear(Number(year));
  const century = Math.floor(new Date(nowMs).getUTCFullYear() / 100) * 100;
  const time = inYear(century + Number(year));
  return time !== undefined && time - nowMs > fiftyYearsMs ? inYear(century - 100 + Number(year)) : time;
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const fiftyYearsMs = 50 * 365.25 * 24 * 3600 * 1000;

const weekday = '(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)';
const longWeekday = '(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day';
const month = `(?<month>${months.join('|')})`;
const time = String.raw`(?<hour>\d\d):(?<minute>\d\d):(?<second>\d\d)`;
const forms = [
  // Sun, 06 Nov 1994 08:49:37 GMT
  new RegExp(String.raw`^${weekday}, (?<day>\d\d) ${month} (?<year>\d{4}) ${time} GMT$`),
  // Sunday, 06-Nov-94 08:49:37 GMT
  new RegExp(String.raw`^${longWeekday}, (?<day>\d\d)-${month}-(?<year>\d\d) ${time} GMT$`),
  // Sun Nov  6 08:49:37 1994
  new RegExp(String.raw`^${weekday} ${month} (?<day>[ \d]\d) ${time} (?<year>\d{4})$`),
];

function match(text: string): Partial<Record<string, string>> | undefined {
  for (const form of forms) {
    const groups = form.exec(text)?.groups;
    if (groups !== undefined) return groups;
  }
  return undefined;
}

/** Undefined for a day or time that does not exist; a leap second does. */
function toTime(
  year: number,
  monthIndex: number,
  day: number,
  hour: number,
  minute: number,
  second: number,
): number | undefined {
  const date = new Date(Date.UTC(year, monthIndex, day));
  // Years below 100 would be taken for those of the last century.
  date.setUTCFullYear(year);
  const exists = date.getUTCMonth() === monthIndex && date.getUTCDate() === day;
  if (!exists || hour > 23 || minute > 59 || second > 60) return undefined;
  return date.getTime() + ((hour * 60 + minute) * 60 + second) * 1000;
}
