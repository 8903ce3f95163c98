// pattern: added inside the callback
import axios from 'axios';

interface Usage {
  calls: number;
  units: number;
}

const usage: Usage = { calls: 0, units: 0 };

export function geocode(address: string): Promise<{ lat: number; lon: number }> {
  return axios
    .get('/geocode', { params: { address } })
    .then(({ data }) => {
      usage.calls += 1;
      usage.units += data.cost;
      return data.point;
    })
    .catch((error) => {
      throw new Error(`geocode: ${error.message}`);
    });
}

export const report = (): Usage => ({ ...usage });
