// pattern: cross-file: get and save of one account run behind a promise tail per account
export interface Account {
  id: string;
  owner: string;
  balance: number;
  postings: number;
}
