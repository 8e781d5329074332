/** The folder with `package.json`: `src/base` and `dist/base` lie equally deep below it. */
export const projectRoot = new URL('../../', import.meta.url);
