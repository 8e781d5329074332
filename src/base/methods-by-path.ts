/** The methods that each path takes, as `Allow` lists them. A path with GET takes HEAD, too. */
export function methodsByPath(
  routes: readonly { method: string; path: string }[],
): ReadonlyMap<string, string> {
  const methods = new Map<string, string>();
  for (const { method, path } of routes) {
    const names = method === 'get' ? 'GET, HEAD' : method.toUpperCase();
    const known = methods.get(path);
    methods.set(path, known === undefined ? names : `${known}, ${names}`);
  }
  return methods;
}
