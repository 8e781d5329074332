import contentDisposition from 'content-disposition';

/** The metadata of a file that HTTP headers report. */
export interface Representation {
  /** The SHA-256 hash of the file, in hex: its `ETag`. */
  sha256: string;
  /** The size in bytes. */
  size: number;
  mimeType: string;
  /** The name that the client who stored the file gave it: any text. */
  filename: string | null;
  /** Whether a browser may show the file, or saves it. */
  disposition: 'inline' | 'attachment';
  /** Null if the time does not tell which version is newer. Then only the `ETag` tells whether a copy is current. */
  modifiedAt: Date | null;
}

const disposition: (filename: string | undefined, options: { type: string }) => string = contentDisposition;

export function etagOf({ sha256 }: Representation): string {
  return `"${sha256}"`;
}

/** The headers for caches. A 304 response sends them, too. */
export function validators(file: Representation): Record<string, string> {
  return {
    ETag: etagOf(file),
    ...(file.modifiedAt && { 'Last-Modified': file.modifiedAt.toUTCString() }),
    'Cache-Control': 'private, no-cache',
  };
}

/** The headers of every response with bytes. They keep a browser from running the file as a page or a script. */
export function contentHeaders(file: Representation): Record<string, string> {
  return {
    ...validators(file),
    'Accept-Ranges': 'bytes',
    'Content-Disposition': disposition(file.filename ?? undefined, { type: file.disposition }),
    'Content-Security-Policy': "default-src 'none'; sandbox",
    'X-Content-Type-Options': 'nosniff',
  };
}
