import { runAndRead } from './run.js';

/** Each tool with something it can do only if it is the one that is needed. */
const tools = {
  sh: ['-c', ':'],
  base64: ['-w0', '/dev/null'],
  jq: ['--version'],
  curl: ['--version'],
};

/**
 * Which of the tools that the pipelines need are not installed.
 * @param {NodeJS.ProcessEnv} environment
 */
export async function missingTools(environment) {
  const missing = [];
  for (const [name, probe] of Object.entries(tools)) {
    const isInstalled = await runAndRead([name, ...probe], environment).then(
      () => true,
      () => false,
    );
    if (!isInstalled) missing.push(name);
  }
  return missing;
}
