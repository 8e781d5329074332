import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import type { JWK } from 'jose';

/** What a key server does wrong: it never responds, it sends without an end, more than 1 MB, or no key set. */
type Misbehaviour = 'hang' | 'endless' | 'tooLong' | 'notKeys';

/** The server of an issuer, which publishes the public keys for its JWTs. */
export interface KeyServer extends AsyncDisposable {
  readonly url: string;
  /** The number of requests so far. */
  readonly requests: number;
  /** Responds with these keys from now on. Without keys it responds with 500. Ends `misbehave`, and serves hanging requests. */
  publish(...keys: JWK[]): void;
  /** Responds in this wrong way from now on, until `publish`. */
  misbehave(how: Misbehaviour): void;
}

export async function startKeyServer(): Promise<KeyServer> {
  let published: JWK[] = [];
  let requests = 0;
  let misbehaviour: Misbehaviour | undefined;
  const hanging = new Set<ServerResponse>();
  const respond = (outgoing: ServerResponse) => {
    outgoing.writeHead(published.length > 0 ? 200 : 500, { 'content-type': 'application/json' });
    outgoing.end(JSON.stringify({ keys: published }));
  };
  const server = createServer((_incoming, outgoing) => {
    requests += 1;
    if (misbehaviour === 'hang') hanging.add(outgoing);
    else if (misbehaviour === 'endless') sendEndlessly(outgoing);
    else if (misbehaviour === 'tooLong')
      outgoing.end(JSON.stringify({ keys: published, more: 'x'.repeat(2 ** 20) }));
    else if (misbehaviour === 'notKeys') outgoing.end('{}');
    else respond(outgoing);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`,
    get requests() {
      return requests;
    },
    publish(...keys) {
      published = keys;
      misbehaviour = undefined;
      for (const outgoing of hanging) respond(outgoing);
      hanging.clear();
    },
    misbehave(how) {
      misbehaviour = how;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Sends spaces as fast as the client reads them. */
function sendEndlessly(outgoing: ServerResponse): void {
  const spaces = Buffer.alloc(65_536, ' ');
  const endless = new Readable({
    read() {
      this.push(spaces);
    },
  });
  endless.pipe(outgoing.on('close', () => endless.destroy()));
}
