import { flagName, optionNames } from './options.ts';

/** Writes the options that a library's sentence names, `maxOutputTokens`, as a person types them: --max-output-tokens. */
export function asFlags(sentence: string): string {
  return sentence.replace(/`(\w+?)(?:Ms)?`/g, (whole, name: string) => {
    return (optionNames as readonly string[]).includes(name) ? flagName(name) : whole;
  });
}
