// pattern: concatMap runs one projection after the other
import { Subject, concatMap } from 'rxjs';
import { scale } from './scale';

interface Parcel {
  id: string;
  depot: string;
}

export const parcels = new Subject<Parcel>();

const load = new Map<string, number>();

async function weigh({ id, depot }: Parcel): Promise<string> {
  const before = load.get(depot) ?? 0;
  const grams = await scale.weightOf(id);
  load.set(depot, before + grams);
  return id;
}

parcels.pipe(concatMap((parcel) => weigh(parcel))).subscribe({
  next: (id) => console.log('weighed', id),
  error: (error) => console.error(error),
});

export const accept = (parcel: Parcel): void => parcels.next(parcel);
