const protocols = new Set(['http:', 'https:', 'mailto:']);

/** The normalized address, or undefined if a link must not lead there, as with `javascript:` and relative addresses. */
export function safeHref(href: string): string | undefined {
  if (!URL.canParse(href)) return undefined;
  const url = new URL(href);
  return protocols.has(url.protocol) ? url.href : undefined;
}
