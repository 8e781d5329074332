import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { openTemporaryFolder } from '../support/files/temporary-folder.ts';

const script = fileURLToPath(new URL('../../.ci/audit', import.meta.url));

interface Outcome {
  code: unknown;
  /** Standard output, then standard error. */
  output: string;
}

/** Runs CI's audit against a registry with this request handler. */
async function auditWith(respond: RequestListener): Promise<Outcome> {
  const registry = createServer(respond);
  await once(registry.listen(0, '127.0.0.1'), 'listening');
  const address = registry.address();
  try {
    return await auditAt(`http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`);
  } finally {
    registry.close();
  }
}

async function auditAt(registry: string): Promise<Outcome> {
  await using cache = await openTemporaryFolder();
  const env = { ...process.env, npm_config_registry: registry, npm_config_cache: cache.path };
  return await new Promise((resolve) => {
    execFile(script, { env }, (error, stdout, stderr) => {
      resolve({ code: error?.code ?? 0, output: stdout + stderr });
    });
  });
}

/** A registry that knows one advisory, for an installed package. */
function registryWith(severity: string, id = 'GHSA-0000-0000-0000', name = 'hono'): RequestListener {
  const advisory = {
    id: 1,
    url: `https://github.com/advisories/${id}`,
    title: 'Sends responses without a request',
    severity,
    vulnerable_versions: '*',
  };
  return ({ url }, response) => {
    if (url === '/-/npm/v1/security/advisories/bulk') response.end(JSON.stringify({ [name]: [advisory] }));
    else response.writeHead(404).end();
  };
}

describe('the audit of CI', () => {
  test('an advisory of high severity fails and is printed', async () => {
    const { code, output } = await auditWith(registryWith('high'));
    expect(code).toBe(1);
    expect(output).toContain(
      'Sends responses without a request - https://github.com/advisories/GHSA-0000-0000-0000',
    );
  });

  test('an advisory with an argued exception passes and is printed with its reason', async () => {
    const { code, output } = await auditWith(registryWith('high', 'GHSA-vfj7-8cjw-p6xm', 'braces'));
    expect(code).toBe(0);
    expect(output).toContain('argued: https://github.com/advisories/GHSA-vfj7-8cjw-p6xm: braces');
  });

  test('an advisory of moderate severity passes', async () => {
    expect(await auditWith(registryWith('moderate'))).toEqual({
      code: 0,
      output: 'npm audit: nothing of high severity or above\n',
    });
  });

  test('a report without advisories passes', async () => {
    expect(await auditWith((_, response) => response.end('{}'))).toEqual({
      code: 0,
      output: 'npm audit: nothing of high severity or above\n',
    });
  });

  test.each([404, 405])('a registry that answers an audit with %i is reported and passes', async (status) => {
    expect(await auditWith((_, response) => response.writeHead(status).end())).toEqual({
      code: 0,
      output: `npm audit: the registry does not answer audits (${status}); not checked\n`,
    });
  });

  test('a registry that cannot be reached is reported and passes', async () => {
    expect(await auditAt('http://127.0.0.1:1')).toEqual({
      code: 0,
      output: 'npm audit: the registry cannot be reached; not checked\n',
    });
  });

  test('a response that is not a report fails', async () => {
    const { code, output } = await auditWith((_, response) => response.writeHead(401).end());
    expect(code).toBe(1);
    expect(output).toContain('401');
  });
});
