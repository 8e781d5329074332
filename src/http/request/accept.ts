import { parseAccept as parseRanges } from 'hono/utils/accept';

/** The media types that a client accepts. */
export interface Accept {
  /** Preference for a media type, from 0 (not accepted) to 1. Wildcards count. */
  quality(mediaType: string): number;
  /** Whether the client accepts the media type by name. Wildcards do not count. */
  names(mediaType: string): boolean;
  /** The accepted media ranges, the preferred ones first, without parameters. Empty if nothing is accepted. */
  readonly ranges: readonly string[];
}

/**
 * Reads an `Accept` header. A missing header accepts every type. A media range with a charset other than UTF-8 is
 * ignored, because every response is UTF-8. Other parameters do not count, because no response has one.
 */
export function parseAccept(header: string | undefined): Accept {
  const qualities = new Map<string, number>();
  for (const { type, params, q } of parseRanges(header?.trim().toLowerCase() || '*/*')) {
    // Java’s HttpURLConnection and others write `*` for `*/*`.
    const range = type === '*' ? '*/*' : type;
    if (isUtf8(params['charset'])) qualities.set(range, Math.max(q, qualities.get(range) ?? 0));
  }
  const accepted = [...qualities].filter(([, quality]) => quality > 0);
  return {
    quality(mediaType) {
      const [type] = mediaType.split('/');
      return qualities.get(mediaType) ?? qualities.get(`${type}/*`) ?? qualities.get('*/*') ?? 0;
    },
    names: (mediaType) => (qualities.get(mediaType) ?? 0) > 0,
    ranges: accepted.sort(([, a], [, b]) => b - a).map(([range]) => range),
  };
}

function isUtf8(charset: string | undefined): boolean {
  return charset === undefined || /^utf-?8$/.test(charset);
}
