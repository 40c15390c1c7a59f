/** Ends a text in a way that no JSON ends. */
export function breakSyntax(text: string): string {
  return `${text.slice(0, -1)},`;
}

/** The first half of a text. */
export function cutInHalf(text: string): string {
  return text.slice(0, text.length / 2);
}

/** Puts a text into a Markdown fence, with prose around it. */
export function fence(text: string): string {
  return `Here is the JSON:\n\`\`\`json\n${text}\n\`\`\`\nAnything else?`;
}

/** Repeats a digit for so long that the token limit must end it. */
export function repeatDigit(text: string): string {
  const digits = '1'.repeat(14_000);
  return /\d/.test(text) ? text.replace(/(?<=\d)[\s\S]*/, digits) : cutInHalf(text) + digits;
}

/** Adds an item to the outer list, with its numbers counted on. */
export function repeatItem(text: string): string {
  const count = (_: string, value: unknown) => (typeof value === 'number' ? value + 1 : value);
  return editList(text, (list) => [...list, JSON.parse(JSON.stringify(list.at(-1) ?? null), count)]);
}

/** Takes the last item from the outer list. */
export function dropItem(text: string): string {
  return editList(text, (list) => list.slice(0, -1));
}

/** Exchanges the ends of every box. */
export function invertBoxes(text: string): string {
  if (parse(text) === undefined) return text;
  return JSON.stringify(
    JSON.parse(text, (name, value) => (name === 'box_2d' ? [600, 700, 200, 100] : value)),
  );
}

/** Changes the outer list of a JSON text, or the lists in its outer object; leaves other text as it is. */
function editList(text: string, edit: (list: readonly unknown[]) => unknown[]): string {
  const value = parse(text);
  if (Array.isArray(value)) return JSON.stringify(edit(value));
  if (typeof value !== 'object' || value === null) return text;
  const entries = Object.entries(value).map(([name, inner]) => {
    return [name, Array.isArray(inner) ? edit(inner) : inner] as const;
  });
  return JSON.stringify(Object.fromEntries(entries));
}

/** Parses JSON; undefined where none was asked for. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
