/**
 * The `Content-Security-Policy` of a page: it allows only the directives in `needed`. The page cannot be framed, and
 * cannot frame another page or send forms.
 *
 * @param needed Directives like `script-src 'self'`.
 */
export function pagePolicy(...needed: string[]): string {
  const never = ["base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"];
  return ["default-src 'none'", ...needed, ...never].join('; ');
}
