import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import type { JWK } from 'jose';

/** An issuer's server for its public keys. */
export interface KeyServer extends AsyncDisposable {
  readonly url: string;
  /** How often it was asked. */
  readonly requests: number;
  /** From now on these are its keys; without any it answers 500. */
  publish(...keys: JWK[]): void;
  /** From now on this is how it answers, or does not. Publishing ends that, and answers those who wait. */
  misbehave(how: 'hang' | 'pour' | 'huge' | 'mumble'): void;
}

export async function startKeyServer(): Promise<KeyServer> {
  let published: JWK[] = [];
  let requests = 0;
  let misbehaviour: 'hang' | 'pour' | 'huge' | 'mumble' | undefined;
  const held = new Set<ServerResponse>();
  const answer = (outgoing: ServerResponse) => {
    outgoing.writeHead(published.length > 0 ? 200 : 500, { 'content-type': 'application/json' });
    outgoing.end(JSON.stringify({ keys: published }));
  };
  const server = createServer((_incoming, outgoing) => {
    requests += 1;
    if (misbehaviour === 'hang') held.add(outgoing);
    else if (misbehaviour === 'pour') pour(outgoing);
    else if (misbehaviour === 'huge')
      outgoing.end(JSON.stringify({ keys: published, more: 'x'.repeat(2 ** 20) }));
    else if (misbehaviour === 'mumble') outgoing.end('{}');
    else answer(outgoing);
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
      for (const outgoing of held) answer(outgoing);
      held.clear();
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

/** A key set without an end, as fast as it is read. */
function pour(outgoing: ServerResponse): void {
  const spaces = Buffer.alloc(65_536, ' ');
  const endless = new Readable({
    read() {
      this.push(spaces);
    },
  });
  endless.pipe(outgoing.on('close', () => endless.destroy()));
}
