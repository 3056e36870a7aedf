/** The store of a ledger in Node. */
import { lockFolder } from './folder_lock.node.js';
import { storeOpener } from './store.js';

export const openStore = storeOpener({
  option: 'path',
  elsewhere: 'There is no origin private file system in Node. Name a folder with `path`.',
  sharing: 'Set `workers` to 1 or more.',
  check: (path) => (path === '' || path.includes('\0') ? 'the path of a folder' : null),
  lock: lockFolder,
});
