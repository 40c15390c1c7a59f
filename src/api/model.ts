/** Where the model stands in the path. */
export function modelPath(model: string): string {
  return /^(?:models|tunedModels)\//.test(model) ? model : `models/${model}`;
}

/** Whether an answer came from another model than was asked for; an alias such as `-latest` names no certain one. */
export function isOtherModel(asked: string, answered: string): boolean {
  const [name, version] = [asked, answered].map((model) => model.replace(/^.*\//, ''));
  if (name === undefined || name.endsWith('-latest')) return false;
  // A version may follow, such as -001 or -preview-05-06; another word names another model.
  const more = version?.startsWith(name) ? version.slice(name.length) : 'other';
  return !/^(?:-(?:\d|preview|exp|stable|latest)[\w.-]*)?$/.test(more);
}
