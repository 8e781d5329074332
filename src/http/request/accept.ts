/** What a client takes, as its `Accept` header says. */
export interface Accept {
  /** Preference for a media type, 0 to 1, wildcards included. 0 means: not wanted. */
  quality(mediaType: string): number;
  /** Whether the media type is wanted and written out; a wildcard does not name it. */
  names(mediaType: string): boolean;
}

/**
 * Reads an `Accept` header leniently: any case, any spacing, lists and q-values. A missing header takes all. Who wants
 * another encoding than UTF-8 wants none of what there is.
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

/** As strict as Yoga, which would otherwise find that it cannot answer when all is done. */
function isOtherCharset(parameter: string): boolean {
  return parameter.includes('charset') && parameter.replaceAll(/\s/g, '') !== 'charset=utf-8';
}

function readQuality(parameters: string[]): number {
  const written = parameters.find((parameter) => /^q\s*=/.test(parameter));
  if (written === undefined) return 1;
  const quality = Number(written.slice(written.indexOf('=') + 1));
  return Number.isNaN(quality) ? 1 : Math.min(Math.max(quality, 0), 1);
}
