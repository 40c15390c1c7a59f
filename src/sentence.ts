/** The name of an option within a sentence: whoever prints it says it as its reader knows it. */
export interface OptionReference {
  readonly option: string;
}

/** A sentence that may name options. */
export type Sentence = string | readonly (string | OptionReference)[];

/** How options are named: `maxEdge` for a caller of the library, `--max-edge` at the command line. */
export type OptionNaming = (option: string) => string;

/** Refers to an option by its name in the option table. */
export function option(name: string): OptionReference {
  return { option: name };
}

/** Writes a sentence that names options: say`Raise ${option('maxOutputTokens')}.` */
export function say(
  texts: TemplateStringsArray,
  ...values: readonly (Sentence | OptionReference | number)[]
): Sentence {
  return texts.flatMap((text, index) => {
    const value = values[index];
    if (value === undefined) return [text];
    return [text, ...(typeof value === 'object' ? ('option' in value ? [value] : value) : [String(value)])];
  });
}

/** Says a sentence, its options named in one way; unless given, as the library names them. */
export function worded(sentence: Sentence, naming: OptionNaming = inBackticks): string {
  if (typeof sentence === 'string') return sentence;
  return sentence.map((part) => (typeof part === 'string' ? part : naming(part.option))).join('');
}

/** As the library names options. */
export function inBackticks(name: string): string {
  return `\`${name}\``;
}

/** A value as a message shows it: never longer than a line, whatever a caller handed over. */
export function shown(value: unknown): string {
  if (typeof value === 'string') {
    const start = JSON.stringify(value.slice(0, maxShown));
    return value.length > maxShown ? `${start}…` : start;
  }
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'object' && value !== null) return 'an object';
  if (typeof value === 'function' || typeof value === 'symbol') return `a ${typeof value}`;
  return String(value).slice(0, maxShown * 2);
}

const maxShown = 60;

/** Whole texts are changed, not parts of them: what is looked for can stand on both sides of an option. */
export function changed(sentence: Sentence, change: (text: string) => string): Sentence {
  if (typeof sentence === 'string') return change(sentence);
  return sentence.map((part) => (typeof part === 'string' ? change(part) : part));
}
