import { expect, test } from 'vitest';
import { compileInBackground } from '../../src/storage/open/compile-in-background.ts';
import { openMigratedFolder } from '../support/gateway/migrated-folder.ts';
import { switchyard } from '../support/process/switchyard.ts';

/** A module for `--import`: after it, code of more than a megabyte can be compiled only in the background. */
const refuseInTheTurn = `data:text/javascript,${encodeURIComponent(`
  WebAssembly.Module = new Proxy(WebAssembly.Module, {
    construct(Module, [bytes]) {
      if (bytes.byteLength > 1_000_000) throw new Error('compiled in one turn of the event loop');
      return new Module(bytes);
    },
  });
`)}`;

test('the first statement of Prisma compiles its query compiler in the background, where it holds up nobody', async () => {
  await using folder = await openMigratedFolder();
  const settings = { DATA_DIR: folder.path, NODE_OPTIONS: `--import=${refuseInTheTurn}` };
  const listed = await switchyard(settings, 'token', 'list');
  expect(listed).toMatchObject({ code: 0, stderr: expect.stringContaining('There are no tokens.') });
});

test('a generated client that compiles its query compiler in an unknown way stops "npm run generate"', () => {
  expect(() => compileInBackground('return new WebAssembly.Instance(wasmArray)')).toThrow(
    'The generated client has no "return new WebAssembly.Module(wasmArray)".',
  );
});
