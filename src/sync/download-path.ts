/** The address of the files of a workspace, without the path of a file. */
function filesPath(workspaceId: string): string {
  return `/workspaces/${workspaceId}/files`;
}

/** A backslash counts as a separator for proxies and browsers, so a name like `..\\a` would not arrive as it is. */
const unsafeInPath = /(^|[/\\])\.\.?([/\\]|$)/;

/**
 * The address on the gateway from which a file of a workspace is downloaded. A path that a proxy would change is sent as
 * a parameter.
 */
export function downloadPath(workspaceId: string, path: string): string {
  if (unsafeInPath.test(path)) return `${filesPath(workspaceId)}?path=${encodeURIComponent(path)}`;
  return `${filesPath(workspaceId)}/${path.split('/').map(encodeURIComponent).join('/')}`;
}
