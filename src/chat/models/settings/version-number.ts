/** Turns a version into a number that can be compared: `4.10` and `4-10` become 410, `5` becomes 500. */
export function versionNumber(text: string): number {
  const [major = 0, minor = 0] = text.split(/[-.]/).map(Number);
  return major * 100 + minor;
}
