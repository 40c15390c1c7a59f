import { flagName, optionTable } from '../options/table.ts';

/** Writes the options that a library's sentence names, `maxOutputTokens`, as a person types them: --max-output-tokens. */
export function asFlags(sentence: string): string {
  return sentence.replace(/`(\w+)`/g, (whole, name: string) =>
    name in optionTable ? flagName(name) : whole,
  );
}
