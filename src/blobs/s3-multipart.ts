import {
  ListMultipartUploadsCommand,
  type ListMultipartUploadsOutput,
  type S3Client,
} from '@aws-sdk/client-s3';

export interface MultipartUpload {
  Key: string;
  UploadId: string;
  startedAt: Date;
}

/** Lists multipart uploads that have begun and not ended. Yields nothing if the server cannot list them. */
export async function* listMultipartUploads(
  client: S3Client,
  Bucket: string,
  Prefix: string,
): AsyncIterable<MultipartUpload> {
  let after: { KeyMarker?: string | undefined; UploadIdMarker?: string | undefined } | undefined = {};
  while (after) {
    const page: ListMultipartUploadsOutput | null = await client
      .send(new ListMultipartUploadsCommand({ Bucket, Prefix, ...after }))
      .catch((error: unknown) => {
        if (error instanceof Error && error.name === 'NotImplemented') return null;
        throw error;
      });
    for (const { Key, UploadId, Initiated } of page?.Uploads ?? []) {
      if (Key !== undefined && UploadId !== undefined && Initiated !== undefined)
        yield { Key, UploadId, startedAt: Initiated };
    }
    after = page?.IsTruncated
      ? { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker }
      : undefined;
  }
}
