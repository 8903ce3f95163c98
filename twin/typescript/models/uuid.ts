// uuid: every identifier is new, except those derived from a name.
import { fresh, unknown } from 'krepis:model';

export const v1 = () => fresh('uuid');
export const v4 = () => fresh('uuid');
export const v7 = () => fresh('uuid');
export const v5 = (name, namespace) => unknown('uuid.v5', name, namespace);
export const validate = (text) => unknown('uuid.validate', text);
