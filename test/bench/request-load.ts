import { Pool } from 'undici';

/** A request that is sent again and again. */
export interface LoadRequest {
  method: 'GET' | 'POST' | 'PATCH';
  path: string;
  body?: string;
}

/**
 * Sends a request `count` times over 16 connections that are kept open.
 *
 * @throws Error if a response is not 200.
 */
export async function sendMany(port: number, request: LoadRequest, count: number): Promise<void> {
  const pool = new Pool(`http://127.0.0.1:${port}`, { connections: 16 });
  let left = count;
  const headers = { accept: 'application/json', ...(request.body && { 'content-type': 'application/json' }) };
  const worker = async () => {
    while (left > 0) {
      left -= 1;
      const { statusCode, body } = await pool.request({ ...request, headers });
      if (statusCode !== 200) throw new Error(`${request.path} answered ${statusCode}: ${await body.text()}`);
      await body.dump();
    }
  };
  await Promise.all(Array.from({ length: 16 }, worker));
  await pool.close();
}
