import { brokenRule, invalidArgument } from '../refusal.ts';
import type { Refusal } from '../types.ts';
import type { Content, GenerateRequest, Part } from './request.ts';

/** Checks what is said: contents, roles, parts, and that a system instruction is nothing but text. */
export function checkContents({ contents, systemInstruction }: GenerateRequest): Refusal | undefined {
  if (contents === undefined || contents.length === 0) {
    return brokenRule('contents', 'contents is not specified');
  }
  return (
    first(contents, (content, index) => checkContent(content, `contents[${index}]`)) ??
    (systemInstruction && checkSystemInstruction(systemInstruction))
  );
}

/** The first refusal that a check of the items gives. */
export function first<T>(
  items: readonly T[],
  check: (item: T, index: number) => Refusal | undefined,
): Refusal | undefined {
  for (const [index, item] of items.entries()) {
    const refusal = check(item, index);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}

function checkContent({ role, parts }: Content, path: string): Refusal | undefined {
  if (role !== undefined && role !== 'user' && role !== 'model') {
    return invalidArgument('Please use a valid role: user, model.');
  }
  return checkParts(parts, path);
}

function checkParts(parts: readonly Part[] | undefined, path: string): Refusal | undefined {
  if (parts === undefined || parts.length === 0) {
    return brokenRule(`${path}.parts`, 'contents.parts must not be empty.');
  }
  return first(parts, (part, index) => checkPart(part, `${path}.parts[${index}]`));
}

function checkPart({ text, inlineData, fileData }: Part, path: string): Refusal | undefined {
  const given = [text !== undefined && 'text', inlineData && 'inline_data', fileData && 'file_data'].filter(
    Boolean,
  );
  if (given.length > 1) {
    return invalidArgument(
      `Invalid value at '${path}' (oneof), oneof field 'data' is already set. Cannot set '${given[1]}'`,
    );
  }
  if (given.length === 0 || text === '') {
    return brokenRule(`${path}.data`, "required oneof field 'data' must have one initialized field");
  }
  if (inlineData && inlineData.data === undefined) {
    return brokenRule(`${path}.inline_data.data`, 'inline_data.data must not be empty.');
  }
  if (fileData && !fileData.fileUri) {
    return brokenRule(`${path}.file_data.file_uri`, 'file_data.file_uri must not be empty.');
  }
  return undefined;
}

function checkSystemInstruction({ parts }: Content): Refusal | undefined {
  const hasOther = parts?.some((part) => part.inlineData !== undefined || part.fileData !== undefined);
  if (hasOther) return brokenRule('system_instruction.parts', 'system_instruction supports text parts only.');
  return checkParts(parts, 'system_instruction');
}
