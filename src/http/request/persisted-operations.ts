import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { z } from 'zod';
import { StartupError } from '../../config/startup-error.ts';
import { refusal } from '../../errors.ts';
import { type FindDocument, sha256 } from './find-document.ts';

const manifest = z
  .record(z.string(), z.string())
  .refine((documents) => Object.entries(documents).every(([hash, document]) => hash === sha256(document)));

/**
 * Accepts only documents that are on a list. A request may send a document or its hash.
 *
 * @param path A JSON file, as GraphQL Code Generator writes it: an object of documents by their SHA-256.
 * @throws StartupError when the file cannot be read, or a hash is not that of its document.
 */
export async function readPersistedOperations(path: string): Promise<FindDocument> {
  const documents = new Map(Object.entries(await readManifest(resolve(path))));
  return ({ query, sha256Hash }) => {
    const document = documents.get(query === undefined ? (sha256Hash ?? '').toLowerCase() : sha256(query));
    if (document !== undefined) return document;
    const message = 'This gateway accepts only documents that are on its list of persisted operations.';
    throw refusal('OPERATION_NOT_PERSISTED', message);
  };
}

async function readManifest(file: string): Promise<Record<string, string>> {
  try {
    return manifest.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch (cause) {
    const message = `PERSISTED_OPERATIONS: ${file} must be a JSON file of documents by their SHA-256 in lower case.`;
    throw new StartupError(message, { cause });
  }
}
