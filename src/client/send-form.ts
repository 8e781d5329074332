/** What `fetch` takes, as far as forms need it. */
export interface FormRequest {
  method: string;
  headers: Record<string, string>;
  signal: AbortSignal;
}

/**
 * Sends a form and tells how much of it has been sent. `fetch` does not say that: browsers have an older interface
 * which does, and Node.js takes a stream, which is read as fast as the network takes it.
 *
 * @param onProgress Called with the part that has been sent, from 0 to 1.
 * @throws the reason of the signal, or an error where there is no response.
 */
export function sendForm(
  url: string,
  form: FormData,
  init: FormRequest,
  onProgress: (part: number) => void,
): Promise<Response> {
  return typeof XMLHttpRequest === 'undefined'
    ? sendStream(url, form, init, onProgress)
    : sendByXhr(url, form, init, onProgress);
}

function sendByXhr(
  url: string,
  form: FormData,
  { method, headers, signal }: FormRequest,
  onProgress: (part: number) => void,
): Promise<Response> {
  const request = new XMLHttpRequest();
  return new Promise((resolve, reject) => {
    const giveUp = () => {
      request.abort();
      reject(signal.reason);
    };
    if (signal.aborted) return giveUp();
    signal.addEventListener('abort', giveUp);
    request.open(method, url);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.upload.addEventListener('progress', ({ loaded, total }) => onProgress(loaded / total));
    request.addEventListener('load', () => resolve(toResponse(request)));
    request.addEventListener('error', () => reject(new Error('The request failed.')));
    request.addEventListener('loadend', () => signal.removeEventListener('abort', giveUp));
    request.send(form);
  });
}

function toResponse(request: XMLHttpRequest): Response {
  const { responseText, status, statusText } = request;
  const retryAfter = request.getResponseHeader('retry-after');
  const headers: Record<string, string> = retryAfter === null ? {} : { 'retry-after': retryAfter };
  return new Response(responseText, { status, statusText, headers });
}

function sendStream(
  url: string,
  form: FormData,
  init: FormRequest,
  onProgress: (part: number) => void,
): Promise<Response> {
  const total = sizeOf(form);
  let sent = 0;
  const counter = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, stream) {
      sent += chunk.length;
      onProgress(Math.min(1, sent / total));
      stream.enqueue(chunk);
    },
  });
  // A response writes a form as it is sent.
  const written = new Response(form);
  const type = written.headers.get('content-type') ?? '';
  const body = (written.body as ReadableStream<Uint8Array<ArrayBuffer>>).pipeThrough(counter);
  const headers = { ...init.headers, 'content-type': type };
  return fetch(url, { ...init, headers, body, redirect: 'manual', duplex: 'half' } as RequestInit);
}

/** How many bytes the parts of a form have, without the lines between them. */
function sizeOf(form: FormData): number {
  let size = 0;
  for (const [, part] of form as unknown as Iterable<[string, File | string]>) {
    size += typeof part === 'string' ? part.length : part.size;
  }
  return size;
}
