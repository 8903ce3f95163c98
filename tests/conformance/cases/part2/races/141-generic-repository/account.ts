// pattern: cross-file: service over a generic repository (get/save, implementation unknown)
export interface Account {
  id: string;
  owner: string;
  balance: number;
  postings: number;
}
