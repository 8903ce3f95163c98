// fs/promises: a file is a key with a content; each call is one step, renaming and exclusive creation too.
import { io, kv } from 'krepis:model';

const files = kv('fs');

const failure = (code, path) => {
  const error = new Error(`${code}: ${path}`);
  error.code = code;
  return error;
};

const existing = (path) => {
  if (!files.has(path)) throw failure('ENOENT', path);
  return files.get(path);
};

const flagOf = (options) => (typeof options === 'string' ? options : options?.flag);

const exclusive = (flag) => flag === 'wx' || flag === 'ax' || flag === 'wx+' || flag === 'ax+';

const write = (path, data, options) => {
  if (exclusive(flagOf(options))) {
    if (!files.setIf(path, data, false)) throw failure('EEXIST', path);
  } else if (flagOf(options) === 'a') {
    files.apply('append', [path], [data]);
  } else {
    files.set(path, data);
  }
};

const info = (path) => {
  const content = existing(path);
  const folder = () => files.look('is a folder', path, []);
  return { isFile: () => !folder(), isDirectory: folder, content, size: files.look('size', path, []) };
};

// What each call does at its instant.
export const CALLS = {
  readFile: (path) => existing(path),
  writeFile: write,
  appendFile: (path, data) => {
    files.apply('append', [path], [data]);
  },
  access: (path) => {
    existing(path);
  },
  stat: info,
  lstat: info,
  unlink: (path) => {
    if (!files.delete(path)) throw failure('ENOENT', path);
  },
  rm: (path, options) => {
    if (!files.delete(path) && !options?.force) throw failure('ENOENT', path);
  },
  rename: (from, to) => {
    const content = existing(from);
    files.set(to, content);
    files.delete(from);
  },
  copyFile: (from, to) => {
    files.set(to, existing(from));
  },
  mkdir: (path, options) => {
    if (options?.recursive) return;
    if (!files.setIf(path, 'directory', false)) throw failure('EEXIST', path);
  },
  rmdir: (path) => {
    if (!files.delete(path)) throw failure('ENOENT', path);
  },
  mkdtemp: (prefix) => prefix,
  readdir: (path) => files.look('readdir', path, []),
  truncate: (path) => {
    files.set(path, '');
  },
  chmod: () => {},
  utimes: () => {},
  link: (from, to) => {
    if (!files.setIf(to, existing(from), false)) throw failure('EEXIST', to);
  },
  symlink: (from, to) => {
    if (!files.setIf(to, from, false)) throw failure('EEXIST', to);
  },
};

export class FileHandle {
  constructor(path) {
    this.path = path;
  }

  readFile() {
    return io('readFile', () => existing(this.path));
  }

  writeFile(data) {
    return io('writeFile', () => write(this.path, data));
  }

  appendFile(data) {
    return io('appendFile', () => CALLS.appendFile(this.path, data));
  }

  write(data) {
    return this.appendFile(data);
  }

  async sync() {}

  async close() {}
}

export const open = (path, flag) =>
  io('open', () => {
    if (exclusive(flag) && !files.setIf(path, '', false)) throw failure('EEXIST', path);
    return new FileHandle(path);
  });

export const readFile = (...args) => io('readFile', () => CALLS.readFile(...args));
export const writeFile = (...args) => io('writeFile', () => CALLS.writeFile(...args));
export const appendFile = (...args) => io('appendFile', () => CALLS.appendFile(...args));
export const access = (...args) => io('access', () => CALLS.access(...args));
export const stat = (...args) => io('stat', () => CALLS.stat(...args));
export const lstat = (...args) => io('lstat', () => CALLS.lstat(...args));
export const unlink = (...args) => io('unlink', () => CALLS.unlink(...args));
export const rm = (...args) => io('rm', () => CALLS.rm(...args));
export const rename = (...args) => io('rename', () => CALLS.rename(...args));
export const copyFile = (...args) => io('copyFile', () => CALLS.copyFile(...args));
export const mkdir = (...args) => io('mkdir', () => CALLS.mkdir(...args));
export const rmdir = (...args) => io('rmdir', () => CALLS.rmdir(...args));
export const mkdtemp = (...args) => io('mkdtemp', () => CALLS.mkdtemp(...args));
export const readdir = (...args) => io('readdir', () => CALLS.readdir(...args));
export const truncate = (...args) => io('truncate', () => CALLS.truncate(...args));
export const chmod = (...args) => io('chmod', () => CALLS.chmod(...args));
export const utimes = (...args) => io('utimes', () => CALLS.utimes(...args));
export const link = (...args) => io('link', () => CALLS.link(...args));
export const symlink = (...args) => io('symlink', () => CALLS.symlink(...args));
export const constants = { F_OK: 0, R_OK: 4, W_OK: 2, X_OK: 1 };

export default {
  readFile,
  writeFile,
  appendFile,
  access,
  stat,
  lstat,
  unlink,
  rm,
  rename,
  copyFile,
  mkdir,
  rmdir,
  mkdtemp,
  readdir,
  truncate,
  chmod,
  utimes,
  link,
  symlink,
  open,
  constants,
};
