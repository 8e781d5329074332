/** A host as a URL names it: an IPv6 address stands in brackets, because its colons would end the host. */
export function urlHost(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}
