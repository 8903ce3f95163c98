// pattern: .then chain: counters copied before the request, written in the callback
import axios from 'axios';

interface Usage {
  calls: number;
  units: number;
}

const usage: Usage = { calls: 0, units: 0 };

export function geocode(address: string): Promise<{ lat: number; lon: number }> {
  const { calls, units } = usage;
  return axios
    .get('/geocode', { params: { address } })
    .then(({ data }) => {
      usage.calls = calls + 1; // RACE: lost-update
      usage.units = units + data.cost; // RACE: lost-update
      return data.point;
    })
    .catch((error) => {
      throw new Error(`geocode: ${error.message}`);
    });
}

export const report = (): Usage => ({ ...usage });
