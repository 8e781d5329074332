const protocols = new Set(['http:', 'https:', 'mailto:']);

/** The address, where it is one that a link may lead to. */
export function safeHref(href: string): string | undefined {
  if (!URL.canParse(href)) return undefined;
  const url = new URL(href);
  return protocols.has(url.protocol) ? url.href : undefined;
}
