// nanoid: every identifier is new.
import { fresh } from 'krepis:model';

export const nanoid = () => fresh('id');

export const customAlphabet = () => nanoid;
