interface Rates { fetch(currency: string): Promise<number> }

let exposure = 0;

export function buy(rates: Rates, currency: string, units: number): Promise<number> {
  const before = exposure;
  return rates
    .fetch(currency)
    .then((rate) => rate * units)
    .then((cost) => {
      exposure = before + cost; // RACE: lost-update
      return exposure;
    });
}
