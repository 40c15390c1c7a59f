import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** Starts the server in a process of its own, on any free port of this machine. */
export async function startServer() {
  const script = fileURLToPath(new URL('server.js', import.meta.url));
  const child = spawn(process.execPath, [script], { stdio: ['pipe', 'pipe', 'inherit'] });
  const [port] = await Promise.race([
    once(child.stdout, 'data'),
    once(child, 'exit').then(([code]) => {
      throw new Error(`the server ended at once, with exit code ${code}`);
    }),
  ]);
  return { url: `http://127.0.0.1:${String(port).trim()}`, stop: () => child.stdin.end() };
}
