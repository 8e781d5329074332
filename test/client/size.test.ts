import { gzipSync } from 'node:zlib';
import { buildSync } from 'esbuild';
import { expect, test } from 'vitest';

/** What a page loads that imports these from the client kit. */
function bundle(names: string, entry = './src/client/client.ts') {
  const { outputFiles, metafile } = buildSync({
    stdin: { contents: `export { ${names} } from '${entry}';`, resolveDir: '.', loader: 'ts' },
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    write: false,
    metafile: true,
    logLevel: 'error',
  });
  const inputs = Object.keys(metafile.inputs);
  return { bytes: gzipSync(outputFiles[0]?.contents ?? '', { level: 9 }).length, inputs };
}

test('a page loads less than 10 KB of the client kit, compressed, and nothing of the server', () => {
  const { bytes, inputs } = bundle('createSwitchyard, createSingleConnection');
  expect(bytes).toBeLessThan(10_000);
  const ours = inputs.filter(
    (path) => !path.startsWith('src/client/') && !path.startsWith('src/gql/client/'),
  );
  expect(ours.filter((path) => !/node_modules\/eventsource-parser\//.test(path))).toEqual(['<stdin>']);
});
