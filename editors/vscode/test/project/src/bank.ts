export interface Bank {
  confirm(account: string, amount: number): Promise<boolean>;
  charge(guest: string, cents: number): Promise<void>;
  token(): Promise<string>;
}
