/**
 * What an answer holds, as JSON.
 *
 * @param mostBytes Not more than that is read of it, uncompressed.
 * @throws Error where it is longer or no JSON.
 */
export async function readJson(response: Response, mostBytes: number) {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > mostBytes) throw new Error(`The answer is longer than ${mostBytes} bytes`);
    chunks.push(chunk);
  }
  return JSON.parse(Buffer.concat(chunks).toString());
}
