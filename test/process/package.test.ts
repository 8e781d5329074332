import { execFileSync } from 'node:child_process';
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { openTemporaryFolder } from '../support/files/temporary-folder.ts';
import { programFile } from '../support/suite/built.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

test('the packed package has all that the program needs to start, and nothing of its sources and tests', async () => {
  await using folder = await openTemporaryFolder();
  // `prepare`, which npm would run first, builds what is stale. The suite has built it.
  const args = ['pack', '--ignore-scripts', '--json', '--pack-destination', folder.path];
  const report = execFileSync('npm', args, {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [{ filename, files }] = JSON.parse(report);
  const paths: string[] = files.map(({ path }: { path: string }) => path);
  expect(paths).toContain(programFile.slice(root.length));
  const needless = (path: string) => /^(src|test|dist\/test)\//.test(path) && !path.startsWith('src/client/');
  expect(paths.filter(needless)).toEqual([]);

  execFileSync('tar', ['-xzf', join(folder.path, filename), '-C', folder.path]);
  symlinkSync(join(root, 'node_modules'), join(folder.path, 'node_modules'));
  const help = execFileSync(process.execPath, ['package/dist/main.js', 'node', '--help'], {
    cwd: folder.path,
  });
  expect(String(help)).toContain('register, list, change and delete agent nodes');
});
