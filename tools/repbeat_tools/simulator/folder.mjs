// A folder of this computer as a filesystem of the interpreter: what the device writes outlives its process.
import fs from 'node:fs';
import path from 'node:path';

const WASI = { EACCES: 2, EBADF: 8, EEXIST: 20, EINVAL: 28, EISDIR: 31, ENOENT: 44, ENOSPC: 51, ENOTDIR: 54, ENOTEMPTY: 55 };
const OPEN_FLAGS = 0o3; // O_RDONLY, O_WRONLY, O_RDWR; creating and truncating is done by the caller

export function folder(FS) {
  const hostPath = (node) => {
    const parts = [];
    for (; node.parent !== node; node = node.parent) parts.push(node.name);
    return path.join(node.mount.opts.root, ...parts.reverse());
  };
  const attempt = (action) => {
    try {
      return action();
    } catch (error) {
      if (!(error.code in WASI)) throw error;
      throw new FS.ErrnoError(WASI[error.code]);
    }
  };
  const create = (parent, name, mode) => {
    const node = FS.createNode(parent, name, mode);
    node.node_ops = nodeOperations;
    node.stream_ops = streamOperations;
    return node;
  };

  const nodeOperations = {
    getattr(node) {
      const stat = attempt(() => fs.lstatSync(hostPath(node)));
      return { dev: 1, ino: node.id, mode: stat.mode, nlink: 1, uid: 0, gid: 0, rdev: 0, size: stat.size,
        atime: stat.atime, mtime: stat.mtime, ctime: stat.ctime, blksize: 4096, blocks: Math.ceil(stat.size / 512) };
    },
    setattr(node, attributes) {
      if (attributes.size !== undefined) attempt(() => fs.truncateSync(hostPath(node), attributes.size));
    },
    lookup(parent, name) {
      const stat = attempt(() => fs.lstatSync(path.join(hostPath(parent), name)));
      return create(parent, name, stat.mode);
    },
    mknod(parent, name, mode) {
      const node = create(parent, name, mode);
      attempt(() => (FS.isDir(mode) ? fs.mkdirSync(hostPath(node)) : fs.writeFileSync(hostPath(node), '')));
      return node;
    },
    rename(node, parent, name) {
      attempt(() => fs.renameSync(hostPath(node), path.join(hostPath(parent), name)));
      FS.hashRemoveNode(node);
      node.parent = parent;
      node.name = name;
      FS.hashAddNode(node);
    },
    unlink(parent, name) {
      attempt(() => fs.unlinkSync(path.join(hostPath(parent), name)));
    },
    rmdir(parent, name) {
      attempt(() => fs.rmdirSync(path.join(hostPath(parent), name)));
    },
    readdir(node) {
      return ['.', '..', ...attempt(() => fs.readdirSync(hostPath(node))).sort()];
    },
  };

  const streamOperations = {
    open(stream) {
      if (FS.isFile(stream.node.mode)) {
        stream.nfd = attempt(() => fs.openSync(hostPath(stream.node), stream.flags & OPEN_FLAGS));
      }
    },
    close(stream) {
      if (stream.nfd !== undefined) fs.closeSync(stream.nfd);
    },
    read(stream, buffer, offset, length, position) {
      if (length === 0) return 0;
      return attempt(() => fs.readSync(stream.nfd, buffer, offset, length, position));
    },
    write(stream, buffer, offset, length, position) {
      return attempt(() => fs.writeSync(stream.nfd, buffer, offset, length, position));
    },
    llseek(stream, offset, whence) {
      const base = [0, stream.position, stream.nfd === undefined ? 0 : fs.fstatSync(stream.nfd).size][whence];
      if (base + offset < 0) throw new FS.ErrnoError(WASI.EINVAL);
      return base + offset;
    },
  };

  return { mount: (mount) => create(null, '/', fs.statSync(mount.opts.root).mode) };
}
