/**
 * The `Content-Security-Policy` of a page of ours: nothing but what it says it needs; it frames nothing, is framed
 * by nothing, and sends no forms.
 */
export function pagePolicy(...needed: string[]): string {
  const never = ["base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"];
  return ["default-src 'none'", ...needed, ...never].join('; ');
}
