/** How far the present transfer is, in both directions. */
export class Progress {
  filesDone = 0;
  filesTotal = 0;
  bytesDone = 0;
  bytesTotal = 0;

  reset(): void {
    this.filesDone = 0;
    this.filesTotal = 0;
    this.bytesDone = 0;
    this.bytesTotal = 0;
  }
}
