/** The media types that a client accepts. */
export interface Accept {
  /** Preference for a media type, from 0 (not accepted) to 1. Wildcards count. */
  quality(mediaType: string): number;
  /** Whether the client accepts the media type by name. Wildcards do not count. */
  names(mediaType: string): boolean;
}

/**
 * Reads an `Accept` header leniently: any case, any spacing, lists and q-values. A missing header accepts every type. A
 * media range with a charset other than UTF-8 is ignored, because every response is UTF-8.
 */
export function parseAccept(header: string | undefined): Accept {
  const qualities = new Map<string, number>();
  for (const range of (header?.trim() || '*/*').split(',')) {
    const [mediaType = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    if (mediaType && !parameters.some(isOtherCharset)) qualities.set(mediaType, readQuality(parameters));
  }
  return {
    quality(mediaType) {
      const [type] = mediaType.split('/');
      return qualities.get(mediaType) ?? qualities.get(`${type}/*`) ?? qualities.get('*/*') ?? 0;
    },
    names: (mediaType) => (qualities.get(mediaType) ?? 0) > 0,
  };
}

/** As strict as Yoga. A more lenient check would run an operation although Yoga cannot send its result. */
function isOtherCharset(parameter: string): boolean {
  return parameter.includes('charset') && parameter.replaceAll(/\s/g, '') !== 'charset=utf-8';
}

function readQuality(parameters: string[]): number {
  const written = parameters.find((parameter) => /^q\s*=/.test(parameter));
  if (written === undefined) return 1;
  const quality = Number(written.slice(written.indexOf('=') + 1));
  return Number.isNaN(quality) ? 1 : Math.min(Math.max(quality, 0), 1);
}
