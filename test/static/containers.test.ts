import { existsSync, readFileSync } from 'node:fs';
import { validate } from 'dockerfile-utils';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { settings } from '../../src/config/settings.ts';

interface Service {
  environment: Record<string, string>;
  image: string;
}

interface Compose {
  services: Record<string, Service>;
  configs: { balancer: { content: string } };
}

const root = new URL('../../', import.meta.url);
const read = (file: string) => readFileSync(new URL(file, root), 'utf8');
const dockerfile = read('Dockerfile');
const { services, configs } = parse(read('compose.yaml'), { merge: true }) as Compose;
const gateways = Object.entries(services).flatMap(([name, { image }]) =>
  image === 'switchyard' ? [name] : [],
);

describe('the Dockerfile', () => {
  test('has no fault that a linter finds', () => {
    expect(validate(dockerfile).map(({ message }) => message)).toEqual([]);
  });

  test('does not run the gateway as root', () => {
    expect(dockerfile).toMatch(/^USER node$/m);
    expect(dockerfile.indexOf('USER node')).toBeGreaterThan(dockerfile.lastIndexOf('FROM '));
  });

  test('copies everything that the package is made of and a running gateway reads', () => {
    const copied = [...dockerfile.matchAll(/^COPY --from=build \/app\/(\S+) /gm)].map(([, path]) => path);
    expect(copied.sort()).toEqual(['dist', 'node_modules', 'package.json', 'prisma/migrations']);
  });

  test('gets from the working copy what a build needs, and neither data nor secrets', () => {
    const lines = read('.dockerignore').split('\n');
    const letIn = lines.filter((line) => line.startsWith('!')).map((line) => line.slice(1));
    expect(letIn.filter((path) => !existsSync(new URL(path, root)))).toEqual([]);
    expect(letIn).toEqual(expect.arrayContaining(['build.ts', 'package-lock.json', 'prisma', 'src']));
    expect(lines).toContain('*');
    expect(letIn.filter((path) => /^(\.env|data|\.git)/.test(path))).toEqual([]);
  });
});

describe('compose.yaml', () => {
  test('starts two gateways with the same settings, and each of them exists', () => {
    const [first, second] = gateways.map((name) => services[name]?.environment ?? {});
    expect(gateways).toHaveLength(2);
    expect(second).toEqual(first);
    const known = settings.map(({ name }) => name);
    expect(Object.keys(first ?? {}).filter((name) => !known.includes(name))).toEqual([]);
  });

  test('gives the load balancer exactly the gateways', () => {
    const servers = [...configs.balancer.content.matchAll(/^\s+server (\S+) (\S+):8000$/gm)];
    expect(servers.map(([, name]) => name)).toEqual(gateways);
    expect(servers.map(([, , host]) => host)).toEqual(gateways);
  });

  test('has no password of its own', () => {
    expect(read('compose.yaml')).not.toMatch(/PASSWORD:\s+[^$\s]/);
  });
});
