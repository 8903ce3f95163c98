// classic-level: the store of level on a disk.
export { Level as ClassicLevel } from './level';
