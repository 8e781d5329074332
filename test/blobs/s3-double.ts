import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';

export interface S3Answer {
  status: number;
  headers?: Record<string, string>;
  body?: string;
}

export interface S3Double extends AsyncDisposable {
  endpoint: string;
}

/** Answers as a store of that protocol would in a case that no real one can be brought into. */
export async function startS3Double(answer: (request: IncomingMessage) => S3Answer): Promise<S3Double> {
  const server = createServer(async (request, response) => {
    for await (const _ of request);
    const { status, headers, body } = answer(request);
    response.writeHead(status, headers).end(body);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}
