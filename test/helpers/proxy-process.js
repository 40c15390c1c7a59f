/**
 * A real proxy as a process of its own, for tests: every host name leads to this machine.
 * Prints its port, then a line for each request: "forward" or "tunnel", the host, and the user's name.
 *
 * usage: node proxy-process.js [user:password]
 */
import { Server } from 'proxy-chain';

const [user, password] = (process.argv[2] ?? '').split(/:(.*)/);
const server = new Server({
  port: 0,
  host: '127.0.0.1',
  prepareRequestFunction: (request) => {
    const kind = request.isHttp ? 'forward' : 'tunnel';
    console.log(`${kind} ${request.hostname}:${request.port} ${request.username}`);
    const isWelcome = !user || (request.username === user && request.password === password);
    const dnsLookup = /** @type {typeof import('node:dns').lookup} */ (
      /** @type {unknown} */ (toThisMachine)
    );
    return { requestAuthentication: !isWelcome, dnsLookup };
  },
});
await server.listen();
console.log(server.port);

/**
 * @param {string} _host
 * @param {{ all?: boolean }} options
 * @param {(error: null, address: unknown, family?: number) => void} done
 */
function toThisMachine(_host, options, done) {
  if (options.all) done(null, [{ address: '127.0.0.1', family: 4 }]);
  else done(null, '127.0.0.1', 4);
}
