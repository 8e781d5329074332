import { Alert } from '../controls/alert.tsx';
import { Icon } from '../controls/icon.tsx';
import type { OpenFolder, TreeItem } from '../state/folder-tree.ts';
import type { SharedFiles } from '../state/shared-files.ts';
import { byteText } from './byte-text.ts';
import { FileName } from './file-name.tsx';
import { UploadButton } from './file-uploads-view.tsx';

/** The files of a session as a tree. A folder is loaded when it is opened. */
export function FilesTree({ files }: { files: SharedFiles }) {
  const top = files.tree.folders.value.get('');
  if (top && !top.isLoading && top.items.length === 0 && top.problem === undefined) {
    return <p class="hint">There are no files.</p>;
  }
  return <FolderItems files={files} path="" />;
}

function FolderItems({ files, path }: { files: SharedFiles; path: string }) {
  const folder = files.tree.folders.value.get(path);
  if (folder === undefined) return null;
  return (
    <>
      <ul>
        {folder.items.map((item) => (
          <li key={`${item.file ? 'file' : 'folder'} ${item.path}`}>
            {item.file ? <FileItem files={files} item={item} /> : <FolderItem files={files} item={item} />}
          </li>
        ))}
      </ul>
      <FolderEnd folder={folder} more={() => files.tree.more(path)} />
    </>
  );
}

function FolderEnd({ folder, more }: { folder: OpenFolder; more(): void }) {
  const { isLoading, items, endCursor, problem } = folder;
  return (
    <>
      {isLoading && items.length === 0 && <p class="hint">Loading…</p>}
      {endCursor !== undefined && (
        <button type="button" class="quiet small" aria-disabled={isLoading} onClick={more}>
          Show more
        </button>
      )}
      <Alert problem={problem} />
    </>
  );
}

function FolderItem({ files, item }: { files: SharedFiles; item: TreeItem }) {
  const { tree } = files;
  const isOpen = tree.folders.value.has(item.path);
  const toggle = () => (isOpen ? tree.close(item.path) : tree.open(item.path));
  return (
    <>
      <button type="button" class="tree-item" aria-expanded={isOpen} onClick={toggle}>
        <Icon name="chevron" />
        <span class="cut">
          <FileName text={item.name} />
        </span>
      </button>
      {isOpen && (
        <>
          <FolderItems files={files} path={item.path} />
          <UploadButton uploads={files.uploads} folder={item.path} />
        </>
      )}
    </>
  );
}

function FileItem({ files, item: { path, name, file } }: { files: SharedFiles; item: TreeItem }) {
  const isShown = files.shown.value?.path === path;
  const facts = file?.linkTarget == null ? byteText(file?.size ?? 0) : 'link';
  return (
    <button
      type="button"
      class="tree-item file"
      aria-current={isShown ? 'true' : undefined}
      onClick={() => files.show(path)}
    >
      <span class="cut">
        <FileName text={name} />
      </span>
      <span class="hint">{facts}</span>
    </button>
  );
}
