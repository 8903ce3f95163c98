export interface Repository<T extends { id: string }> {
  get(id: string): Promise<T | undefined>;
  save(entity: T): Promise<void>;
}
