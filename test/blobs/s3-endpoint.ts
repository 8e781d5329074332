import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { allOf } from './all-of.ts';

export interface S3Answer {
  status: number;
  headers?: Record<string, string>;
  body?: string | Uint8Array;
}

export interface S3Endpoint extends AsyncDisposable {
  /** Its URL without a slash at the end. */
  url: string;
}

/** Starts an HTTP server on loopback. `answer` is called with each request and its whole body. */
export async function openS3Endpoint(
  answer: (request: IncomingMessage, payload: Buffer) => S3Answer | Promise<S3Answer>,
): Promise<S3Endpoint> {
  const server = createServer(async (request, response) => {
    try {
      const payload = Buffer.concat(await allOf<Buffer>(request));
      const { status, headers, body } = await answer(request, payload);
      response.writeHead(status, headers).end(body);
    } catch (error) {
      response.writeHead(500).end(String(error));
    }
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  return {
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}
