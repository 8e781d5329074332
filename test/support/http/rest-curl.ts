import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { RestClient } from './rest-client.ts';

/** Runs the curl commands of the legacy documentation, with the ids filled in. */
export interface RestCurl {
  /** Returns the status and the body that curl prints. */
  curl(method: string, path: string, body?: string): Promise<{ status: number; text: string }>;
  /** The same for an operation that responds with JSON. Fails unless the JSON matches its description. */
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it asked for
  curlJson(method: string, path: string, body?: string): Promise<{ status: number; answer: any }>;
}

export function createRestCurl(url: string, rest: RestClient): RestCurl {
  const curl: RestCurl['curl'] = async (method, path, body) => {
    const command = ['-s', '-w', '\n%{http_code}', '-X', method, `${url}/api/v1${path}`];
    const json = body === undefined ? [] : ['-H', 'Content-Type: application/json', '-d', body];
    const headers = ['-H', 'accept: application/json', ...json];
    const { stdout } = await promisify(execFile)('curl', [...command, ...headers]);
    const [, text = '', status = ''] = /^(.*)\n(\d{3})$/s.exec(stdout) ?? [];
    return { status: Number(status), text };
  };
  return {
    curl,
    async curlJson(method, path, body) {
      const { status, text } = await curl(method, path, body);
      const answer = JSON.parse(text);
      rest.conforms(method, path, status, answer);
      return { status, answer };
    },
  };
}
