/**
 * Reads the body of a response as JSON.
 *
 * @param maxBytes Reading stops after this many bytes, counted after decompression.
 * @throws Error if the body is longer, or is not JSON.
 */
export async function readJson(response: Pick<Response, 'body'>, maxBytes: number) {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw new Error(`The response is longer than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return JSON.parse(Buffer.concat(chunks).toString());
}
