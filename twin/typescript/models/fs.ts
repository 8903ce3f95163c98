// fs: the calls of fs/promises with callbacks, and blocking.
import { io, ioSync, kv } from 'krepis:model';
import files, { CALLS } from './fs__promises';

const store = kv('fs');

const withCallback =
  (name) =>
  (...args) => {
    const done = args.pop();
    io(name, () => CALLS[name](...args)).then(
      (value) => done(null, value),
      (error) => done(error),
    );
  };

const blocking =
  (name) =>
  (...args) =>
    ioSync(name, () => CALLS[name](...args));

export const promises = files;
export const constants = files.constants;
export const readFile = withCallback('readFile');
export const writeFile = withCallback('writeFile');
export const appendFile = withCallback('appendFile');
export const access = withCallback('access');
export const stat = withCallback('stat');
export const lstat = withCallback('lstat');
export const unlink = withCallback('unlink');
export const rm = withCallback('rm');
export const rename = withCallback('rename');
export const copyFile = withCallback('copyFile');
export const mkdir = withCallback('mkdir');
export const rmdir = withCallback('rmdir');
export const readdir = withCallback('readdir');
export const truncate = withCallback('truncate');
export const readFileSync = blocking('readFile');
export const writeFileSync = blocking('writeFile');
export const appendFileSync = blocking('appendFile');
export const accessSync = blocking('access');
export const statSync = blocking('stat');
export const unlinkSync = blocking('unlink');
export const rmSync = blocking('rm');
export const renameSync = blocking('rename');
export const copyFileSync = blocking('copyFile');
export const mkdirSync = blocking('mkdir');
export const rmdirSync = blocking('rmdir');
export const readdirSync = blocking('readdir');
export const existsSync = (path) => ioSync('exists', () => store.has(path));
export const exists = (path, done) => {
  io('exists', () => store.has(path)).then(done);
};

export default {
  promises,
  constants,
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
  readdir,
  truncate,
  readFileSync,
  writeFileSync,
  appendFileSync,
  accessSync,
  statSync,
  unlinkSync,
  rmSync,
  renameSync,
  copyFileSync,
  mkdirSync,
  rmdirSync,
  readdirSync,
  existsSync,
  exists,
};
