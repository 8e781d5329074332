/** Runs the code of a page as a module whose imports are these, and returns what it has written. */
export async function runSnippet(
  code: string,
  modules: Record<string, object>,
  env: Record<string, string> = {},
): Promise<unknown[]> {
  const written: unknown[] = [];
  const write = (value: unknown) => {
    written.push(structuredClone(value));
  };
  const body = code
    .replaceAll(/^import (\w+) from '([^']+)';$/gm, "const { default: $1 } = modules['$2'];")
    .replaceAll(/^import (\{[^}]*\}) from '([^']+)';$/gm, "const $1 = modules['$2'];");
  const AsyncFunction = (async () => {}).constructor as FunctionConstructor;
  const run = new AsyncFunction('modules', 'console', 'process', body);
  await run(modules, { log: write }, { env, stdout: { write } });
  return written;
}
